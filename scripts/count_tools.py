#!/usr/bin/env python3
"""Counts torchvision's models, and every operator by itself, with the tools that docs/report.md names.

Needs torch, torchvision, fvcore, torchinfo, ptflops and deepspeed, and writes two fixtures of the compiler's tests.
count-tools.txt has a line for each model, count-operators.txt one for each operator: what the compiler calls it, the
`.rn` row in which it is the last of its kind, and what each tool counts for the same module alone.
"""

import contextlib
import importlib.metadata
import io
import logging
import pathlib
import warnings

import torch
import torchinfo
import torchvision
from fvcore.nn import FlopCountAnalysis
from ptflops import get_model_complexity_info
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

logging.disable(logging.WARNING)
with contextlib.redirect_stdout(io.StringIO()):
    from deepspeed.profiling.flops_profiler import get_model_profile

MODELS = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "vgg16", "vgg19", "vgg19_bn"]
FIXTURES = pathlib.Path(__file__).parent.parent / "Tests/CompilerTests/Fixtures"
TOOLS = ["torch", "torchvision", "fvcore", "torchinfo", "ptflops", "deepspeed"]
COLUMNS = "params fvcore torchinfo ptflops-aten ptflops-pytorch deepspeed torch"


class Sum(nn.Module):
    """A sum as torchvision's blocks write it, in place or not."""

    def forward(self, x):
        return x + x


class Product(nn.Module):
    """A map and a factor for each of its channels, as torchvision's squeeze-and-excitation writes it."""

    def forward(self, x):
        return x[:, :, :1, :1] * x


class Blend(nn.Module):
    """What a Highway network's gate does with its convolutions' values."""

    def forward(self, x):
        return x * x + (1 - x) * x


class Maxout(nn.Module):
    """The largest of each two channels."""

    def forward(self, x):
        return x.view(x.shape[0], x.shape[1] // 2, 2, *x.shape[2:]).max(2).values


class Shortcut(nn.Module):
    """Option A: every second value, and zeros for new channels."""

    def forward(self, x):
        return nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 8))


class ChannelsLast(nn.Module):
    """PyTorch's layer norm over the channels of each pixel, as ConvNeXt's blocks have it."""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x):
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Scale(nn.Module):
    """ConvNeXt's factors, before a block's sum."""

    def __init__(self, channels):
        super().__init__()
        self.layer_scale = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x):
        return self.layer_scale * x


MAP, VALUES = (8, 9, 9), (8, 1, 1)
ACTIVATIONS = {
    "relu": nn.ReLU(), "relu6": nn.ReLU6(), "prelu": nn.PReLU(8), "leaky relu 0.1": nn.LeakyReLU(0.1),
    "elu": nn.ELU(), "sigmoid": nn.Sigmoid(), "hardsigmoid": nn.Hardsigmoid(), "tanh": nn.Tanh(), "silu": nn.SiLU(),
    "hardswish": nn.Hardswish(), "gelu": nn.GELU(),
}  # fmt: skip

