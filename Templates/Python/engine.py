"""Images in, numbers out: checks arguments, cuts them into batches, and gives every call memory of its own."""

from __future__ import annotations

import ctypes
import operator
import os
import weakref
from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ._errors import ErrorCode
from ._library import LIBRARY, OpenModel, ensure, error
from ._network import ACTIVATIONS_BYTES, BATCH, INPUT_SHAPE, INSTRUCTION_SETS, OUTPUT_FLOATS, SCRATCH_BYTES
from ._weights import aligned, isa_index, shipped_weights, weights_bytes

if TYPE_CHECKING:
    from ._weights import Weights

Floats: TypeAlias = NDArray[np.float32]


class Engine:
    """A network with weights. Any number of threads may call it at once."""

    def __init__(
        self, weights: Weights | None = None, *, threads: int = 1, isa: str | None = None, check: bool = False
    ) -> None:
        """Opens weights.

        Args:
            weights: A packed file, which is mapped and must not be cut short while in use; or its bytes. Without it
                those of this wheel, for the best instruction set that this processor has.
            threads: How many threads share the work of one call, 1 to 256. Answers do not depend on it.
            isa: An instruction set of `INSTRUCTION_SETS`: of this wheel's weights the one to take, of others the one
                that they must be packed for.
            check: Whether all weights are read and held against their checksum; the header always is.

        Raises:
            Error: The weights are none of this network, are damaged, or do not run on this processor; threads are
                not from 1 to 256, or cannot be started.
            OSError: The file cannot be read, or this wheel has no weights.
            TypeError, ValueError: An argument is of no use as it is.
        """
        threads = operator.index(threads)
        if not 1 <= threads <= 256:
            raise error(ErrorCode.THREADS)
        if isa is not None:
            isa_index(isa)
        self._opened: _Opened | None = _Opened(
            weights_bytes(shipped_weights(isa) if weights is None else weights), threads, check
        )
        if isa is not None and self.isa != isa:
            found = self.isa
            self.close()
            raise ValueError(f"the weights are packed for {found}, not for {isa}")

    @property
    def isa(self) -> str:
        """The instruction set in use."""
        return self._open().isa

    @property
    def threads(self) -> int:
        """How many threads share the work of one call."""
        return self._open().threads

    def _compute(self, images: Floats, out: Floats | None, shape: tuple[int, ...]) -> Floats:
        """Outputs of `shape` for each image, in `out` if there is one."""
        opened = self._open()
        images = _checked_images(images)
        shape = (images.shape[0], *shape)
        if out is None:
            out = np.empty(shape, np.float32)
        else:
            _check_out(out, shape, images)
        opened.run(images, out)
        return out

    def close(self) -> None:
        """Lets go of weights, memory and threads; calls that are under way finish. More than once does nothing."""
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        opened = self._opened
        state = "closed" if opened is None else f"isa={opened.isa!r}, threads={opened.threads}"
        return f"<net.{type(self).__name__} {state}>"

    def _open(self) -> _Opened:
        opened = self._opened
        if opened is None:
            raise ValueError("the model is closed")
        return opened


class _Opened:
    """Weights, and the workspaces that no call uses at the moment."""

    def __init__(self, weights: NDArray[np.uint8], threads: int, whole: bool) -> None:
        self.weights = weights
        self.threads = threads
        self.model = OpenModel()
        ensure(LIBRARY.net_open(self.model, weights.ctypes.data, weights.size))
        if whole:
            ensure(LIBRARY.net_check(weights.ctypes.data, weights.size))
        self.isa: str = INSTRUCTION_SETS[LIBRARY.net_model_isa(self.model)]
        self.is_closed = False
        self.process = os.getpid()
        # Its pops and appends are atomic, so that no lock is held when a process forks.
        self.idle = deque([_Workspace(threads)])

    def run(self, images: Floats, out: Floats) -> None:
        workspace = self._take()
        try:
            source, target = images.ctypes.data, out.ctypes.data
            for start in range(0, images.shape[0], BATCH):
                count = min(BATCH, images.shape[0] - start)
                workspace.run(
                    self.model,
                    source + start * images[0].nbytes,
                    count,
                    target + start * OUTPUT_FLOATS * out.itemsize,
                )
        finally:
            self.idle.append(workspace)
            if self.is_closed:
                self.close()

    def _take(self) -> _Workspace:
        # Threads of a team do not follow into a process that was forked off.
        if self.process != os.getpid():
            self.process = os.getpid()
            self.idle = deque()
        try:
            return self.idle.pop()
        except IndexError:
            return _Workspace(self.threads)

    def close(self) -> None:
        self.is_closed = True
        self.idle.clear()


class _Workspace:
    """Memory for one call at a time, and the team that computes it."""

    def __init__(self, threads: int) -> None:
        self._activations = aligned(ACTIVATIONS_BYTES)
        self._scratch = aligned(threads * SCRATCH_BYTES)
        self._memory = (self._activations.ctypes.data, self._scratch.ctypes.data)
        self._team: int | None = None
        if threads > 1:
            team = ctypes.c_void_p()
            ensure(LIBRARY.net_team_create(ctypes.byref(team), threads))
            self._team = team.value
            # At the end of the process daemon threads may still compute.
            weakref.finalize(self, _destroy, self._team, os.getpid()).atexit = False

    def run(self, model: OpenModel, source: int, images: int, target: int) -> None:
        if self._team is None:
            ensure(LIBRARY.net_run(model, source, images, target, *self._memory))
        else:
            ensure(LIBRARY.net_team_run(self._team, model, source, images, target, *self._memory))


def _destroy(team: int | None, process: int) -> None:
    if process == os.getpid():
        LIBRARY.net_team_destroy(team)


def _checked_images(images: Floats) -> Floats:
    if not isinstance(images, np.ndarray):
        raise TypeError(f"images are a NumPy array of float32, not {type(images).__name__}")
    if images.dtype != np.float32:
        raise TypeError(f"images are {images.dtype}, not float32 in this machine's byte order: use astype(np.float32)")
    if images.ndim == 3 and images.shape == INPUT_SHAPE:
        raise ValueError(f"images of shape {images.shape} lack their number in front: use images[None]")
    if images.ndim != 4 or images.shape[1:] != INPUT_SHAPE:
        wanted = ", ".join(map(str, INPUT_SHAPE))
        raise ValueError(f"images have shape {images.shape}, not (n, {wanted})")
    return np.require(images, requirements=["C_CONTIGUOUS", "ALIGNED"])


def _check_out(out: Floats, shape: tuple[int, ...], images: Floats) -> None:
    if not isinstance(out, np.ndarray) or out.dtype != np.float32:
        found = out.dtype if isinstance(out, np.ndarray) else type(out).__name__
        raise TypeError(f"out is a NumPy array of float32, not {found}")
    if out.shape != shape:
        raise ValueError(f"out has shape {out.shape}, not {shape}")
    if not (out.flags.c_contiguous and out.flags.aligned and out.flags.writeable):
        raise ValueError("out must be C-contiguous, aligned and writeable")
    if np.may_share_memory(out, images):
        raise ValueError("out overlaps the images")
