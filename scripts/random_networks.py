#!/usr/bin/env python3
"""A random search for sources that read one way and compute another.

    python scripts/random_networks.py --count 180 --seed 1 -o Tests/CompilerTests/Fixtures/random-networks.txt
    python scripts/random_networks.py --count 20000 --seed 2 -o /tmp/networks.txt
    RESNETC_RANDOM_NETWORKS=/tmp/networks.txt swift test --filter RandomSearchTests

Draws networks, writes each down in the language, in one of its many spellings, and computes it with PyTorch in double
precision (network_reader.py). docs/language.md is all that both know of the compiler. A network of the file:

    network 17 a n=3            its number; the column and the parameters' values that are chosen
    | family Net(n = 2)         the source
    tensors conv1.weight:4,3,3,3 ...
    logits 0.1 0.2 ...          or `error CODE ...`: some of these and no others, where the page says that the compiler
                                asks or refuses

`--only 17` makes that network alone. One network in ten or so ends in an error.
"""

import argparse
import random

import torch

from network_parts import Group, Header, Layer, Row, flat, groups
from network_reader import ACTIVATIONS, Misread, Reader
from network_writer import Writer

FUNCTIONS = [*ACTIVATIONS, "prelu"]
WORK = 100_000  # multiply-adds of a network, so that the interpreter takes thousands in a minute


