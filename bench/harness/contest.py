"""One contest: a network, a batch size, a thread count. First every engine has to give our answers; then they are timed
in turns, one at a time, each in a process of its own, because the threads of most engines spin while they wait.
"""

import dataclasses
import functools
import json
import os
import pathlib
import statistics
import sys
import tempfile
from collections.abc import Callable

import numpy as np

from . import agreement, assets, hold, peers
from .assets import Assets
from .integers import IntegerAssets
from .package import Package
from .paths import HARNESS
from .problem import Problem, gist, run


@dataclasses.dataclass
class Timing:
    """Milliseconds of one engine: the best call of all rounds, the median of the rounds' medians; or why there are
    none. `difference` is from our logits, as `agreement.py` has it."""

    best_ms: float | None = None
    median_ms: float | None = None
    difference: float | None = None
    failure: str | None = None
    # How it was held to the instructions that ours uses, where it had to be.
    held: str | None = None
    rounds: list[tuple[float, float]] = dataclasses.field(default_factory=list)

    def add(self, best: float, median: float) -> None:
        self.rounds.append((round(best, 4), round(median, 4)))
        self.best_ms = min(best for best, _ in self.rounds)
        self.median_ms = statistics.median(median for _, median in self.rounds)


@dataclasses.dataclass(frozen=True)
class Contest:
    package: Package
    assets: Assets
    threads: int
    isa: str | None
    seconds: float
    rounds: int
    under: tuple[str, ...]
    say: Callable[[str], None]

    def hold(self, names: list[str], failures: dict[str, str]) -> tuple[str, dict[str, Timing]]:
        """The instruction set that our kernels used, and the timings by engine, `ours` first."""
        timings = {"ours": Timing()} | {name: Timing(failure=failures.get(name)) for name in names}
        self.hold_back(timings)
        with tempfile.TemporaryDirectory() as folder:
            self.check(pathlib.Path(folder), timings)
        isa = self.isa or ""
        for index in range(self.rounds):
            order = [name for name, timing in timings.items() if timing.failure is None]
            # Every other round backwards: a machine that slows down or speeds up then favours nobody.
            for name in order if index % 2 == 0 else reversed(order):
                try:
                    measured = self.time(name)
                except Problem as problem:
                    if name == "ours":
                        raise
                    timings[name].failure = gist(problem)
                    continue
                timings[name].add(measured["best_ms"], measured["median_ms"])
                isa = measured.get("isa", isa)
                self.say(f"  round {index + 1}  {name:9} best {measured['best_ms']:9.3f} ms  "
                         f"median {measured['median_ms']:9.3f} ms")  # fmt: skip
        return isa, timings

    def hold_back(self, timings: dict[str, Timing]) -> None:
        """Finds out how each engine is held to our instruction set; who cannot be held takes no part."""
        for name, timing in timings.items():
            if name == "ours" or timing.failure:
                continue
            timing.failure = hold.obstacle(name, self.isa)
            if timing.failure:
                self.say(f"  {name:9} {timing.failure}")
            elif held := hold.hold(name, self.isa):
                timing.held = held.how

    def check(self, folder: pathlib.Path, timings: dict[str, Timing]) -> None:
        """Compares all first answers with ours, and says how far they are apart."""
        ours_file = folder / "ours.f32"
        batch = self.package.batch
        self.package.logits(self.weights, self.assets.input(batch), ours_file, self.threads, self.isa)
        ours = assets.read(ours_file, batch)
        largest = float(np.abs(ours).max())
        if not np.isfinite(ours).all() or largest == 0 or ours.std() < 1e-3 * largest:
            raise Problem(f"our own logits are worth nothing: {ours.ravel()[:4]}...")
        if isinstance(self.assets, IntegerAssets):
            own = agreement.in_integers(self.assets, batch, self.assets.literal(batch), ours)
            if own.fault:
                raise Problem(f"our own answers are not those of the QDQ file: {own.text}")
        for name, timing in timings.items():
            if name == "ours" or timing.failure:
                continue
            path = folder / f"{name}.f32"
            try:
                self.work(name, ["--logits", path], [])
                theirs = assets.read(path, batch)
            except (Problem, ValueError) as problem:
                timing.failure = gist(problem)
                self.say(f"  {name:9} fails: {timing.failure}")
                continue
            found = agreement.compare(self.assets, self.package.precision, batch, theirs, ours, name)
            timing.difference = found.apart if np.isfinite(found.apart) else None
            self.say(f"  {name:9} {found.text}")
            if found.fault:
                timing.failure = found.fault

    @functools.cached_property
    def weights(self) -> pathlib.Path:
        """What our side loads: integers are packed once, from the ranges that the others' file is made of."""
        if isinstance(self.assets, IntegerAssets):
            return self.package.packed(self.assets.weights, self.assets.ranges, self.isa)
        return self.assets.weights

    def time(self, name: str) -> dict:
        if name == "ours":
            return self.package.bench(self.weights, self.seconds, self.threads, self.isa, list(self.under))
        return self.work(name, ["--seconds", self.seconds], list(self.under))

    def work(self, name: str, options: list, under: list[str]) -> dict:
        words = worker_command(name, self.assets, self.package.batch, self.threads)
        held = hold.hold(name, self.isa)
        environment = os.environ | peers.environment(self.threads) | (held.environment if held else {})
        watch = ["--watch", hold.library()] if held else []
        seen = json.loads(run([*under, *words, *options, *watch], env=environment).splitlines()[-1])
        if held:
            held.check(seen)
        return seen


def worker_command(name: str, files: Assets, batch: int, threads: int) -> list:
    shape = ",".join(map(str, (batch, *files.network.input_shape)))
    return [
        sys.executable, HARNESS / "worker.py", name, files.model(name, batch), "--input", files.input(batch), "--shape", shape,
        "--threads", threads,
    ]  # fmt: skip
