#!/usr/bin/env python3
"""Writes what small int8 networks with Winograd layers give, for QuantizedWinogradTests.swift:
Tests/RuntimeTests/Fixtures/quantized_winograd.json.

The arithmetic is docs/quantization.md's, said again here by NumPy alone: tiles and filters by its matrix products, whole
sums in 64 bits, all else in float32, which rounds each product and each sum.

Run with PyTorch (quantized_answers.py wants it):

    python scripts/quantized_winograd.py
"""

import json

import numpy

import quantized_answers
from quantized_answers import LIMITS, Case, F, conv

OUTPUT = quantized_answers.OUTPUT.parent / "quantized_winograd.json"

B = numpy.array([
    [4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1]])  # fmt: skip
G = numpy.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]], dtype=numpy.float64)


def three(a, x, axis):
    """Sums of three products along an axis, from left to right."""
    x = numpy.moveaxis(x, axis, 0)
    rows = [(a[i, 0] * x[0] + a[i, 1] * x[1]) + a[i, 2] * x[2] for i in range(6)]
    return numpy.moveaxis(numpy.array(rows), 0, axis)


def back(x, axis):
    x = numpy.moveaxis(x, axis, 0)
    s, d, t, e = x[1] + x[2], x[1] - x[2], x[3] + x[4], x[3] - x[4]
    rows = [(x[0] + s) + t, d + F(2) * e, s + F(4) * t, (d + x[5]) + F(8) * e]
    return numpy.moveaxis(numpy.array(rows), 0, axis)


class Tiled(Case):
    def tiled(self, name, reads, out, kind, activation="linear", adds=None, norm=None, pad=(1, 1, 1, 1), zeropad=None):
        channels = self.shape[reads][0]
        w, b = self.folded(name + ".weight", [out, channels, 3, 3], None, norm)
        exact = conv(self.exact[reads], w, pad=pad) + b.reshape(-1, 1, 1)
        if adds:
            residual = self.exact[adds]
            exact = exact + (self.padded(residual, exact.shape, *zeropad) if zeropad else residual)
        if activation == "relu":
            exact = numpy.maximum(exact, 0)
        height, width = exact.shape[1:]
        words = [f"conv 3x3, {channels} to {out}, {height}x{width}", "pad " + " ".join(map(str, pad))]
        words += [f"norm {norm}"] if norm else []
        words += [f"weight {name}.weight", f"reads {reads}"]
        words += [activation] if activation != "linear" else []
        if adds:
            words.append(f"adds {adds}" + (f" stride {zeropad[0]} from {zeropad[1]}" if zeropad else ""))
        self.enter(name, ", ".join(words), kind, exact)
        self.__dict__.setdefault("names", []).append(name)

        # Filters.
        low, high = LIMITS[self.numbers[reads]]
        pairs = numpy.einsum("ai,bj->abij", B, B).reshape(36, 36)
        above, below = numpy.maximum(pairs, 0).sum(axis=1), numpy.maximum(-pairs, 0).sum(axis=1)
        highs, lows = above * high - below * low, above * low - below * high
        u = three(G, three(G, w, 2), 3).reshape(out, channels, 36)
        p = q = numpy.zeros((out, 36))
        for channel in range(channels):  # In order, as the packer adds them.
            p = p + numpy.maximum(u[:, channel], 0)
            q = q + numpy.maximum(-u[:, channel], 0)
        room = (2**31 - 1) * (1 - 2.0**-30) - channels * numpy.maximum(highs, -lows) / 2
        step = numpy.maximum(numpy.abs(u).max(axis=1) / 32767, numpy.maximum(p * highs - q * lows, q * highs - p * lows) / room)
        uq = numpy.rint(u / step[:, None]).astype(numpy.int64)
        out_scale = numpy.float64(self.scale[name])
        factor = (step * numpy.float64(self.scale[reads]) / (576 * out_scale)).astype(F)

        # Tiles.
        down, across = -(-height // 4), -(-width // 4)
        x = self.q[reads]
        d = numpy.zeros((channels, 4 * down + 2, 4 * across + 2), dtype=numpy.int64)
        rows, columns = min(x.shape[1], d.shape[1] - pad[0]), min(x.shape[2], d.shape[2] - pad[1])
        # As far as the padded map goes.
        d[:, pad[0] : pad[0] + rows, pad[1] : pad[1] + columns] = x[:, :rows, :columns]
        t = numpy.zeros((out, 4 * down, 4 * across), dtype=F)
        for row in range(down):
            for column in range(across):
                v = B @ d[:, 4 * row : 4 * row + 6, 4 * column : 4 * column + 6] @ B.T
                assert numpy.abs(v).max() < 2**15
                m = numpy.einsum("ock,ck->ok", uq.reshape(out, channels, 36), v.reshape(channels, 36))
                assert numpy.abs(m).max() < 2**31
                z = m.astype(F) * factor
                t[:, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = back(back(z.reshape(out, 6, 6), 1), 2)
        t = t[:, :height, :width] + (b / out_scale).astype(F).reshape(-1, 1, 1)
        if adds:
            r = self.q[adds]
            r = self.padded(r, exact.shape, *zeropad) if zeropad else r
            t = t + r.astype(F) * F(numpy.float64(self.scale[adds]) / out_scale)
        self.finish(name, t, kind, activation)

    def json(self):
        return dict(super().json(), winograd=self.names)


def tiles():
    case = Tiled("tiles, residuals, signs", (3, 9, 11), 6)
    case.sum("stem", [dict(reads="input", weight="s.weight", out=5, kernel=(1, 1))], "uint8", "relu")
    case.tiled("a", "stem", 6, "uint8", "relu", norm="an")
    case.tiled("signed", "a", 7, "int8")
    case.tiled("b", "signed", 7, "uint8", "relu", adds="signed", norm="bn")
    case.tiled("shifted", "b", 7, "uint8", "relu", pad=(2, 0, 0, 2))
    case.tiled("placed", "b", 24, "int8", adds="b", zeropad=(1, 16))
    case.tiled("floats", "placed", 3, "float32", "relu")
    case.tiled("valid", "placed", 4, "uint8", "relu", pad=(0, 0, 0, 0))
    return case


def main():
    case = tiles()
    print(case.name)
    OUTPUT.write_text(json.dumps([case.json()], separators=(",", ":")) + "\n")
    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
