"""Packed weights as C wants them: bytes at a multiple of 64 that stay where they are and are only read."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ._errors import ErrorCode
from ._library import error, isa_runs
from ._network import ALIGNMENT, INSTRUCTION_SETS, SOURCE

if TYPE_CHECKING:
    from typing_extensions import Buffer

    Weights: TypeAlias = str | os.PathLike[str] | Buffer | NDArray[np.uint8]


def aligned(count: int) -> NDArray[np.uint8]:
    """Memory at a multiple of `ALIGNMENT` bytes, zeroed."""
    memory = np.zeros(count + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + count]


def weights_bytes(weights: Weights) -> NDArray[np.uint8]:
    """A file, mapped; or a buffer, copied only if it lies at no multiple of `ALIGNMENT`."""
    if isinstance(weights, (str, os.PathLike)):
        return _mapped(weights)
    try:
        view = memoryview(weights.data if isinstance(weights, np.ndarray) else weights)
    except TypeError:
        kind = type(weights).__name__
        raise TypeError(f"weights are a path, or bytes of a packed file, not {kind}") from None
    if not view.c_contiguous:
        raise ValueError("the bytes of the weights do not lie one after another: pass bytes(weights)")
    if view.nbytes == 0:
        raise error(ErrorCode.NOT_PACKED)
    array = np.frombuffer(view, np.uint8)
    if array.ctypes.data % ALIGNMENT == 0:
        return array
    copy = aligned(array.size)
    copy[:] = array
    return copy


def _mapped(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    with open(path, "rb") as file:
        # What cannot be mapped.
        if os.fstat(file.fileno()).st_size == 0:
            raise error(ErrorCode.NOT_PACKED)
        return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)


def isa_index(isa: str) -> int:
    """The number of an instruction set."""
    if isa not in INSTRUCTION_SETS:
        names = ", ".join(INSTRUCTION_SETS)
        raise ValueError(f"there is no instruction set {isa!r} in this build; it has {names}")
    return INSTRUCTION_SETS.index(isa)


def shipped_weights(isa: str | None) -> Path:
    """The file in this wheel for the best instruction set that runs here, or for the one that is named."""
    folder = Path(__file__).parent
    shipped = [name for name in INSTRUCTION_SETS if (folder / f"net.{name}.packed").exists()]
    if not shipped:
        raise FileNotFoundError(
            "this wheel was built without weights: pass the file that "
            f"'resnetc {SOURCE} --language c --weights CHECKPOINT' packs"
        )
    wanted = [name for name in shipped if (isa_runs(isa_index(name)) if isa is None else name == isa)]
    if not wanted:
        names = ", ".join(shipped)
        raise FileNotFoundError(f"this wheel has weights for {names}, not for {isa or 'what runs here'}")
    return folder / f"net.{wanted[0]}.packed"
