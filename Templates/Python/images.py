"""From a picture to the network's input, by Pillow, as the source's `preprocess` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ._network import (
    CROP,
    FILL,
    FILTER,
    INPUT_SHAPE,
    IS_BGR,
    IS_SQUARED,
    MEAN,
    ORIENTS,
    PIXEL_RANGE,
    RESIZE,
    RESIZE_MODE,
    STD,
)

if TYPE_CHECKING:
    from PIL.Image import Image


def preprocess(image: Image) -> NDArray[np.float32]:
    """A picture as the network was trained to see it: resized, cropped, normalised; bit for bit what the Swift
    package computes.

    Args:
        image: Of any mode and size. What is transparent is not mixed with anything.

    Returns:
        An array of `INPUT_SHAPE`. `np.stack` makes images of several.

    Raises:
        ImportError: Pillow is missing (`pip install 'net[images]'`).
        OSError: The file behind the picture is damaged.
    """
    from PIL import Image as pillow
    from PIL import ImageOps

    if ORIENTS:
        image = ImageOps.exif_transpose(image)
    image = image.convert("RGB").convert("L") if len(MEAN) == 1 else image.convert("RGB")
    color = FILL[0] if len(MEAN) == 1 else tuple(FILL)
    if IS_SQUARED:
        side = max(image.size)
        square = pillow.new(image.mode, (side, side), color)
        square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
        image = square
    size = resized_size(*image.size)
    if size != image.size:
        image = image.resize(size, pillow.Resampling[FILTER])
    # Python's round: halves go to the even neighbour. A side that is too short is padded, the smaller half before it.
    height, width = CROP
    left, top = (
        round((has - crop) / 2) if has >= crop else -((crop - has) // 2)
        for has, crop in zip(image.size, (width, height), strict=True)
    )
    if left < 0 or top < 0:
        padded = pillow.new(image.mode, (max(width, image.width), max(height, image.height)), color)
        padded.paste(image, (max(0, -left), max(0, -top)))
        image, left, top = padded, max(0, left), max(0, top)
    image = image.crop((left, top, left + width, top + height))
    pixels = np.asarray(image).reshape(height, width, len(MEAN)).transpose(2, 0, 1)
    if IS_BGR:
        pixels = pixels[::-1]
    tables = pixel_values()
    planes = [table[plane] for table, plane in zip(tables, pixels, strict=True)]
    return np.stack(planes).reshape(INPUT_SHAPE)


def resized_size(width: int, height: int) -> tuple[int, int]:
    """The size that a picture is resized to: width, height."""
    new_height, new_width = RESIZE
    if RESIZE_MODE == "exactly":
        return new_width, new_height
    if RESIZE_MODE == "short side":
        long = int(new_height * max(width, height) / min(width, height))
        return (new_height, long) if width <= height else (long, new_height)
    ratios = (height / new_height, width / new_width)
    ratio = max(ratios) if RESIZE_MODE == "fit" else min(ratios)
    return max(1, round(width / ratio)), max(1, round(height / ratio))


def pixel_values() -> list[NDArray[np.float32]]:
    """What becomes of each of a pixel's 256 values in each channel, rounded as torchvision does."""
    values = np.arange(256, dtype=np.float32)
    if PIXEL_RANGE == "unit":
        values = values / np.float32(255)
    elif PIXEL_RANGE == "symmetric":
        values = values / np.float32(127.5) - np.float32(1)
    return [(values - np.float32(mean)) / np.float32(std) for mean, std in zip(MEAN, STD, strict=True)]
