#!/usr/bin/env python3
"""Writes what small int8 networks give, for IntegerInterpreterTests.swift: Tests/RuntimeTests/Fixtures/quantized.json.

The arithmetic is docs/quantization.md's, said again here: sums by PyTorch's conv2d in double precision, which holds them
exactly, all else by NumPy, whose float32 rounds each product and each sum. Tensors and images are functions of their names
(portable_random.py). Ranges are a part of what float64 gives, so that some values saturate.

Run with PyTorch:

    python scripts/quantized_answers.py
"""

import json
from pathlib import Path

import numpy
import torch

import portable_random

OUTPUT = Path(__file__).resolve().parent.parent / "Tests" / "RuntimeTests" / "Fixtures" / "quantized.json"
F = numpy.float32
LIMITS = {"uint8": (0, 255), "int8": (-128, 127)}


def conv(x, weight, **options):
    """Of one image, in double precision: exact for integers as these are."""
    pad = options.pop("pad", (0, 0, 0, 0))  # top, left, bottom, right
    x = torch.nn.functional.pad(torch.from_numpy(x.astype(numpy.float64))[None], (pad[1], pad[3], pad[0], pad[2]))
    return torch.nn.functional.conv2d(x, torch.from_numpy(weight.astype(numpy.float64)), **options)[0].numpy()


def requantized(t, kind, low=None):
    limits = LIMITS[kind]
    low = limits[0] if low is None else low
    return numpy.rint(numpy.clip(t, F(low), F(limits[1]))).astype(numpy.int64)


