#!/usr/bin/env python3
"""Prints what ValueHistogramTests.swift knows: where the entropy method ends the ranges of some histograms.

The method is that of the published slides (Migacz, 8-bit inference with TensorRT, GTC 2017), said here in NumPy; beside it
what ONNX Runtime's calibrator makes of the same histograms, which rounds and smooths in its own way and so differs by a few
bins.

    python scripts/calibration_answers.py
"""

import numpy

BINS = 2048


def histograms():
    """Whole numbers, by formulas that any program can repeat."""
    i = numpy.arange(BINS, dtype=numpy.int64)
    yield "hyperbola", 10**12 // (60 + i) ** 2
    yield "cube", (BINS - i) ** 3 // 1000
    yield "gaps", numpy.where(i % 3 == 1, 0, 10**12 // (20 + i) ** 3)
    yield "outlier", numpy.where(i < 300, 5000 - 16 * i, 0) + numpy.where(i == BINS - 1, 40, 0)
    yield "flat", numpy.full(BINS, 7)


def entropy_bins(counts, levels):
    best, divergence = BINS, numpy.inf
    for size in range(levels, BINS + 1):
        p = counts[:size].astype(numpy.float64)
        p[-1] += counts[size:].sum()
        level = numpy.arange(size) * levels // size
        filled = p > 0
        sums = numpy.bincount(level, weights=counts[:size], minlength=levels)
        places = numpy.bincount(level, weights=filled, minlength=levels)
        q = numpy.where(filled, (sums / numpy.maximum(places, 1))[level], 0)
        if q.sum() == 0:
            continue
        p, q = p[filled] / p.sum(), q[filled] / q.sum()
        with numpy.errstate(divide="ignore"):
            found = (p * numpy.log(p / q)).sum()
        if found < divergence:
            best, divergence = size, found
    return best, divergence


def onnxruntime_bins(counts):
    from onnxruntime.quantization.calibrate import HistogramCollector

    collector = HistogramCollector("entropy", True, BINS, 256, 99.99, "same")
    mirrored = numpy.concatenate([counts[::-1], [0], counts])
    edges = numpy.arange(-BINS - 0.5, BINS + 1, 1.0, dtype=numpy.float64)
    low, high = collector.get_entropy_threshold((mirrored, edges, edges[0], edges[-1]), 256)
    return float(high)


def main():
    for name, counts in histograms():
        found = [entropy_bins(counts, levels) for levels in (128, 256)]
        print(name, *[f"{bins} ({divergence:.3e})" for bins, divergence in found], "ONNX Runtime", onnxruntime_bins(counts))


if __name__ == "__main__":
    main()
