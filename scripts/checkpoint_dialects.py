#!/usr/bin/env python3
"""Writes the checkpoints that `resnetc convert --model` is tested with: narrow networks in other people's names.

Run with PyTorch, torchvision, NumPy and safetensors. Writes into Tests/CommandTests/Fixtures/convert; each file
`NAME.*` belongs to `NETWORK.rn`, and `EXPECTED.safetensors` is what a package of it reads. Where numbers change and not only
names, the network that was written and the one that is expected are computed in double precision here, and agree.
"""
import collections
import re
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck

import checkpoint_fixtures

FOLDER = Path(__file__).resolve().parent.parent / "Tests" / "CommandTests" / "Fixtures" / "convert"
State = dict[str, torch.Tensor]


class Narrow(nn.Module):
    """torchvision's blocks and names, a few channels wide."""

    def __init__(self, block: type, widths: list[int], repeats: list[int], stem: int, kernel: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, stem, kernel, 2 if kernel == 7 else 1, kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.pool = nn.MaxPool2d(3, 2, 1) if kernel == 7 else nn.Identity()
        channels = stem
        for number, (width, count) in enumerate(zip(widths, repeats), 1):
            blocks = []
            for index in range(count):
                stride = 2 if number > 1 and index == 0 else 1
                out = width * block.expansion
                projection = None
                if stride > 1 or channels != out:
                    conv = nn.Conv2d(channels, out, 1, stride, bias=False)
                    projection = nn.Sequential(conv, nn.BatchNorm2d(out))
                blocks.append(block(channels, width, stride, projection))
                channels = out
            setattr(self, f"layer{number}", nn.Sequential(*blocks))
        self.stages = len(widths)
        self.fc = nn.Linear(channels, 5)
        for name, value in self.state_dict().items():
            if name.endswith("running_var"):
                value.uniform_(0.1, 2)
            elif value.is_floating_point():
                value.normal_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.bn1(self.conv1(x)).relu())
        for number in range(self.stages):
            x = getattr(self, f"layer{number + 1}")(x)
        return self.fc(x.mean((2, 3)))


def narrow() -> Narrow:
    return Narrow(Bottleneck, [2, 4], [2, 1], stem=4, kernel=7)


def state(net: nn.Module) -> State:
    return {key: value.clone() for key, value in net.state_dict().items()}


def expect(name: str, tensors: State) -> None:
    kept = {key: value.contiguous() for key, value in tensors.items() if not key.endswith("num_batches_tracked")}
    save_file(kept, FOLDER / f"{name}.safetensors")


def renamed(tensors: State, rules: list[tuple[str, str]]) -> State:
    """Each name by the first rule that fits it; all must be met by one."""
    result = collections.OrderedDict()
    for name, value in tensors.items():
        for pattern, new in rules:
            if re.fullmatch(pattern, name):
                result[re.sub(pattern, new, name)] = value
                break
        else:
            raise KeyError(name)
    return result


def conv(name: str) -> bool:
    return "conv" in name or "downsample.0" in name


def names_alone() -> None:
    net = narrow()
    tensors = state(net)
    expect("narrow", tensors)

    def stage(match: str) -> str:
        return rf"layer(\d)\.(\d+)\.{match}\.(\w+)"

    # transformers' modeling_resnet.py.
    hugging = {}
    for name, value in tensors.items():
        path, field = name.rsplit(".", 1)
        kind = "convolution" if conv(path) else "normalization"
        block = re.fullmatch(r"layer(\d)\.(\d+)\.(?:conv|bn)(\d)", path)
        shortcut = re.fullmatch(r"layer(\d)\.(\d+)\.downsample\.\d", path)
        if path == "fc":
            new = "classifier.1"
        elif path in ("conv1", "bn1"):
            new = f"resnet.embedder.embedder.{kind}"
        elif block:
            s, b, j = map(int, block.groups())
            new = f"resnet.encoder.stages.{s - 1}.layers.{b}.layer.{j - 1}.{kind}"
        else:
            s, b = map(int, shortcut.groups())
            new = f"resnet.encoder.stages.{s - 1}.layers.{b}.shortcut.{kind}"
        hugging[f"{new}.{field}"] = value
    torch.save(hugging, FOLDER / "huggingface.bin")

    mm = renamed(tensors, [(r"fc\.(\w+)", r"head.fc.\1"), (r"(.+)", r"backbone.\1")])
    torch.save({"meta": {"epoch": 100, "CLASSES": ["a", "b"]}, "state_dict": mm}, FOLDER / "openmmlab.pth")
    last = renamed(tensors, [(r"fc\.(\w+)", r"last_linear.\1"), (r"(.+)", r"\1")])
    torch.save(last, FOLDER / "last_linear.pth")

    moco = {f"module.encoder_q.{key}": value for key, value in tensors.items()}
    moco |= {f"module.encoder_k.{key}": value + 1 for key, value in tensors.items()}
    moco |= {"module.queue": torch.randn(5, 16), "module.queue_ptr": torch.zeros(1, dtype=torch.long)}
    torch.save({"epoch": 200, "arch": "resnet50", "state_dict": moco}, FOLDER / "moco.pth.tar")

    wrapped = {f"module.model._orig_mod.{key}": value for key, value in tensors.items()}
    wrapped |= {"n_averaged": torch.tensor(3), "module.loss_fn.weight": torch.ones(5)}
    wrapped |= {"module.model._orig_mod.conv1.total_ops": torch.zeros(1, dtype=torch.float64)}
    torch.save(wrapped, FOLDER / "wrapped.ckpt")

    # Nobody's names.
    strange = renamed(tensors, [(r"conv1\.(\w+)", r"begin.\1"), (r"fc\.(\w+)", r"end.\1"), (r"(.+)", r"\1")])
    save_file(strange, FOLDER / "strange.safetensors")
    unknown = {f"t{number}": value for number, value in enumerate(tensors.values())}
    save_file(unknown, FOLDER / "unknown.safetensors")

    # What `resnetc weights` finds.
    odd = {key: value.clone() for key, value in tensors.items()}
    odd["layer1.0.conv2.weight"][1, 0, 2, 2] = float("nan")
    odd["layer1.0.bn1.running_var"][0] = -0.5
    odd["fc.bias"][3] = float("-inf")
    odd["conv1.weight"][2:] = 0
    odd["layer2.0.bn3.weight"][:] = 0
    save_file(odd, FOLDER / "odd.safetensors")
    numpy.savez(FOLDER / "narrow.npz", **{key: value.numpy() for key, value in tensors.items()})


