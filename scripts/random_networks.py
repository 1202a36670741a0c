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
from network_parts import Layer, Row, flat, pair
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
            carriers[0].stride = pair(self.draw.choice([1, 1, 2, 2, 2, 3, 4]))
        size = reader.walk(units, reader.shape, faults=[])[1:]
        if self.chance(0.02):
            return tuple(length + self.draw.choice([0, 1]) for length in size)
        return size

    def row(self, name, reader):
        """Adds a row; false where it ends in an error. Most rows that would are drawn again."""
        for _ in range(300):
            state = reader.shape, set(reader.errors), reader.work, reader.depth, reader.unwritten, reader.sees_signs
            self.values, self.unread = reader.values, set(reader.unread()[:-1])
            source = self.draw.choice(list(self.unread or self.values)) if self.values and self.chance(0.12) else None
            if source:
                reader.enter(source)
            row = Row(name, None, self.items(reader.shape), source)
            self.fit(reader.header, row.items, reader.shape[0])
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
            reader.values.pop(name, None)
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
            if self.chance(0.12):
                usual = None if reader.header.norm != "group" else "batch"  # whose groups may not divide it
                norm = Layer("norm", norm=draw.choice([usual, "batch", "layer", "group"]), eps=draw.choice([None, 1e-3]))
                norm.norm_groups, norm.activation = draw.choice([1, layer.width]), draw.choice([None, self.function()])
                items.append(norm)
            elif self.chance(0.25):
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


    def names(self, reader):
        """Whose names the tensors have, and lines that rename them."""
        draw, header = self.draw, reader.header
        if self.chance(0.15):
            blocks = any(unit.option != "none" for units in reader.plan for unit in units)
            header.names = "resnet" if blocks else draw.choice(["resnet", "vgg"])
        if not self.chance(0.15):
            return
        named = Values(reader)
        named.logits()
        for _ in range(draw.randint(1, 3) if named.tensors else 0):
            parts = draw.choice(sorted(named.tensors)).split(".")
            old = parts[: draw.randint(1, len(parts) - 1)]
            old = ["*" if self.chance(0.3) else part for part in old]
            new = [draw.choice(["stem", "body", "x1", "conv1", "0"]) for _ in range(draw.randint(1, 2))]
            for _ in range(old.count("*")):
                new.insert(draw.randint(0, len(new)), "*")
            header.renames.append((old, new))
        renamed = Values(reader)
        factors = [name for name in named.tensors if name.endswith("layer_scale")]
        if not all(renamed.renamed(name).endswith("layer_scale") for name in factors):
            header.renames = []  # there is no rule for values of other names
        renamed.logits()
        if renamed.taken_twice or len(renamed.met) < len(header.renames):
            if self.chance(0.8):
                header.renames = []
            else:
                reader.errors.add("tensor-names")

    def outputs(self, reader):
        """What is returned: rows that nobody reads must be."""
        unread, rows = reader.unread(), [row.name for row in reader.rows]
        if len(unread) == 1 and self.chance(0.85) or self.chance(0.05):
            return
        returned = set(unread) | {row for row in rows if self.chance(0.3)}
        if self.chance(0.03):
            returned.discard(self.draw.choice(unread))
        reader.header.outputs = self.draw.sample(rows, len(rows))
        reader.header.outputs = [row for row in reader.header.outputs if row in returned]

    def auxiliary(self, reader):
        """A head in training only, right below what it reads, or anywhere."""
        places = [i + 1 for i, row in enumerate(reader.rows) if reader.values[row.name].unwritten != "fc"]
        at = self.draw.choice(places or [0])
        if not at:
            return  # its fully connected layer would follow another
        read = reader.rows[at - 1].name if self.chance(0.5) else None
        layers = [Layer("conv", (1, 1), 3, norm="none"), Layer("gap"), Layer("fc", width=2)]
        head = Row(self.draw.choice(["aux", "heads"]), None, layers[self.draw.randint(0, 1) :], read, True)
        reader.rows.insert(self.draw.randint(1, len(reader.rows)) if read else at, head)


def network(number, seed):
    draw = random.Random(f"{seed} {number}")
    for _ in range(100):
        drawing = Search(draw)
        reader = Reader(drawing.header(), [])
        sound = all(drawing.row(f"r{i + 1}", reader) for i in range(draw.randint(1, 4)))
        if sound:
            drawing.head(reader)
            drawing.outputs(reader)
            reader.finish()
            if not reader.errors:
                drawing.names(reader)
        elif any(row.source or any(layer.kind == "from" for layer in flat(row.items)) for row in reader.rows):
            reader.errors.add("unread-row")  # said before anything of shapes
        if reader.work <= 2 * WORK:
            break
    rows = list(reader.rows)
    if sound and not reader.header.renames and drawing.chance(0.08):
        drawing.auxiliary(reader)
    writer = Writer(draw, reader)
    source = writer.source()
    reader.rows = rows
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
