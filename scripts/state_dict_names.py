#!/usr/bin/env python3
"""Writes what tests hold the networks of models/ against: names, shapes and counts as torchvision and timm have them.

Run with PyTorch, torchvision and timm, for all networks or for those that are named. Writes, in
Tests/CompilerTests/Fixtures, `names/<model>.txt` with one tensor a line (`names/<model>_<variant>.txt` for a column of a
family), `num_batches_tracked` left out because it takes no part in inference, and `model-counts.txt` with the parameters and
multiply-adds of each.
"""
import sys

import torch
from torch.utils.flop_counter import FlopCounterMode

import known_models
import portable_random

FOLDER = portable_random.FIXTURES.parent / "CompilerTests" / "Fixtures"
COUNTS = FOLDER / "model-counts.txt"


def counts(net: torch.nn.Module, shape: tuple[int, int, int]) -> tuple[int, int]:
    """Parameters, and products of convolutions and fully connected layers, of which PyTorch counts two for each."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.empty(1, *shape, device="meta"))
    return sum(parameter.numel() for parameter in net.parameters()), counter.get_total_flops() // 2


def main() -> None:
    (FOLDER / "names").mkdir(exist_ok=True)
    lines = [line.split() for line in COUNTS.read_text().splitlines()[1:]] if COUNTS.exists() else []
    known = {name: (int(parameters), int(macs)) for name, parameters, macs in lines}
    for name in sys.argv[1:] or [*known_models.NAMES, *known_models.RENAMED, *known_models.AUXILIARY]:
        # Some cannot be built without memory.
        net, shape = known_models.build(name)
        net = net.to("meta")
        state = net.state_dict().items()
        lines = [
            " ".join([key, *map(str, tensor.shape)]) for key, tensor in state if not key.endswith("num_batches_tracked")
        ]
        (FOLDER / "names" / f"{name.replace('/', '_')}.txt").write_text("\n".join(lines) + "\n")
        known[name] = counts(net, shape)
        print(name, len(lines), *known[name])
    head = "# scripts/state_dict_names.py: model parameters multiply-adds"
    rows = [f"{name} {known[name][0]} {known[name][1]}" for name in known_models.NAMES if name in known]
    COUNTS.write_text("\n".join([head, *rows]) + "\n")


if __name__ == "__main__":
    main()
