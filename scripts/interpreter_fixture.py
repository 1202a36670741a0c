#!/usr/bin/env python3
"""Writes PyTorch's answers, in double precision, for the small networks of InterpreterTests.swift.

Parameters and the image are functions of their names (see interpreter_tensors.py), so only the logits are stored:

    A-end basic on3x3 relu: 0.1 0.2 ...

Run with PyTorch; writes Tests/CompilerTests/Fixtures/interpreter.txt.
"""
import pathlib

from interpreter_blocks import Attended, Joined, Pre, Scaled, Sequence, Side, Small, Squeezed, Words
from interpreter_layers import (
    Bins,
    FirstBlock,
    Highway,
    Maxima,
    Norms,
    Placed,
    Pooled,
    PreNorms,
    Responses,
    Shuffled,
    Tapped,
)

OUTPUT = pathlib.Path(__file__).parent.parent / "Tests" / "CompilerTests" / "Fixtures" / "interpreter.txt"


def main():
    lines = []

    def add(name, logits):
        lines.append(f"{name}: " + " ".join(repr(float(value)) for value in logits[0].detach()))

    for option in ["A-end", "A-both", "B", "C", "none"]:
        for kind in ["basic", "bottleneck"]:
            for stride_on in ["first", "on3x3"]:
                add(f"{option} {kind} {stride_on} relu", Small(option, kind == "bottleneck", stride_on, "relu").logits())
    for activation in [
        "linear", "relu6", "prelu", "leaky relu", "leaky relu 0.1", "elu", "sigmoid", "hardsigmoid", "tanh", "silu",
        "hardswish", "gelu",
    ]:  # fmt: skip
        add(f"B bottleneck on3x3 {activation}", Small("B", True, "on3x3", activation).logits())
        add(f"none basic on3x3 {activation}", Small("none", False, "on3x3", activation).logits())
    add("sequence", Sequence().logits())
    add("side", Side().logits())
    add("joined", Joined().logits())
    add("pooled", Pooled().logits())
    add("pre", Pre().logits())
    add("squeezed", Squeezed().logits())
    add("attended", Attended().logits())
    add("scaled", Scaled().logits())
    add("words", Words().logits())
    add("responses", Responses().logits())
    add("maxima", Maxima().logits())
    add("bins", Bins().logits())
    add("shuffled", Shuffled().logits())
    add("placed", Placed().logits())
    add("highway", Highway().logits())
    add("first", FirstBlock().logits())
    add("tapped", Tapped().logits())
    add("norms", Norms().logits())
    add("prenorms", PreNorms().logits())
    OUTPUT.write_text("\n".join(lines) + "\n")
    print(len(lines), "networks")


main()
