"""What the engines read where the network is of whole numbers: QDQ files, our ranges, and images of which float32 is sure."""

import dataclasses
import functools
import pathlib

import numpy as np

from . import quantized, weights
from .assets import Assets, read
from .network import Network
from .package import Source
from .paths import HARNESS, digest, folder
from .problem import Problem

# Of so many images for each that is asked for, the one whose class float32 is surest of: what rounding changes about a
# close race says nothing about an engine.
CANDIDATES = 8
# What whole numbers may be off float32's answers. Seeded weights under batch norms make errors grow from layer to layer, as
# trained ones do not: to 34 % in VGG-19. At half of the answers' length any network would do.
LARGEST_LOSS = 0.4


def assets_for(network: Network, source: Source, precision: str) -> Assets:
    """The files for our number type; in 16-bit floats we alone compute."""
    return IntegerAssets(network, source.layers()) if precision == "int8" else Assets(network)


@dataclasses.dataclass(frozen=True)
class IntegerAssets(Assets):
    """`layers` are those of our plan, as `network.parse_layers` reads them."""

    layers: dict[str, bool]

    @functools.cached_property
    def place(self) -> pathlib.Path:
        makers = [(HARNESS / name).read_bytes() for name in ("integers.py", "quantized.py")]
        return self.home / f"int8-{digest(repr(self.layers), *makers)}"

    @property
    def ranges(self) -> pathlib.Path:
        return self.place / "network.ranges"

    def input(self, batch: int) -> pathlib.Path:
        return self.place / f"input-batch{batch}.f32"

    def model(self, peer: str, batch: int) -> pathlib.Path:
        return self.place / f"model-{'addends' if peer == 'openvino' else 'rounded'}-batch{batch}.onnx"

    def plain(self, batch: int) -> np.ndarray:
        """float32's answers."""
        return read(self.place / f"float32-batch{batch}.f32", batch)

    def literal(self, batch: int) -> np.ndarray:
        """The answers of the QDQ file, computed to the letter."""
        return read(self.place / f"literal-batch{batch}.f32", batch)

    def loss(self, batch: int) -> float:
        """How far those are from float32's, in length."""
        plain = self.plain(batch)
        return float(np.linalg.norm(self.literal(batch) - plain) / np.linalg.norm(plain))

    def make(self, batches: list[int], peers: list[str]) -> dict[str, str]:
        folder(self.home)
        folder(self.place)
        if not self.weights.exists():
            weights.make(self.network, self.weights)
        for batch in batches:
            if not self.model("ort", batch).exists():
                self.make_integers(batch)
            if not self.loss(batch) < LARGEST_LOSS:
                raise Problem(f"whole numbers are off float32 by {self.loss(batch):.0%}: not the same network any more")
        return {}

    def make_integers(self, batch: int) -> None:
        tensors = weights.load(self.weights)
        scheme = quantized.Scheme(self.network, self.layers, quantized.observed(self.network, tensors))
        self.ranges.write_text(scheme.text())
        plain, images = self.sure_images(batch)
        images.tofile(self.input(batch))
        plain.tofile(self.place / f"float32-batch{batch}.f32")
        for peer, rounds in (("openvino", False), ("ort", True)):
            path = self.model(peer, batch)
            exporter = quantized.QuantizedExporter(
                self.network, tensors, batch, scheme=scheme, rounds_addends=rounds)
            partial = path.with_suffix(".made")
            exporter.save(partial)
            if peer == "ort":
                answers = quantized.literal(partial, images)
                answers.astype("<f4").tofile(self.place / f"literal-batch{batch}.f32")
            partial.replace(path)

    def sure_images(self, batch: int) -> tuple[np.ndarray, np.ndarray]:
        """float32's answers, and the images."""
        candidates = weights.images(self.network, CANDIDATES * batch)
        answers = quantized.plain(self.network, weights.load(self.weights), candidates)
        best = np.sort(answers, 1)
        order = np.argsort(best[:, -2] - best[:, -1]) if answers.shape[1] > 1 else np.arange(len(answers))
        chosen = np.sort(order[:batch])
        return answers[chosen].astype("<f4"), candidates[chosen].astype("<f4")
