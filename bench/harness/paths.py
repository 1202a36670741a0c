"""Where things lie. Everything that the benchmark makes, but for its results, is in bench/.build and may be deleted."""

import hashlib
import pathlib

HARNESS = pathlib.Path(__file__).resolve().parent
BENCH = HARNESS.parent
ROOT = BENCH.parent
CACHE = BENCH / ".build"


def digest(*parts: bytes | str) -> str:
    """Eight letters that change with any part."""
    hashed = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hashed.update(len(data).to_bytes(8, "little") + data)
    return hashed.hexdigest()[:8]


def folder(path: pathlib.Path) -> pathlib.Path:
    path.mkdir(parents=True, exist_ok=True)
    return path
