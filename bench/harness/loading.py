"""How long weights take from a file to the network, on one core, and the memory that this takes at its height: a package
that reads safetensors, and `resnetc convert`, which brings a checkpoint of PyTorch to it. Each time is a whole process's.
"""

import dataclasses
import json
import pathlib
import shutil
import statistics
import sys
import tempfile

import numpy as np

from .assets import Assets
from .package import RESNETC, Package, Source
from .paths import HARNESS
from .problem import Problem, run
from .startup import UNIT
from .weights import load

# The seconds and the megabytes beyond the weights that the project set out to stay below.
SAFETENSORS_SECONDS, CHECKPOINT_SECONDS, MEGABYTES = 0.4, 0.6, 120


@dataclasses.dataclass(frozen=True)
class Loading:
    package: Package
    source: Source
    assets: Assets
    runs: int
    under: tuple[str, ...]

    def measure(self) -> list[dict]:
        """A line for each way: `what`, `seconds` best and median, `peak_mb` and `weights_mb`."""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            checkpoint, converted = folder / "weights.pth", folder / "converted.safetensors"
            packed = folder / "weights.packed"
            run([self.package.command, "pack", "--weights", self.assets.weights, "-o", packed])
            answer = ["--input", self.assets.input(1), "--threads", 1]
            ways = {
                "one answer, from packed weights": self.logits(packed, folder / "packed.f32", answer),
                "one answer, from safetensors": self.logits(self.assets.weights, folder / "safetensors.f32", answer),
            }
            if save_checkpoint(self.assets.weights, checkpoint):
                convert = [RESNETC, "convert", checkpoint, "--model", *self.source.arguments, "-o", converted, "-q"]
                ways["resnetc convert, from .pth"] = convert
                ways["one answer, from what it wrote"] = self.logits(converted, folder / "converted.f32", answer)
            # The first turn warms the page cache and does not count.
            turns = [{what: self.once(words, folder) for what, words in ways.items()} for _ in range(self.runs + 1)]
            answers = [np.fromfile(path, "<f4") for path in sorted(folder.glob("*.f32"))]
            if any(not np.array_equal(other, answers[0]) for other in answers):
                raise Problem("the ways in do not give the same answers")
        weights = self.assets.weights.stat().st_size / 1e6
        return [summary(what, [turn[what] for turn in turns[1:]], weights) for what in ways]

    def logits(self, weights: pathlib.Path, output: pathlib.Path, answer: list) -> list:
        return [self.package.command, "logits", "--weights", weights, "--output", output, *answer]

    def once(self, words: list, folder: pathlib.Path) -> dict:
        core = ["taskset", "-c", "0"] if shutil.which("taskset") else []
        launcher = [*self.under, *core, sys.executable, "-I", "-S", HARNESS / "launch.py", folder / "said"]
        seen = json.loads(run([*launcher, *words]))
        if seen["status"] != 0:
            raise Problem(f"{words[0]} failed with {seen['status']}")
        return {"seconds": seen["ms"] / 1e3, "peak_mb": seen["maxrss"] * UNIT / 1e6}


def save_checkpoint(weights: pathlib.Path, path: pathlib.Path) -> bool:
    """What torch.save makes of the same weights; nothing where PyTorch is not installed."""
    try:
        import torch
    except ImportError:
        return False
    torch.save({name: torch.from_numpy(value) for name, value in load(weights).items()}, path)
    return True


def summary(what: str, turns: list[dict], weights: float) -> dict:
    seconds = [turn["seconds"] for turn in turns]
    peak = max(turn["peak_mb"] for turn in turns)
    return {
        "what": what, "best": min(seconds), "median": statistics.median(seconds), "peak_mb": peak, "weights_mb": weights,
    }  # fmt: skip
