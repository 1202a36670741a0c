"""What torchvision's pipeline for ImageNet does with a file, in Pillow: short side to 256 by the triangle filter, the central
224 x 224.

Pillow could resize only the part of the picture that the network sees (`resize(..., box=)`), and would save a tenth of the
time before the network; but it keeps the box in 32-bit floats, so that every hundredth pixel is another one, and the answers
are then not those of torchvision. Likewise `draft`, which decodes to a smaller picture.
"""

import numpy as np
from PIL import Image

SHORT, CROP = 256, 224
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
STATED = "resize 256 bilinear, crop 224, mean 0.485 0.456 0.406, std 0.229 0.224 0.225"


def decoded(path: str) -> Image.Image:
    picture = Image.open(path)
    # `convert` copies even what is RGB already.
    if picture.mode == "RGB":
        picture.load()
        return picture
    return picture.convert("RGB")


def prepared(path: str) -> np.ndarray:
    """[224, 224, 3] bytes; the network's first layers bring them to its scale."""
    picture = decoded(path)
    width, height = picture.size
    size = (SHORT, SHORT * height // width) if width <= height else (SHORT * width // height, SHORT)
    picture = picture.resize(size, Image.Resampling.BILINEAR)
    left, top = round((size[0] - CROP) / 2), round((size[1] - CROP) / 2)
    return np.asarray(picture.crop((left, top, left + CROP, top + CROP)))