class Drawing:
    """Draws a network row by row; the reader says where a row leads."""

    def __init__(self, draw):
        self.draw = draw

    def chance(self, probability):
        return self.draw.random() < probability

    def header(self):
        draw = self.draw
        side = lambda: draw.choice([draw.randint(1, 4), *[draw.randint(5, 16)] * 4])  # noqa: E731
        header = Header((draw.randint(1, 3), side(), side()), draw.choice(["B", "B", "B", "A", "C", "none"]))
        if header.shortcut in "BC" and self.chance(0.2):
            header.projection_bias = self.chance(0.5)
        header.ends = draw.choice([*["end", "both"] * 12, None])
        header.stride_on = draw.choice([*["first", "3x3"] * 12, None])
        header.eps = draw.choice([1e-5, 1e-5, 1e-3, 0.02, None])
        header.activation = draw.choice(["relu"] * 4 + FUNCTIONS)
        return header

    # Layers, as they are written.

    def convolution(self, in_block=False):
        draw = self.draw
        odd = [(1, 1), (1, 1), (3, 3), (3, 3), (3, 3), (5, 5), (1, 3), (3, 1), (5, 3)]
        free = [*odd, (7, 7), (2, 2), (4, 4), (2, 3), (1, 4), (4, 5)]
        layer = Layer("conv", draw.choice(odd if in_block and self.chance(0.97) else free), draw.randint(1, 8))
        if self.chance(0.15 if in_block else 0.4):
            layer.stride = draw.choice([1, 2, 2, 3])
        if self.chance(0.15):
            layer.dilation = draw.randint(2, 3)
        if self.chance(0.05 if in_block else 0.25):
            layer.pad = (draw.randint(0, layer.kernel[0]), draw.randint(0, layer.kernel[1]))
        elif in_block and self.chance(0.05) and all(k % 2 for k in layer.kernel):
            layer.pad = tuple(layer.dilation * (k - 1) // 2 for k in layer.kernel)
        if self.chance(0.15):
            layer.bias = self.chance(0.5)
        if self.chance(0.2):
            layer.norm = draw.choice(["norm batch", "norm batch", "no norm"])
        if layer.norm != "no norm" and self.chance(0.1):
            layer.eps = draw.choice([1e-3, 0.01, 1e-5])
        if self.chance(0.25):
            layer.activation = draw.choice(FUNCTIONS)
        return layer

    def pool(self, shape, in_block=False):
        draw = self.draw
        kernel = draw.choice([(2, 2), (3, 3), (3, 3), (2, 3), (1, 3), (4, 4), (5, 5), (7, 7), shape[1:], shape[1:]])
        layer = Layer(draw.choice(["max", "average"]), kernel)
        if in_block and self.chance(0.7):
            layer.kernel, layer.stride = draw.choice([(1, 3), (3, 3), (5, 5)]), 1
        elif self.chance(0.75):
            layer.stride = draw.randint(1, 3)
        if self.chance(0.3):
            layer.pad = (draw.randint(0, kernel[0] // 2), draw.randint(0, kernel[1] // 2))
            layer.kernel = kernel
        layer.ceil = self.chance(0.2)
        if layer.kind == "average" and self.chance(0.85):
            layer.counted = self.chance(0.5)
        if layer.kernel == (1, 1):  # `1x1 average pool` is a size and the mean of the whole map
            layer.kernel, layer.pad = (1, 2), None
        return layer

    def aside(self):
        """A layer that computes value by value, or nothing."""
        if self.chance(0.3):
            return Layer("dropout", rate=self.draw.choice([0.3, 0.5]))
        return Layer("act", activation=self.draw.choice(FUNCTIONS))

    def block(self, shape):
        items = [self.convolution(True) for _ in range(self.draw.randint(1, 3))]
        if self.chance(0.15):
            items.insert(self.draw.randint(0, len(items)), self.aside())
        if self.chance(0.12):
            items.insert(self.draw.randint(0, len(items)), self.pool(shape, True))
        if self.chance(0.15):
            items.insert(self.draw.randint(0, len(items)), self.plain(shape, 2, True))
        return Group(True, items, self.draw.randint(1, 3))

    def plain(self, shape, longest=3, in_block=False):
        draw, items = self.draw, []
        for _ in range(draw.randint(1, longest)):
            kind = draw.random()
            if kind < 0.75:
                items.append(self.convolution(in_block or self.chance(0.7)))
            else:
                items.append(self.aside() if kind < 0.9 else self.pool(shape, in_block))
        if self.chance(0.1):
            items.append(Group(False, [self.convolution(True)], draw.randint(1, 2)))
        if not in_block and self.chance(0.1):
            items = [self.block(shape) for _ in range(draw.randint(1, 2))]
        return Group(False, items, draw.choice([1, 1, 2, 2, 3]))

    def items(self, shape):
        result = []
        for _ in range(self.draw.choice([1, 1, 1, 2, 2, 3])):
            kind = self.draw.random()
            if kind < 0.3:
                result.append(self.convolution())
            elif kind < 0.5:
                result.append(self.pool(shape))
            elif kind < 0.57:
                result.append(self.aside())
            else:
                result.append(self.block(shape) if kind < 0.87 else self.plain(shape))
        if self.chance(0.02):
            result.append(Layer("gap"))
        return result

    def widen(self, items, channels):
        """Option A only adds channels."""
        for group in groups(items):
            last = [layer for layer in flat(group.items) if layer.kind == "conv"][-1:]
            for layer in last if group.residual else []:
                channels = layer.width = min(8, channels + self.draw.randint(0, 2))

    # Rows.

    def size(self, reader, row):
        """The size where the row leads with a stride of ours."""
        units = reader.units(row.items)
        carriers, _ = reader.carriers(units)
        if carriers:
            carriers[0].stride = self.draw.choice([1, 1, 2, 2, 2, 3, 4])
        size = reader.walk(units, reader.shape, faults=[])[1:]
        if self.chance(0.02):
            return tuple(length + self.draw.choice([0, 1]) for length in size)
        return size

    def row(self, name, reader):
        """Adds a row; false where it ends in an error. Most rows that would are drawn again."""
        for _ in range(300):
            row = Row(name, None, self.items(reader.shape))
            if reader.header.shortcut == "A" and self.chance(0.95):
                self.widen(row.items, reader.shape[0])
            state = reader.shape, set(reader.errors), reader.work, reader.depth, reader.unwritten
            try:
                row.size = self.size(reader, row) if self.chance(0.55) else None
            except Misread:
                pass  # told again by the reader
            try:
                reader.read_row(row)
            except Misread:
                reader.rows.append(row)
            mistaken = bool(reader.errors)
            if reader.work > WORK or not mistaken and reader.shape[1] * reader.shape[2] > 400:
                mistaken = None
            common = {"shortcut-size", "window-too-large", "shortcut-drops-channels", "ambiguous-activation"}
            common &= reader.errors
            if mistaken is False or mistaken and self.chance(0.015 if common else 0.2):
                return not mistaken
            reader.shape, reader.errors, reader.work, reader.depth, reader.unwritten = state
            reader.rows.pop()
            del reader.plan[len(reader.rows) :]
        row = Row(name, None, [Layer("conv", (1, 1), 3)])
        reader.read_row(row)
        return True

    def head(self, reader):
        draw, items = self.draw, []
        if self.chance(0.08) and reader.shape[0] * reader.shape[1] * reader.shape[2] < 60:
            return
        if self.chance(0.6):
            items.append(Layer("gap"))
        if self.chance(0.15):
            quiet = reader.unwritten and self.chance(0.95)  # no activation behind one that is not written
            items.append(Layer("dropout", rate=0.2) if quiet else self.aside())
        count = draw.choice([1, 1, 2, 3])
        for i in range(count):
            layer = Layer("fc", width=draw.randint(1 if self.chance(0.1) else 2, 6))
            layer.bias = draw.choice([None, None, None, True, False])
            open_end = i + 1 == count or self.chance(0.02)  # before another one it says its activation
            layer.activation = draw.choice([*([None] if open_end else ["linear"]) * 6, *FUNCTIONS])
            items.append(layer)
            if self.chance(0.25):
                items.append(self.aside())
            if self.chance(0.005):
                items.append(Layer("softmax"))
        if self.chance(0.5) and (items[-1].kind != "fc" or items[-1].width > 1 or self.chance(0.1)):
            items.append(Layer("softmax"))
        cut = draw.randint(1, len(items)) if self.chance(0.2) else len(items)
        for name, part in [("head", items[:cut]), ("last", items[cut:])]:
            vector = reader.shape[1:] == (1, 1) or any(x.kind in ("gap", "fc") for x in part)
            if part:
                reader.read_row(Row(name, (1, 1) if vector and self.chance(0.5) else None, part))


def network(number, seed):
    draw = random.Random(f"{seed} {number}")
    for _ in range(100):
        drawing = Drawing(draw)
        reader = Reader(drawing.header(), [])
        sound = all(drawing.row(f"r{i + 1}", reader) for i in range(draw.randint(1, 4)))
        if sound:
            drawing.head(reader)
            reader.finish()
        if reader.work <= 2 * WORK:
            break
    writer = Writer(draw, reader)
    source = writer.source()
    lines = [" ".join([f"network {number}", *writer.selection]), *[f"| {line}" for line in source]]
    if reader.errors:
        return [*lines, f"error {' '.join(sorted(reader.errors))}"]
    logits = reader.logits()
    tensors = " ".join(f"{name}:{','.join(map(str, shape))}" for name, shape in sorted(reader.tensors.items()))
    return [*lines, f"tensors {tensors}", "logits " + " ".join(map(repr, logits))]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--count", type=int, default=180)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--only", type=int, help="the network of this number alone")
    arguments.add_argument("-o", "--output", required=True)
    options = arguments.parse_args()
    torch.set_num_threads(1)
    numbers = [options.only] if options.only is not None else range(options.count)
    with open(options.output, "w", encoding="utf-8") as file:
        for number in numbers:
            file.write("\n".join(network(number, options.seed)) + "\n")


if __name__ == "__main__":
    main()
