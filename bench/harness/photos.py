"""A folder of JPEG files such as ImageNet has, the same on every machine that has the same Pillow: leaves of all sizes that
hide one another, which have the edges and the spectrum of photographs, with grain on them. 4:2:0, qualities 75 to 95, and
the sizes that are usual there.
"""

import pathlib
import shutil

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .paths import CACHE, digest, folder

SEED = 14
# Width, height, and how many of twenty pictures have them.
SIZES = [(500, 375, 10), (375, 500, 3), (500, 333, 3), (333, 500, 1), (500, 500, 1), (640, 480, 1), (400, 300, 1)]
QUALITIES = [75, 80, 85, 90, 95]
LEAVES = 900
GRAIN = 9.0


def corpus(count: int) -> pathlib.Path:
    """The folder, made once; who changes this file gets another."""
    home = CACHE / "photos" / f"{count}-{digest(pathlib.Path(__file__).read_bytes())}"
    if home.exists():
        return home
    partial = home.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    folder(partial)
    sizes = [(width, height) for width, height, share in SIZES for _ in range(share)]
    for index in range(count):
        # Steps that share no divisor with the lists: every size comes with every quality.
        picture = photograph(index, *sizes[index * 7 % len(sizes)])
        quality = QUALITIES[index // len(sizes) % len(QUALITIES)]
        picture.save(partial / f"{index:05}.jpg", quality=quality, subsampling="4:2:0")
    partial.replace(home)
    return home


def photograph(index: int, width: int, height: int) -> Image.Image:
    """One picture, by its number alone."""
    random = np.random.default_rng([SEED, index])
    picture = Image.new("RGB", (width, height), tuple(int(part) for part in random.integers(0, 256, 3)))
    draw = ImageDraw.Draw(picture)
    for _ in range(LEAVES):
        # Radii with a density of r^-3, which gives the spectrum of natural scenes.
        radius = 7 / np.sqrt(random.uniform(784 / height**2, 1))
        x, y = random.uniform(0, width), random.uniform(0, height)
        wide, high = radius * random.uniform(0.4, 1), radius * random.uniform(0.4, 1)
        light = random.uniform(20, 235)
        colour = tuple(int(part) for part in np.clip(light + random.normal(0, 25, 3), 0, 255))
        draw.ellipse((x - wide, y - high, x + wide, y + high), colour)
    pixels = np.asarray(picture.filter(ImageFilter.GaussianBlur(0.7)), np.float32)
    grain = random.normal(0, GRAIN, (height, width, 1)) + random.normal(0, GRAIN / 3, (height, width, 3))
    return Image.fromarray(np.clip(np.rint(pixels + grain), 0, 255).astype(np.uint8))
