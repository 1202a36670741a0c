"""Pillow reading JPEG files: prints a checksum of each file's pixels, and the nanoseconds of its fastest reading. `load` is
Pillow's decoding alone, `convert` what torchvision's loaders call. `decoding.py` starts it; nobody else needs to.
"""

import sys
import time

import numpy as np
from PIL import Image


def checksum(picture: Image.Image) -> int:
    """1, times 31 plus each byte, as 32 bits."""
    pixels = np.asarray(picture.convert("RGB")).reshape(-1).astype(np.uint32)
    powers = np.ones(len(pixels) + 1, np.uint32)
    np.multiply.accumulate(np.full(len(pixels), 31, np.uint32), out=powers[1:])
    return int((pixels * powers[:-1][::-1]).sum(dtype=np.uint32) + powers[-1]) & 0xFFFFFFFF


def main() -> None:
    reader, passes, *paths = sys.argv[1:]
    for path in paths:
        best = None
        for _ in range(int(passes)):
            before = time.perf_counter_ns()
            with Image.open(path) as opened:
                opened.load()
                if reader == "convert":
                    opened.convert("RGB")
                taken = time.perf_counter_ns() - before
            best = taken if best is None else min(best, taken)
        print(checksum(Image.open(path)), best)


if __name__ == "__main__":
    main()
