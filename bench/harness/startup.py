"""From nothing to the first answer, and the memory that it takes. Ours is a whole process, from its start to its end;
a peer's time is counted inside its process, after Python's imports, from loading the file to the first answer.
"""

import dataclasses
import json
import os
import pathlib
import re
import statistics
import sys
import tempfile

import numpy as np

from . import agreement, assets, hold, peers
from .assets import Assets
from .contest import worker_command
from .integers import IntegerAssets
from .package import Package
from .paths import HARNESS
from .problem import Problem, run

# What `ru_maxrss` counts in.
UNIT = 1 if sys.platform == "darwin" else 1024


@dataclasses.dataclass(frozen=True)
class Start:
    package: Package
    assets: Assets
    threads: int
    isa: str | None
    runs: int
    under: tuple[str, ...]

    def measure(self, names: list[str]) -> dict:
        """A row of results.json, but for its command."""
        isa = self.isa or self.best_isa()
        weights, kind = self.weights(isa)
        with tempfile.TemporaryDirectory() as folder:
            engines = {"ours": self.ours_command(weights, isa, pathlib.Path(folder) / "ours.f32")}
            for name in names:
                answer = ["--logits", pathlib.Path(folder) / f"{name}.f32"]
                engines[name] = [*worker_command(name, self.assets, 1, self.threads), *answer]
            # The first turn warms the page cache and does not count.
            turns = [
                {name: self.once(name, words, pathlib.Path(folder)) for name, words in engines.items()}
                for _ in range(self.runs + 1)
            ]
            self.compare(pathlib.Path(folder), names)
        summary = {name: summarize([turn[name] for turn in turns[1:]]) for name in engines}
        network = self.package.network.name
        return {
            "network": network, "precision": self.package.precision, "threads": self.threads, "isa": isa, "weights": kind,
            "engines": summary,
        }  # fmt: skip

    def best_isa(self) -> str:
        weights = self.assets.weights
        if isinstance(self.assets, IntegerAssets):
            weights = self.package.packed(weights, self.assets.ranges, None)
        return self.package.bench(weights, 0.1, self.threads, None, [])["isa"]

    def weights(self, isa: str) -> tuple[pathlib.Path, str]:
        """The packed file where the package knows how to write one, and what to call it."""
        if not re.search(r"^\s+pack ", run([self.package.command, "help"]), re.MULTILINE):
            return self.assets.weights, "safetensors"
        ranges = self.assets.ranges if isinstance(self.assets, IntegerAssets) else None
        packed = self.package.packed(self.assets.weights, ranges, isa)
        return packed, f"packed weights of {packed.stat().st_size / 1e6:.1f} MB"

    def ours_command(self, weights: pathlib.Path, isa: str, output: pathlib.Path) -> list:
        files = ["--weights", weights, "--input", self.assets.input(1), "--output", output]
        return [self.package.command, "logits", *files, *self.package.options(self.threads, isa)]

    def once(self, name: str, words: list, folder: pathlib.Path) -> dict:
        """Milliseconds and MB of one process."""
        output = folder / f"{name}.stdout"
        environment = dict(os.environ)
        if name != "ours":
            held = hold.hold(name, self.isa)
            environment |= peers.environment(self.threads) | (held.environment if held else {})
        launcher = [*self.under, sys.executable, "-I", "-S", HARNESS / "launch.py", output]
        seen = json.loads(run([*launcher, *words], env=environment))
        if seen["status"] != 0:
            raise Problem(f"{name} failed with {seen['status']}")
        result = {"ms": seen["ms"], "peak_mb": seen["maxrss"] * UNIT / 1e6}
        if name != "ours":
            inside = json.loads(output.read_text().splitlines()[-1])
            result |= {"ms": inside["first_ms"], "imports_mb": inside["imported_maxrss"] * UNIT / 1e6}
        return result

    def compare(self, folder: pathlib.Path, names: list[str]) -> None:
        ours = assets.read(folder / "ours.f32", 1)
        for name in names:
            theirs = assets.read(folder / f"{name}.f32", 1)
            found = agreement.compare(self.assets, self.package.precision, 1, theirs, ours)
            if found.fault:
                raise Problem(f"{name}: {found.fault}")


def summarize(turns: list[dict]) -> dict:
    """Best and median time, and the most memory that any turn took."""
    times = [turn["ms"] for turn in turns]
    result = {"best_ms": min(times), "median_ms": statistics.median(times)}
    for key in ("peak_mb", "imports_mb"):
        if key in turns[0]:
            result[key] = max(turn[key] for turn in turns)
    return {key: round(value, 4) for key, value in result.items()}