class Case:
    """A network as a table, beside its values as integers and, to choose ranges, in double precision."""

    def __init__(self, name, shape, seed, part=0.8):
        self.name, self.seed, self.part = name, seed, part
        self.lines, self.numbers, self.ranges, self.order = [], {}, {}, []
        self.exact, self.scale, self.q, self.shape = {}, {}, {}, {}
        image = portable_random.values("input", [1, *shape], seed)[0]
        self.enter("input", f"input, {shape[0]}, {shape[1]}x{shape[2]}", "int8", image.astype(numpy.float64))
        self.q["input"] = requantized(image / self.scale["input"], "int8")

    def tensor(self, name, shape):
        return portable_random.values(name, shape, self.seed).astype(numpy.float64)

    def enter(self, name, text, kind, exact, scale=None, limits=None):
        """Notes a layer and decides its scale."""
        self.lines.append(f"{name} {text}")
        self.order.append(name)
        self.numbers[name], self.exact[name], self.shape[name] = kind, exact, exact.shape
        if kind == "float32":
            self.scale[name] = F(1)
            return
        low, high = limits or (F(exact.min() * self.part), F(exact.max() * self.part))
        self.ranges[name] = (float(F(low)), float(F(high)))
        if scale is None:
            scale = F(high) / F(255) if kind == "uint8" else F(max(abs(F(low)), abs(F(high)))) / F(127)
        self.scale[name] = F(scale)

    def folded(self, weight, shape, bias, norm):
        """Weights and biases with the batch norm in them."""
        w = self.tensor(weight, shape)
        b = self.tensor(bias, [shape[0]]) if bias else numpy.zeros(shape[0])
        if norm:
            gamma, beta = self.tensor(norm + ".weight", [shape[0]]), self.tensor(norm + ".bias", [shape[0]])
            mean, variance = self.tensor(norm + ".running_mean", [shape[0]]), self.tensor(norm + ".running_var", [shape[0]])
            factor = gamma / numpy.sqrt(variance + 1e-5)
            w, b = w * factor.reshape(-1, *[1] * (len(shape) - 1)), beta + (b - mean) * factor
        return w, b

    def sum(self, name, terms, kind, activation="linear", adds=None, limits=None, zeropad=None, linear=False):
        """A sum of convolutions. A term: dict(reads, weight, out, kernel, and perhaps bias, norm, stride, pad, dilation,
        groups)."""
        sums, exact, bias, weights = [], 0, 0, []
        for term in terms:
            x = term["reads"]
            groups, kernel = term.get("groups", 1), term["kernel"]
            shape = [term["out"], self.shape[x][0] // groups, *kernel]
            if linear:
                shape = [term["out"], int(numpy.prod(self.shape[x]))]
            w, b = self.folded(term["weight"], shape, term.get("bias"), term.get("norm"))
            w = w.reshape(term["out"], -1, *kernel)
            options = dict(
                stride=term.get("stride", (1, 1)), pad=term.get("pad", (0, 0, 0, 0)), dilation=term.get("dilation", 1),
                groups=groups)  # fmt: skip
            exact = exact + conv(self.exact[x], w, **options) + b.reshape(-1, 1, 1)
            weights.append((w, x, options))
            bias = bias + b
        residual = 0
        if adds:
            residual = self.exact[adds]
            if zeropad:
                residual = self.padded(residual, exact.shape, *zeropad)
            exact = exact + residual
        if activation == "relu":
            exact = numpy.maximum(exact, 0)
        if activation == "relu6":
            exact = numpy.clip(exact, 0, 6)
        size = f"{exact.shape[1]}x{exact.shape[2]}"
        lines = []
        for index, term in enumerate(terms):
            x = term["reads"]
            head = f"conv {term['kernel'][0]}x{term['kernel'][1]}, {self.shape[x][0]} to {term['out']}, {size}"
            if linear:
                head = f"linear, {self.shape[x][0]} to {term['out']}, 1x1"
            words = [head] if index == 0 else [f"and {term['kernel'][0]}x{term['kernel'][1]}", f"from {self.shape[x][0]}"]
            if "stride" in term:
                words.append(f"stride {term['stride'][0]}x{term['stride'][1]}")
            if "pad" in term:
                words.append("pad " + " ".join(str(side) for side in term["pad"]))
            for word in ["dilation", "groups", "bias", "norm"]:
                if word in term:
                    words.append(f"{word} {term[word]}")
            words.append(f"weight {term['weight']}")
            if index == 0:
                words.append("reads " + " ".join(t["reads"] for t in terms))
            lines.append(words)
        tail = [] if activation == "linear" else [activation]
        if adds:
            tail.append(f"adds {adds}" + (f" stride {zeropad[0]} from {zeropad[1]}" if zeropad else ""))
        text = ", ".join(lines[0] + tail + [word for line in lines[1:] for word in line])
        self.enter(name, text, kind, exact, limits=limits)

        # The integers.
        steps = [numpy.abs(w).reshape(len(w), -1).max(axis=1) / 127 for w, _, _ in weights]
        units = [numpy.float64(self.scale[x]) * step for step, (_, x, _) in zip(steps, weights)]
        if len(units) > 1:
            # The ratio is at most 8.
            other = numpy.float64(self.scale[weights[1][1]])
            steps[1] = numpy.maximum(steps[1], units[0] / (8 * other))
            units[1] = other * steps[1]
        acc = numpy.rint(bias / units[0]).astype(F).astype(numpy.int64).reshape(-1, 1, 1)
        numbers = dict(terms=[], bias=acc.ravel().tolist(), ratio=[])
        for index, (w, x, options) in enumerate(weights):
            wq = numpy.clip(numpy.rint(w / steps[index].reshape(-1, 1, 1, 1)), -127, 127).astype(numpy.int64)
            if index == 1:
                ratio = (units[0] / units[1]).astype(F)
                acc = numpy.rint(acc.astype(F) * ratio.reshape(-1, 1, 1)).astype(numpy.int64)
                numbers["ratio"] = bits(ratio)
            products = conv(self.q[x], wq, **dict(options))
            assert numpy.abs(products).max() < 2**31
            acc = acc + products.astype(numpy.int64)
            assert numpy.abs(acc).max() < 2**31
            numbers["terms"].append(wq.ravel().tolist())
        multiplier = (units[-1] / numpy.float64(self.scale[name])).astype(F)
        t = acc.astype(F) * multiplier.reshape(-1, 1, 1)
        if adds:
            r = self.q[adds]
            if zeropad:
                r = self.padded(r, exact.shape, *zeropad)
            t = t + r.astype(F) * F(numpy.float64(self.scale[adds]) / numpy.float64(self.scale[name]))
        numbers["multiplier"] = bits(multiplier)
        self.finish(name, t, kind, activation)
        self.sums[name] = numbers

    @property
    def sums(self):
        return self.__dict__.setdefault("_sums", {})

    @staticmethod
    def padded(x, shape, stride, before):
        result = numpy.zeros(shape, dtype=x.dtype)
        result[before : before + x.shape[0]] = x[:, ::stride, ::stride]
        return result

    def finish(self, name, t, kind, activation="linear"):
        assert t.dtype == F
        if kind == "float32":
            if activation == "relu":
                t = numpy.maximum(t, F(0))
            self.q[name] = t
        else:
            self.q[name] = requantized(t, kind, 0 if activation.startswith("relu") else None)

    def moved(self, name, text, kind, reads, move):
        """What only moves integers."""
        exact = move(*[self.exact[x] for x in reads])
        self.enter(name, text, kind, exact, scale=self.scale[reads[0]], limits=self.ranges[reads[0]])
        self.q[name] = move(*[self.q[x] for x in reads])

    def mean(self, name, text, kind, reads, sums, counts, limits=None):
        """A mean: `sums` adds up what each output sees, `counts` says how many values that is."""
        exact = sums(self.exact[reads].astype(numpy.float64)) / counts
        self.enter(name, text, kind, exact, limits=limits)
        whole = sums(self.q[reads].astype(numpy.float64)).astype(F)
        m = F(numpy.float64(self.scale[reads]) / numpy.float64(self.scale[name]))
        self.finish(name, whole / counts.astype(F) * m, kind)

    def add(self, name, a, b, kind, activation="linear", limits=None):
        exact = self.exact[a] + self.exact[b]
        if activation == "relu":
            exact = numpy.maximum(exact, 0)
        shape = exact.shape
        tail = "" if activation == "linear" else f", {activation}"
        self.enter(name, f"add, {shape[0]}, {shape[1]}x{shape[2]}{tail}, reads {a} {b}", kind, exact, limits=limits)
        out = numpy.float64(self.scale[name])
        parts = [self.q[x].astype(F) * F(numpy.float64(self.scale[x]) / out) for x in (a, b)]
        self.finish(name, parts[0] + parts[1], kind, activation)

    def text(self, word, reads, tail=""):
        shape = self.shape[reads[0]]
        return f"{word}, {shape[0]}, {shape[1]}x{shape[2]}{tail}, reads {' '.join(reads)}"

    def factor(self, a, name):
        return F(numpy.float64(self.scale[a]) / numpy.float64(self.scale[name]))

    def quantize(self, reads, kind):
        """The range is noted under the name of the value of floats."""
        name = reads + ".whole"
        self.enter(name, self.text("quantize", [reads]), kind, self.exact[reads])
        self.ranges[reads] = self.ranges.pop(name)
        self.finish(name, self.q[reads] * self.factor(reads, name), kind)

    def dequantize(self, reads):
        name = reads + ".floats"
        self.enter(name, self.text("dequantize", [reads]), "float32", self.exact[reads])
        self.finish(name, self.q[reads].astype(F) * self.factor(reads, name), "float32")

    def multiply(self, name, a, b, kind, activation="linear"):
        exact = self.exact[a] * self.exact[b]
        if activation == "relu":
            exact = numpy.maximum(exact, 0)
        tail = "" if activation == "linear" else f", {activation}"
        self.enter(name, self.text("multiply", [a, b], tail), kind, exact)
        self.finish(name, self.q[a].astype(F) * self.factor(a, name) * self.q[b], kind, activation)

    def batch_norm(self, name, reads, path, kind):
        channels = self.shape[reads][0]
        gamma, beta, mean, variance = [
            self.tensor(f"{path}.{part}", [channels]).reshape(-1, 1, 1)
            for part in ["weight", "bias", "running_mean", "running_var"]
        ]
        factor = gamma / numpy.sqrt(variance + 1e-5)
        addend = beta - mean * factor
        exact = numpy.maximum(self.exact[reads] * factor + addend, 0)
        self.enter(name, self.text("batchnorm", [reads], ", relu") + f", norm {path}", kind, exact)
        step = numpy.float64(self.scale[name])
        t = self.q[reads] * (factor / step).astype(F) + (addend / step).astype(F)
        self.finish(name, t, kind, "relu")

    def json(self):
        values = {}
        for name in self.order:
            q = self.q[name]
            values[name] = bits(q) if q.dtype == F else q.ravel().tolist()
            if q.dtype != F:
                low, high = LIMITS[self.numbers[name]]
                inside = ((q > low) & (q < high)).mean()
                print(f"  {name}: {inside:.2f} inside, {len(numpy.unique(q))} values")
        return dict(
            name=self.name, seed=self.seed, table="\n".join(self.lines), numbers=[self.numbers[n] for n in self.order],
            ranges=self.ranges, values=values, sums=self.sums)  # fmt: skip


def bits(values):
    return numpy.asarray(values, dtype=F).ravel().view(numpy.uint32).tolist()


def window(x, kernel, stride, pad, reduce, filler):
    """Of each place of a window what `reduce` makes of it."""
    x = numpy.pad(x.astype(numpy.float64), ((0, 0), (pad, pad), (pad, pad)), constant_values=filler)
    rows = (x.shape[1] - kernel) // stride + 1
    columns = (x.shape[2] - kernel) // stride + 1
    places = [
        [reduce(x[:, r * stride : r * stride + kernel, c * stride : c * stride + kernel]) for c in range(columns)]
        for r in range(rows)
    ]
    return numpy.moveaxis(numpy.array(places), 2, 0)


def plain():
    case = Case("signed and unsigned inputs, groups, windows", (3, 9, 8), 1)
    case.sum(
        "stem",
        [dict(reads="input", weight="stem.weight", out=8, kernel=(3, 5), norm="bn", stride=(2, 1), pad=(1, 2, 1, 2))],
        "uint8", "relu")  # fmt: skip
    case.sum("signed", [dict(reads="stem", weight="a.weight", out=6, kernel=(1, 1), bias="a.bias")], "int8")
    case.sum(
        "wide",
        [dict(reads="signed", weight="b.weight", out=8, kernel=(3, 3), pad=(0, 1, 2, 1), dilation=2, groups=2)],
        "uint8", "relu")  # fmt: skip
    case.sum(
        "depth",
        [dict(reads="wide", weight="c.weight", out=8, kernel=(3, 3), pad=(1, 1, 1, 1), groups=8, norm="d", stride=(1, 2))],
        "uint8", "relu6")  # fmt: skip
    case.sum("six", [dict(reads="depth", weight="e.weight", out=5, kernel=(1, 1))], "float32", "relu")
    case.sum(
        "fc", [dict(reads="depth", weight="fc.weight", out=4, kernel=case.shape["depth"][1:], bias="fc.bias", norm="fn")],
        "int8", linear=True)  # fmt: skip
    case.moved(
        "twice", f"concat, 16, {case.shape['depth'][1]}x{case.shape['depth'][2]}, reads depth depth", "uint8",
        ["depth", "depth"], lambda a, b: numpy.concatenate([a, b]))  # fmt: skip
    return case


def residuals():
    case = Case("two terms and residuals", (4, 6, 6), 2)
    case.sum("first", [dict(reads="input", weight="f.weight", out=8, kernel=(3, 3), pad=(1, 1, 1, 1))], "uint8", "relu")
    case.sum("inner", [dict(reads="first", weight="g.weight", out=8, kernel=(1, 1), norm="gn")], "int8")
    case.sum(
        "both",
        [
            dict(reads="inner", weight="h.weight", out=8, kernel=(3, 3), norm="hn", pad=(1, 1, 1, 1), stride=(2, 2)),
            dict(reads="first", weight="i.weight", out=8, kernel=(1, 1), norm="in", stride=(2, 2)),
        ],
        "uint8", "relu")  # fmt: skip
    case.sum(
        "same", [dict(reads="both", weight="j.weight", out=8, kernel=(3, 3), pad=(1, 1, 1, 1), bias="j.bias")],
        "uint8", "relu", adds="both")  # fmt: skip
    case.sum("signed", [dict(reads="same", weight="k.weight", out=8, kernel=(1, 1))], "int8", adds="both")
    case.sum(
        "placed", [dict(reads="first", weight="l.weight", out=12, kernel=(2, 2), stride=(3, 3))], "uint8", "relu",
        adds="first", zeropad=(3, 2))  # fmt: skip
    case.sum("floats", [dict(reads="signed", weight="m.weight", out=8, kernel=(1, 1))], "float32", adds="same")
    return case


def steep():
    """The second term's steps are far smaller than the first's, so that their ratio is held to 8."""
    case = Case("a ratio of 8", (2, 4, 4), 3)
    case.sum("tiny", [dict(reads="input", weight="n.weight", out=4, kernel=(1, 1))], "int8", limits=(-0.01, 0.01))
    case.sum("large", [dict(reads="input", weight="o.weight", out=4, kernel=(1, 1))], "int8")
    case.sum(
        "both",
        [
            dict(reads="large", weight="p.weight", out=6, kernel=(1, 1), bias="p.bias"),
            dict(reads="tiny", weight="q.weight", out=6, kernel=(1, 1)),
        ],
        "int8")  # fmt: skip
    return case


def pools():
    case = Case("pools and sums", (3, 7, 7), 4)
    case.sum("a", [dict(reads="input", weight="r.weight", out=4, kernel=(1, 1))], "uint8", "relu", limits=(0, 2))
    case.sum("b", [dict(reads="input", weight="s.weight", out=4, kernel=(1, 1))], "int8", limits=(-2, 2))
    # The same scale at both ends and an even count: ties.
    case.mean(
        "even", "avgpool 2x2, 4, 3x3, stride 2, reads a", "uint8", "a",
        lambda x: window(x, 2, 2, 0, lambda w: w.sum(axis=(1, 2)), 0), numpy.float64(4), limits=(0, 2))  # fmt: skip
    ones = numpy.ones((4, 7, 7))
    case.mean(
        "clipped", "avgpool 3x3, 4, 4x4, stride 2, pad 1, reads b", "int8", "b",
        lambda x: window(x, 3, 2, 1, lambda w: w.sum(axis=(1, 2)), 0),
        window(ones, 3, 2, 1, lambda w: w.sum(axis=(1, 2)), 0))  # fmt: skip
    case.mean(
        "counted", "avgpool 3x3, 4, 4x4, stride 2, pad 1, counted, reads b", "int8", "b",
        lambda x: window(x, 3, 2, 1, lambda w: w.sum(axis=(1, 2)), 0), numpy.float64(9))  # fmt: skip
    case.moved(
        "largest", "maxpool 3x3, 4, 4x4, stride 2, pad 1, reads b", "int8", ["b"],
        lambda x: window(x, 3, 2, 1, lambda w: w.max(axis=(1, 2)), -1e9).astype(x.dtype))  # fmt: skip
    case.mean(
        "bins", "avgpool-to 2x3, 4, 2x3, reads a", "uint8", "a",
        lambda x: torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(x)[None], (2, 3))[0].numpy() * bin_counts(),
        bin_counts())  # fmt: skip
    case.mean(
        "all", "globalavgpool, 4, 1x1, reads b", "int8", "b", lambda x: x.sum(axis=(1, 2), keepdims=True),
        numpy.float64(49))  # fmt: skip
    case.mean(
        "logits", "globalavgpool, 4, 1x1, reads a", "float32", "a", lambda x: x.sum(axis=(1, 2), keepdims=True),
        numpy.float64(49))  # fmt: skip
    # Half of each: ties wherever the sum is odd.
    case.add("halves", "a", "a", "uint8", limits=(0, 8))
    case.add("sum", "a", "b", "uint8", "relu")
    case.add("signs", "b", "a", "int8")
    case.add("plain", "b", "b", "float32", "relu")
    return case


