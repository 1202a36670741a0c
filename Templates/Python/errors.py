"""What the C library says when it refuses something."""

from __future__ import annotations

import enum


class ErrorCode(enum.IntEnum):
    """Why, as `net_error` of the C header."""

    NOT_PACKED = 1
    """The bytes do not begin as packed weights do."""
    SIZE = 2
    """There are fewer bytes, or more, than the header says."""
    BYTE_ORDER = 3
    """Packed on a machine that stores numbers in the other order."""
    FORMAT_VERSION = 4
    """Of a version of the format that this code does not read."""
    HEADER_DAMAGED = 5
    """The header's checksum is wrong."""
    WEIGHTS_DAMAGED = 6
    """The weights' checksum is wrong; only looked at where `check=True`."""
    OTHER_MODEL = 7
    """Packed for another model."""
    OTHER_LAYOUT = 8
    """Packed for a model of this name that was compiled otherwise."""
    ISA = 9
    """Packed for an instruction set that this processor or this build has not."""
    ALIGNMENT = 10
    """An address is no multiple of 64. Python's side never passes one."""
    NULL = 11
    """An address is null. Python's side never passes one."""
    IMAGES = 12
    """The number of images does not fit a batch. Python's side never passes such."""
    THREADS = 13
    """The number of threads is not from 1 to 256."""
    NO_THREAD = 14
    """A thread could not be started."""
    MEMORY = 15
    """There is not enough memory."""


class Error(Exception):
    """A refusal of the C library: wrong or damaged weights, or a resource that the system does not give."""

    code: ErrorCode
    """For programs."""
    message: str
    """For people: a sentence with the way out."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message
