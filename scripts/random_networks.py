#!/usr/bin/env python3
"""A random search for sources that read one way and compute another.

    python scripts/random_networks.py --count 200 --seed 1 -o Tests/CompilerTests/Fixtures/random-networks.txt
    python scripts/random_networks.py --count 20000 --seed 2 -o /tmp/networks.txt
    RESNETC_RANDOM_NETWORKS=/tmp/networks.txt swift test --filter RandomSearchTests

Draws networks, writes each down in the language, in one of its many spellings, and computes it with PyTorch in double
precision (network_reader.py, network_values.py). docs/language.md is all that both know of the compiler. A network of the
file:

    network 17 a n=3            its number; the column and the parameters' values that are chosen
    | family Net(n = 2)         the source
    tensors conv1.weight:4,3,3,3 ...
    counts 108 97200            parameters and multiply-adds
    logits 0.1 0.2 ...          or `error CODE ...`: some of these and no others, where the page says that the compiler
                                asks or refuses

`--only 17` makes that network alone. One network in ten or so ends in an error.
"""

import argparse
import random

import torch

from network_drawing import FUNCTIONS, Drawing
from network_parts import Layer, Row
from network_reader import FAULTS, Misread, Reader
from network_values import Values
from network_writer import Writer

WORK = 100_000  # multiply-adds of a network, so that the interpreter takes thousands in a minute


class Search(Drawing):
    """Draws a network row by row; the reader says where a row leads."""

    # Rows.

    def size(self, reader, row):
        """The size where the row leads with a stride of ours."""
        units = reader.units(row.items)
        carriers, _ = reader.carriers(row, units)
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
            self.fit(reader.header, row.items, reader.shape[0])
            state = reader.shape, set(reader.errors), reader.work, reader.depth, reader.unwritten, reader.sees_signs
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
            common = (FAULTS | {"ambiguous-activation"}) & reader.errors
            if mistaken is False or mistaken and self.chance(0.015 if common else 0.2):
                return not mistaken
            reader.shape, reader.errors, reader.work, reader.depth, reader.unwritten, reader.sees_signs = state
            reader.rows.pop()
            del reader.plan[len(reader.rows) :]
        row = Row(name, None, [Layer("conv", (1, 1), 3)])
        reader.read_row(row)
        return True

    def head(self, reader):
        draw, items = self.draw, []
        if self.chance(0.08) and reader.shape[0] * reader.shape[1] * reader.shape[2] < 60:
            return
        if self.chance(0.7):
            levels = tuple(sorted(draw.sample([1, 2, 3, 4], draw.randint(1, 3)), reverse=True))
            items.append(draw.choice([Layer("gap")] * 6 + [Layer("gmp"), Layer("pyramid", levels=levels)]))
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
            vector = reader.shape[1:] == (1, 1) or any(x.kind in ("gap", "gmp", "pyramid", "fc") for x in part)
            if part:
                reader.read_row(Row(name, (1, 1) if vector and self.chance(0.5) else None, part))


def network(number, seed):
    draw = random.Random(f"{seed} {number}")
    for _ in range(100):
        drawing = Search(draw)
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
    values = Values(reader)
    logits = values.logits()
    tensors = " ".join(f"{name}:{','.join(map(str, shape))}" for name, shape in sorted(values.tensors.items()))
    counts = f"counts {values.parameters()} {reader.work}"
    return [*lines, f"tensors {tensors}", counts, "logits " + " ".join(map(repr, logits))]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--count", type=int, default=200)
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
