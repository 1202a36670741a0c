"""Writes a folder of JPEG files of handwritten digits, of the size of photographs: `python make_photos.py FOLDER 400`.

They are the pictures of models/digits by turns, enlarged and turned by a little, so that each file is another. With
`--damaged`, one more is cut short and one is no picture.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

DIGITS = Path(__file__).resolve().parents[2] / "models" / "digits"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--damaged", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    digits = [Image.open(path).convert("RGB") for path in sorted(DIGITS.glob("digit*"))]
    for index in range(given.count):
        picture = digits[index % len(digits)].resize((500, 500), Image.Resampling.BICUBIC)
        angle = index // len(digits) % 9 - 4
        picture.rotate(angle, Image.Resampling.BICUBIC).save(given.folder / f"{index:05}.jpg", quality=90)
    if given.damaged:
        first = given.folder / "00000.jpg"
        (given.folder / "cut.jpg").write_bytes(first.read_bytes()[:1000])
        (given.folder / "text.jpg").write_text("no picture")


if __name__ == "__main__":
    main()
