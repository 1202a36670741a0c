"""Writes safetensors files whose bytes depend on their content alone. A module of the other scripts.

The safetensors package writes `__metadata__` in an order that changes from run to run; here its keys are sorted.
"""

import json
import struct
from pathlib import Path

import torch
from safetensors.torch import save


def write(path: Path, tensors: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    raw = save({name: tensor.contiguous() for name, tensor in tensors.items()}, metadata=metadata)
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    header["__metadata__"] = dict(sorted(metadata.items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    if len(text) > length:
        raise ValueError("the sorted header does not fit the place of the unsorted one")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw[:8] + text.ljust(length) + raw[8 + length :])
    print(f"{path.name}: {len(raw)} bytes")
