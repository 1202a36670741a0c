#!/usr/bin/env python3
"""Counts torchvision's models with fvcore, torchinfo and ptflops, and writes Tests/CompilerTests/Fixtures/count-tools.txt.

Needs torch, torchvision, fvcore, torchinfo and ptflops. A line for each model: its name, parameters, then what fvcore,
torchinfo and ptflops (backends aten and pytorch) count, and torchvision's own GFLOPS in millions.
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

MODELS = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "vgg16", "vgg19", "vgg19_bn"]
FIXTURE = pathlib.Path(__file__).parent.parent / "Tests/CompilerTests/Fixtures/count-tools.txt"


def counts(name: str) -> list[int]:
    model = torchvision.models.get_model(name).eval()
    fvcore = FlopCountAnalysis(model, torch.zeros(1, 3, 224, 224))
    fvcore.unsupported_ops_warnings(False)
    summary = torchinfo.summary(model, input_size=(1, 3, 224, 224), verbose=0)
    ptflops = [
        get_model_complexity_info(model, (3, 224, 224), as_strings=False, print_per_layer_stat=False, backend=backend)[0]
        for backend in ("aten", "pytorch")
    ]
    weights = torchvision.models.get_model_weights(name)
    return [
        sum(parameter.numel() for parameter in model.parameters()), fvcore.total(), summary.total_mult_adds,
        *ptflops, round(weights["IMAGENET1K_V1"].meta["_ops"] * 1000),
    ]  # fmt: skip


def main() -> None:
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    tools = ["torch", "torchvision", "fvcore", "torchinfo", "ptflops"]
    versions = ", ".join(f"{tool} {importlib.metadata.version(tool)}" for tool in tools)
    lines = [f"# scripts/count_tools.py with {versions}", "# model params fvcore torchinfo ptflops-aten ptflops-pytorch torchvision"]
    for name in MODELS:
        with contextlib.redirect_stdout(io.StringIO()):
            numbers = counts(name)
        lines.append(" ".join(map(str, [name, *numbers])))
    FIXTURE.write_text("\n".join(lines) + "\n")
    print(FIXTURE.read_text(), end="")


if __name__ == "__main__":
    main()
