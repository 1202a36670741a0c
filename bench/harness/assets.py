"""What the engines read: weights, ONNX files, ncnn's translation, and the input. Made once for each network; a change
of the network, of the exporter or of the weights makes them anew.
"""

import dataclasses
import functools
import pathlib
import shutil
import sys
import sysconfig

import numpy as np

from . import weights
from .export import Exporter, Shortcut
from .network import Network
from .paths import CACHE, HARNESS, digest, folder
from .problem import Problem, gist, run


@dataclasses.dataclass(frozen=True)
class Assets:
    network: Network

    @functools.cached_property
    def home(self) -> pathlib.Path:
        """Found once: a run goes on with what it began with, even while somebody edits these files."""
        makers = [(HARNESS / name).read_bytes() for name in ("assets.py", "export.py", "network.py", "weights.py")]
        return CACHE / "models" / f"{self.network.name}-{digest(self.network.text, *makers)}"

    @property
    def weights(self) -> pathlib.Path:
        return self.home / "weights.safetensors"

    def input(self, batch: int) -> pathlib.Path:
        """Raw float32, `batch` images."""
        return self.home / f"input-batch{batch}.f32"

    def onnx(self, batch: int) -> pathlib.Path:
        return self.home / f"model-batch{batch}.onnx"

    def model(self, peer: str, batch: int) -> pathlib.Path:
        """What an engine loads."""
        return self.ncnn if peer == "ncnn" else self.onnx(batch)

    @property
    def ncnn(self) -> pathlib.Path:
        """The stem of ncnn's two files; it takes one image at a time."""
        return self.home / "ncnn" / "model.ncnn"

    def make(self, batches: list[int], peers: list[str]) -> dict[str, str]:
        """Makes what is missing. Returns why a peer cannot take part, by peer."""
        if not self.home.exists():
            for old in (CACHE / "models").glob(f"{self.network.name}-????????"):
                shutil.rmtree(old)
        folder(self.home)
        if not self.weights.exists():
            weights.make(self.network, self.weights)
        for batch in batches:
            self.make_batch(batch)
        if "ncnn" not in peers:
            return {}
        try:
            self.translate()
        except Problem as problem:
            return {"ncnn": f"pnnx cannot translate it: {gist(problem)}"}
        return {}

    def make_batch(self, batch: int) -> None:
        if not self.input(batch).exists():
            weights.images(self.network, batch).astype("<f4").tofile(self.input(batch))
        if not self.onnx(batch).exists():
            Exporter(self.network, weights.load(self.weights), batch).save(self.onnx(batch))

    def translate(self) -> None:
        """pnnx, in 32-bit floats. It leaves a dozen files beside its input, so it has a folder of its own."""
        param = self.ncnn.with_suffix(".ncnn.param")
        if param.exists():
            return
        work = self.home / "ncnn.partial"
        shutil.rmtree(work, ignore_errors=True)
        folder(work)
        Exporter(self.network, weights.load(self.weights), 1, shortcut=Shortcut.POOL_AND_PAD).save(work / "model.onnx")
        shape = ",".join(map(str, (1, *self.network.input_shape)))
        run([pnnx(), "model.onnx", f"inputshape=[{shape}]", "fp16=0"], cwd=work)
        if not (work / "model.ncnn.param").exists():
            raise Problem("it wrote nothing for ncnn")
        for path in work.iterdir():
            if path.name not in ("model.ncnn.param", "model.ncnn.bin"):
                path.unlink() if path.is_file() else shutil.rmtree(path)
        work.replace(self.home / "ncnn")


def pnnx() -> str:
    """Beside this Python, or wherever the shell finds it."""
    scripts = sysconfig.get_path("scripts")
    found = shutil.which("pnnx", path=scripts) or shutil.which("pnnx")
    if not found:
        raise Problem(f"pnnx is missing: {sys.executable} -m pip install -r bench/requirements.txt")
    return found


def read(path: pathlib.Path, batch: int) -> np.ndarray:
    """A row of floats for each image."""
    return np.fromfile(path, "<f4").reshape(batch, -1)


def difference(network: Network, theirs: np.ndarray, ours: np.ndarray) -> float:
    """As a part of the largest number of each output, the worst of them."""
    ends = np.cumsum(network.output_sizes)[:-1]
    parts = zip(np.split(theirs, ends, 1), np.split(ours, ends, 1))
    return max(float(np.abs(their - our).max() / np.abs(our).max()) for their, our in parts)
