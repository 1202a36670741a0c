"""Holds a wheel of Tests/Fixtures/torture/pyramid.rn, which was compiled for batches of three and has several outputs,
against PyTorch.

`python check_pyramid.py WEIGHTS IMAGES EXPECTED`: a packed file, float32 images, PyTorch's float64 outputs.
"""

from __future__ import annotations

import sys
from typing import cast

import numpy as np
import pyramid
from numpy.typing import NDArray

weights, images_file, expected_file = sys.argv[1:]
images = np.fromfile(images_file, np.float32).reshape(-1, *pyramid.INPUT_SHAPE)
count = len(images)
expected = np.fromfile(expected_file, np.float64).reshape(count, -1)

try:
    pyramid.Model()
    raise SystemExit("a wheel without weights opens some")
except FileNotFoundError as error:
    assert "pass the file that 'resnetc pyramid.rn --language c --weights CHECKPOINT' packs" in str(error)
assert pyramid.BATCH == 3
assert list(pyramid.OUTPUT_SHAPES) == ["p2", "p3", "p4"]

for threads in (1, 2):
    model = pyramid.Model(weights, threads=threads)
    # More than a batch, and no whole number of them.
    many = np.concatenate([images] * 4)[: 4 * count - 1]
    outputs = cast(dict[str, NDArray[np.float32]], model(many))
    whole = np.empty((len(many), expected.shape[1]), np.float32)
    parts = cast(dict[str, NDArray[np.float32]], model(many, out=whole))
    start = 0
    for name, shape in pyramid.OUTPUT_SHAPES.items():
        values = outputs[name]
        assert values.shape == (len(many), *shape), values.shape
        assert values.tobytes() == parts[name].tobytes() and np.shares_memory(parts[name], whole)
        flat = values.reshape(len(many), -1)
        wanted = expected[:, start : start + flat.shape[1]]
        start += flat.shape[1]
        for row, image in enumerate(flat):
            own = wanted[row % count]
            worst = np.abs(image - own).max() / np.abs(own).max()
            assert worst < 1e-4, f"{name} of image {row}, {threads} threads: off by {worst} of the largest"
    assert start == expected.shape[1]
    print(f"pyramid, {model.isa}, {threads} threads: {len(many)} images, {len(outputs)} outputs")