def deep_stem() -> None:
    """timm's names for a stem of three convolutions, which the compiler has as `names resnet_d`."""
    stem = {"conv1": "conv1.0", "bn1": "conv1.1", "conv2": "conv1.3", "bn2": "conv1.4", "conv3": "conv1.6", "bn3": "bn1"}
    tensors: State = {}

    def add(conv_path: str, norm: str, out: int, entering: int) -> None:
        tensors[f"{conv_path}.weight"] = torch.randn(out, entering, 3, 3)
        for field in ("weight", "bias", "running_mean"):
            tensors[f"{norm}.{field}"] = torch.randn(out)
        tensors[f"{norm}.running_var"] = torch.rand(out) + 0.1

    for number, (out, entering) in enumerate([(2, 3), (2, 2), (4, 2)], 1):
        add(f"conv{number}", f"bn{number}", out, entering)
    for number in (1, 2):
        add(f"layer1.0.conv{number}", f"layer1.0.bn{number}", 4, 4)
    tensors["fc.weight"], tensors["fc.bias"] = torch.randn(5, 4), torch.randn(5)
    expect("deep", tensors)
    foreign = {}
    for name, value in tensors.items():
        path, field = name.rsplit(".", 1)
        foreign[f"{stem.get(path, path)}.{field}"] = value
    save_file(foreign, FOLDER / "deep_timm.safetensors")


def cifar() -> None:
    tensors = state(Narrow(BasicBlock, [4, 8], [1, 1], stem=4, kernel=3))
    expect("cifar", tensors)
    rules = [
        (r"fc\.(\w+)", r"module.linear.\1"),
        (r"(layer\d\.\d)\.downsample\.(.*)", r"module.\1.shortcut.\2"),
        (r"(.+)", r"module.\1"),
    ]
    torch.save({"state_dict": renamed(tensors, rules), "best_prec1": 91.7}, FOLDER / "linear.th")
    by_rows = {}
    for name, value in tensors.items():
        block = re.fullmatch(r"layer(\d)\.(\d)\.(conv|bn)(\d)\.(\w+)", name)
        projection = re.fullmatch(r"layer(\d)\.(\d)\.downsample\.(\d)\.(\w+)", name)
        if block:
            s, b, kind, j, field = block.groups()
            module = 3 * (int(j) - 1) + (kind == "bn")
            by_rows[f"conv{int(s) + 1}_x.{b}.residual_function.{module}.{field}"] = value
        elif projection:
            s, b, module, field = projection.groups()
            by_rows[f"conv{int(s) + 1}_x.{b}.shortcut.{module}.{field}"] = value
        else:
            by_rows[re.sub(r"^(conv1|bn1)", lambda match: {"conv1": "conv1.0", "bn1": "conv1.1"}[match[0]], name)] = value
    torch.save(by_rows, FOLDER / "residual_function.pth")


def biased(net: Narrow, names: list[str], eps: float) -> None:
    """Gives convolutions biases and norms another eps, in place."""
    for name, module in net.named_modules():
        if isinstance(module, nn.Conv2d) and name in names:
            module.bias = nn.Parameter(torch.randn(module.out_channels))
        if isinstance(module, nn.BatchNorm2d):
            module.eps = eps


def norm_of(path: str) -> str:
    return path.replace("conv", "bn").replace("downsample.0", "downsample.1")


def folded(net: Narrow, eps: float) -> State:
    """The same network without biases, with norms of 1e-5: in double precision, rounded once."""
    double = {key: value.double() if value.is_floating_point() else value for key, value in state(net).items()}
    for name in list(double):
        if name.endswith("running_var"):
            double[name] = double[name] + (eps - 1e-5)
        path, field = name.rsplit(".", 1)
        if field == "bias" and conv(path):
            double[f"{norm_of(path)}.running_mean"] = double[f"{norm_of(path)}.running_mean"] - double.pop(name)
    return {key: value.float() if value.is_floating_point() else value for key, value in double.items()}