def conversions():
    case = Case("floats between whole numbers", (3, 6, 5), 5)
    case.sum("a", [dict(reads="input", weight="t.weight", out=8, kernel=(1, 1), bias="t.bias")], "float32")
    case.quantize("a", "int8")
    case.sum("b", [dict(reads="a.whole", weight="u.weight", out=8, kernel=(3, 3), pad=(1, 1, 1, 1))], "uint8", "relu")
    case.dequantize("b")
    case.sum("gate", [dict(reads="input", weight="v.weight", out=8, kernel=(6, 5))], "float32")
    case.multiply("whole", "b", "gate", "int8")
    case.multiply("made", "b.floats", "gate", "uint8", "relu")
    case.multiply("floats", "b", "gate", "float32")
    case.batch_norm("norm", "a", "w", "uint8")
    case.add("mixed", "norm", "a", "int8")
    case.add("left", "a", "norm", "float32")
    case.add("new", "a", "floats", "uint8", "relu")
    case.sum(
        "residual", [dict(reads="norm", weight="x.weight", out=8, kernel=(1, 1))], "uint8", "relu", adds="floats")
    return case


def bin_counts():
    rows = [(i * 7 // 2, -(-(i + 1) * 7 // 2)) for i in range(2)]
    columns = [(i * 7 // 3, -(-(i + 1) * 7 // 3)) for i in range(3)]
    return numpy.array([[(b - a) * (d - c) for c, d in columns] for a, b in rows], dtype=numpy.float64)[None]


def main():
    torch.manual_seed(0)
    cases = []
    for make in [plain, residuals, steep, pools, conversions]:
        case = make()
        print(case.name)
        cases.append(case.json())
    OUTPUT.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