# What the compiler calls it, what enters the network, its row, the module and what enters that, if it is another.
OPERATORS = [
    ("conv", MAP, "3x3, 16, stride 1, pad 1, no bias", nn.Conv2d(8, 16, 3, 1, 1, bias=False), MAP),
    ("conv", MAP, "3x3, 16, stride 1, pad 1, bias", nn.Conv2d(8, 16, 3, 1, 1), MAP),
    ("conv", MAP, "3x3, 16, stride 2, pad 0, bias", nn.Conv2d(8, 16, 3, 2), MAP),
    ("conv", MAP, "1x7, 16, stride 1, pad 0x3, bias", nn.Conv2d(8, 16, (1, 7), padding=(0, 3)), MAP),
    ("conv", MAP, "3x3, 16, stride 1, dilation 2, pad 2, no bias", nn.Conv2d(8, 16, 3, 1, 2, 2, bias=False), MAP),
    ("conv", VALUES, "1x1, 16, stride 1, pad 0, bias", nn.Conv2d(8, 16, 1), VALUES),
    ("fc", VALUES, "10-d fc", nn.Linear(8, 10), (8,)),
    ("fc", VALUES, "10-d fc, no bias", nn.Linear(8, 10, bias=False), (8,)),
    ("fc", MAP, "10-d fc", nn.Sequential(nn.Flatten(), nn.Linear(648, 10)), MAP),
    ("fc", MAP, "10-d fc, no bias", nn.Sequential(nn.Flatten(), nn.Linear(648, 10, bias=False)), MAP),
    ("batch norm", MAP, "1x1, 8, stride 1, pad 0, norm batch", nn.BatchNorm2d(8), MAP),
    ("batch norm", VALUES, "1x1, 8, stride 1, pad 0, norm batch", nn.BatchNorm2d(8), VALUES),
    ("group norm", MAP, "1x1, 8, stride 1, pad 0, norm group 4", nn.GroupNorm(4, 8), MAP),
    ("group norm", VALUES, "norm group 2", nn.GroupNorm(2, 8), VALUES),
    ("layer norm", MAP, "1x1, 8, stride 1, pad 0, norm layer", ChannelsLast(8), MAP),
    ("layer norm", VALUES, "norm layer", nn.LayerNorm(8), (8,)),
    ("scale", MAP, "[3x3, 8, stride 1, pad 1, linear] scale", Scale(8), MAP),
    *[("activation", MAP, name, module, MAP) for name, module in ACTIVATIONS.items()],
    *[("activation", VALUES, f"8-d fc, {name}", module, (8,)) for name, module in ACTIVATIONS.items()],
    ("max pool", MAP, "3x3 max pool, stride 2, pad 1", nn.MaxPool2d(3, 2, 1), MAP),
    ("max pool", MAP, "3x3 max pool, stride 1, pad 1", nn.MaxPool2d(3, 1, 1), MAP),
    ("max pool", MAP, "2x2 max pool, stride 2, pad 0", nn.MaxPool2d(2, 2), MAP),
    ("max pool", MAP, "2x2 max pool, stride 2, pad 0, ceil", nn.MaxPool2d(2, 2, ceil_mode=True), MAP),
    ("max pool", MAP, "9x9 max pool, stride 1, pad 0", nn.MaxPool2d(9, 1), MAP),
    ("average pool", MAP, "3x3 average pool, stride 2, pad 0", nn.AvgPool2d(3, 2), MAP),
    ("average pool", MAP, "2x2 average pool, stride 2, pad 0", nn.AvgPool2d(2, 2), MAP),
    ("average pool", MAP, "2x2 average pool, stride 2, pad 0, ceil", nn.AvgPool2d(2, 2, ceil_mode=True), MAP),
    ("average pool", MAP, "9x9 average pool, stride 1, pad 0", nn.AvgPool2d(9, 1), MAP),
    ("global average pool", MAP, "average pool", nn.AdaptiveAvgPool2d(1), MAP),
    ("global average pool", MAP, "average pool to 1x1", nn.AdaptiveAvgPool2d(1), MAP),
    ("adaptive average pool", MAP, "average pool to 4x4", nn.AdaptiveAvgPool2d(4), MAP),
    ("adaptive max pool", MAP, "max pool to 4x4", nn.AdaptiveMaxPool2d(4), MAP),
    ("adaptive max pool", MAP, "max pool", nn.AdaptiveMaxPool2d(1), MAP),
    ("adaptive max pool", MAP, "spatial pyramid pool 3", nn.Sequential(nn.AdaptiveMaxPool2d(3), nn.Flatten()), MAP),
    ("sum", MAP, "[3x3, 8, stride 1, pad 1, linear]", Sum(), MAP),
    ("product", MAP, "{ identity | average pool } product", Product(), MAP),
    ("zero pad", MAP, "[3x3, 16, stride 2, pad 1, linear]", Shortcut(), MAP),
    ("local response norm", MAP, "lrn 5", nn.LocalResponseNorm(5), MAP),
    ("local response norm", MAP, "lrn 4, k 2", nn.LocalResponseNorm(4, k=2), MAP),
    ("channel convolution", VALUES, "eca 3", nn.Conv1d(1, 1, 3, padding=1, bias=False), (1, 8)),
    ("channel convolution", VALUES, "eca 5", nn.Conv1d(1, 1, 5, padding=2, bias=False), (1, 8)),
    ("maxout", MAP, "maxout 2", Maxout(), MAP),
    ("blend", MAP, "gate(3x3, 8)", Blend(), MAP),
    ("upsample", MAP, "upsample 3", nn.Upsample(scale_factor=3), MAP),
    ("upsample", MAP, "upsample 2 bilinear", nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False), MAP),
    ("dropout", MAP, "dropout 0.5", nn.Dropout(0.5), MAP),
    ("dropout", VALUES, "8-d fc, dropout 0.5", nn.Dropout(0.5), (8,)),
    ("softmax", VALUES, "10-d fc, softmax", nn.Softmax(1), (10,)),
]


def counts(model: nn.Module, shape: tuple[int, ...]) -> list[int]:
    model = model.eval()
    image = torch.zeros(1, *shape)
    fvcore = FlopCountAnalysis(model, image)
    fvcore.unsupported_ops_warnings(False)
    summary = torchinfo.summary(model, input_size=(1, *shape), verbose=0)
    ptflops = [
        get_model_complexity_info(model, shape, as_strings=False, print_per_layer_stat=False, backend=backend)[0]
        for backend in ("aten", "pytorch")
    ]
    deepspeed = get_model_profile(
        model, input_shape=(1, *shape), print_profile=False, detailed=False, as_string=False, warm_up=0)[0]
    with FlopCounterMode(display=False) as torch_counter, torch.no_grad():
        model(image)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return [
        parameters, int(fvcore.total()), summary.total_mult_adds, *ptflops, int(deepspeed),
        torch_counter.get_total_flops(),
    ]  # fmt: skip


def quiet_counts(model: nn.Module, shape: tuple[int, ...]) -> str:
    with contextlib.redirect_stdout(io.StringIO()):
        return " ".join(map(str, counts(model, shape)))


def main() -> None:
    warnings.filterwarnings("ignore")
    versions = ", ".join(f"{tool} {importlib.metadata.version(tool)}" for tool in TOOLS)
    head = f"# scripts/count_tools.py with {versions}"
    operators = [head, f"# kind | input | row | {COLUMNS}"]
    for kind, entering, row, module, shape in OPERATORS:
        size = " x ".join(map(str, entering))
        operators.append(f"{kind} | {size} | {row} | {quiet_counts(module, shape)}")
    models = [head, f"# model {COLUMNS} torchvision"]
    for name in MODELS:
        numbers = quiet_counts(torchvision.models.get_model(name), (3, 224, 224))
        # torchvision's own figure, in thousandths of 10^9.
        meta = torchvision.models.get_model_weights(name)["IMAGENET1K_V1"].meta
        models.append(f"{name} {numbers} {round(meta['_ops'] * 1000)}")
    for file, lines in [("count-operators.txt", operators), ("count-tools.txt", models)]:
        (FIXTURES / file).write_text("\n".join(lines) + "\n")
        print((FIXTURES / file).read_text(), end="")


if __name__ == "__main__":
    main()