def check(original: nn.Module, image: torch.Tensor, expected: State, ours: torch.Tensor) -> None:
    """Both networks in double precision; what differs is the rounding of the folded vectors to 24 bits."""
    plain = narrow()
    plain.load_state_dict(expected)
    with torch.no_grad():
        a, b = original.double().eval()(image.double()), plain.double().eval()(ours.double())
    worst = ((a - b).abs().max() / a.abs().max()).item()
    print(f"largest difference {worst:.1e}")
    assert worst < 1e-5
    original.float()


def keras() -> None:
    net = narrow()
    convolutions = [name for name, module in net.named_modules() if isinstance(module, nn.Conv2d)]
    biased(net, convolutions, 1.001e-5)
    image = torch.randn(2, 3, 32, 32)
    expected = folded(net, 1.001e-5)
    # Its pixels are blue, green, red, and ours are the same ones the other way around.
    expected["conv1.weight"] = expected["conv1.weight"].flip(1)
    check(net, image, expected, image.flip(1))
    expect("keras", expected)
    arrays = {}
    fields = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    for name, value in state(net).items():
        path, field = name.rsplit(".", 1)
        if field == "num_batches_tracked":
            continue
        if path == "fc":
            arrays["predictions/kernel" if field == "weight" else "predictions/bias"] = value.numpy().T
            continue
        kind = "conv" if conv(path) else "bn"
        block = re.fullmatch(r"layer(\d)\.(\d+)\.(?:conv|bn)(\d)", path)
        projection = re.fullmatch(r"layer(\d)\.(\d+)\.downsample\.\d", path)
        if block:
            s, b, j = map(int, block.groups())
            layer = f"conv{s + 1}_block{b + 1}_{j}_{kind}"
        elif projection:
            s, b = map(int, projection.groups())
            layer = f"conv{s + 1}_block{b + 1}_0_{kind}"
        else:
            layer = f"conv1_{kind}"
        if kind == "bn":
            arrays[f"{layer}/{fields[field]}"] = value.numpy()
        elif field == "weight":
            arrays[f"{layer}/kernel"] = value.permute(2, 3, 1, 0).contiguous().numpy()
        else:
            arrays[f"{layer}/bias"] = value.numpy()
    numpy.savez(FOLDER / "keras.npz", **arrays)
    numpy.savez(FOLDER / "keras_old.npz", **{f"{key}:0": value for key, value in arrays.items()})


def caffe() -> None:
    net = narrow()
    biased(net, ["conv1"], 1e-5)
    factor = 999.98236
    tensors = state(net)
    layers = []
    for path in [name for name, module in net.named_modules() if isinstance(module, nn.Conv2d)]:
        block = re.fullmatch(r"layer(\d)\.(\d+)\.(conv\d|downsample\.0)", path)
        if block:
            s, b, layer = block.groups()
            branch = "branch1" if layer.startswith("d") else f"branch2{'abc'[int(layer[-1]) - 1]}"
            text = f"{int(s) + 1}{'abcdef'[int(b)]}_{branch}"
            names = [f"res{text}", f"bn{text}", f"scale{text}"]
        else:
            names = ["conv1", "bn_conv1", "scale_conv1"]
        norm = norm_of(path)
        for field in ("running_mean", "running_var"):
            # What is stored is so many times what is meant, rounded; what is expected is that, divided again.
            stored = (tensors[f"{norm}.{field}"].double() * factor).float()
            tensors[f"{norm}.{field}"] = stored
        bias = [tensors[f"{path}.bias"]] if f"{path}.bias" in tensors else []
        layers.append((names[0], "Convolution", [tensors[f"{path}.weight"], *bias]))
        scale = torch.tensor([factor])
        layers.append(
            (names[1], "BatchNorm", [tensors[f"{norm}.running_mean"], tensors[f"{norm}.running_var"], scale])
        )
        layers.append((names[2], "Scale", [tensors[f"{norm}.weight"], tensors[f"{norm}.bias"]]))
    layers.append(("fc1000", "InnerProduct", [tensors["fc.weight"], tensors["fc.bias"]]))
    checkpoint_fixtures.write_caffe(FOLDER / "caffe.caffemodel", layers)

    image = torch.randn(2, 3, 32, 32)
    stored_factor = torch.tensor([factor]).double()
    expected = {}
    for name, value in tensors.items():
        if "running" in name:
            value = (value.double() / stored_factor).float()
        expected[name] = value
    # The bias moves the mean that was rounded to float when it was divided.
    expected["bn1.running_mean"] = (
        expected["bn1.running_mean"].double() - expected.pop("conv1.bias").double()
    ).float()
    expected["conv1.weight"] = expected["conv1.weight"].flip(1)
    check(net, image, expected, image.flip(1))
    expect("caffe", expected)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(11)
    for part in (names_alone, cifar, keras, caffe, deep_stem):
        part()


if __name__ == "__main__":
    main()
