#!/usr/bin/env python3
"""Writes names and shapes of networks that `resnetc decompile` is tested with, beside those of models/.

Run with PyTorch and timm. Writes Tests/CommandTests/Fixtures/decompile/NAME.txt, one tensor a line as state_dict_names.py
does: timm's variants of its ResNets, and the paper's ResNet-20 for CIFAR-10.
"""
from pathlib import Path

import timm

import cifar_resnet

FOLDER = Path(__file__).resolve().parent.parent / "Tests" / "CommandTests" / "Fixtures" / "decompile"
TIMM = ["resnet18d", "resnet26t", "seresnext26d_32x4d", "resnet50_gn", "resnetv2_18d", "ecaresnet26t"]


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    nets = {name: timm.create_model(name) for name in TIMM} | {"cifar20": cifar_resnet.CifarResNet(3)}
    for name, net in nets.items():
        lines = [" ".join([key, *map(str, tensor.shape)]) for key, tensor in net.state_dict().items()]
        (FOLDER / f"{name}.txt").write_text("\n".join(lines) + "\n")
        print(name, len(lines))


if __name__ == "__main__":
    main()
