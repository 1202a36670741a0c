"""The C library beside this file, with the types of its functions. ctypes lets go of Python's lock during each call."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

from ._errors import Error, ErrorCode


class OpenModel(ctypes.Structure):
    """`net_model`: weights that were found to fit."""

    _fields_ = [("plan", ctypes.c_void_p), ("weights", ctypes.c_void_p)]


def _load() -> ctypes.CDLL:
    path = Path(__file__).with_name("libnet.dylib" if sys.platform == "darwin" else "libnet.so")
    if not path.exists():
        raise ImportError(f"{path} is missing: this is the source of a wheel, to be built with 'pip install .'")
    loaded = ctypes.CDLL(str(path))
    address, size, number = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    call = [ctypes.POINTER(OpenModel), address, size, address, address, address]
    for name, result, arguments in [
        ("net_error_message", ctypes.c_char_p, [number]),
        ("net_isa_runs", number, [number]),
        ("net_open", number, [ctypes.POINTER(OpenModel), address, size]),
        ("net_check", number, [address, size]),
        ("net_model_isa", number, [ctypes.POINTER(OpenModel)]),
        ("net_run", number, call),
        ("net_team_create", number, [ctypes.POINTER(address), number]),
        ("net_team_destroy", None, [address]),
        ("net_team_run", number, [address, *call]),
    ]:
        function = getattr(loaded, name)
        function.restype = result
        function.argtypes = arguments
    return loaded


LIBRARY = _load()


def error(code: ErrorCode) -> Error:
    """The error of a code, with C's sentence."""
    return Error(code, LIBRARY.net_error_message(code).decode())


def ensure(code: int) -> None:
    """Raises what a function of C answered, unless nothing is wrong."""
    if code != 0:
        raise error(ErrorCode(code))


def isa_runs(index: int) -> bool:
    """Whether this processor runs instruction set `index` of `INSTRUCTION_SETS`."""
    return bool(LIBRARY.net_isa_runs(index))
