"""What is done to pictures, whoever hands them out: one function for Ray, for Spark and for a plain loop."""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import cache

import digits20
import numpy as np
import PIL
from PIL import Image

BATCH = 32
"""Pictures that are decoded together: memory for as many inputs, and a network that is called as often."""
Score = tuple[str, int, float, str]
"""The path, the most probable class, its probability; or -1, 0 and what is wrong with the file."""
COLUMNS = ("path", "class", "probability", "error")


@cache
def _model() -> digits20.Model:
    """Opened once in each process; its weights are mapped, so processes of one machine share them."""
    return digits20.Model()


def scores(pictures: Iterable[tuple[str, bytes]]) -> list[Score]:
    """Decodes and classifies. A picture that cannot be read is a row that says why, and stops nothing."""
    results: list[Score] = []
    batch: list[tuple[str, np.ndarray]] = []

    def flush() -> None:
        if not batch:
            return
        images = np.stack([image for _, image in batch])
        for (path, _), found in zip(batch, _model().classify(images, top=1), strict=True):
            results.append((path, found[0].index, found[0].probability, ""))
        batch.clear()

    for path, data in pictures:
        try:
            with Image.open(io.BytesIO(data)) as picture:
                batch.append((path, digits20.preprocess(picture)))
        except PIL.UnidentifiedImageError:
            results.append((path, -1, 0.0, "no picture"))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            results.append((path, -1, 0.0, str(error)))
        if len(batch) == BATCH:
            flush()
    flush()
    return results
