"""Images a second, from JPEG files to labels: `NAME classify FOLDER` against Pillow and OpenVINO. First the answers have to
be the same; then all ways in which the two can be put together are tried once, and the fastest of them are timed against
ours in turns. Ours is a whole process, from its start to its end; of the peer's what lies before the first file is left out.
"""

import dataclasses
import json
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np

from . import hold
from .assets import Assets
from .package import Package
from .paths import HARNESS
from .problem import Problem, gist, run

WAYS = ["processes", "threads", "queue"]
# How many of the peer's ways take part in all rounds.
FINALISTS = 2
# Of the largest logit: sums in other orders, and pixels that are brought to the network's scale in other steps.
TOLERANCE = 1e-3


@dataclasses.dataclass(frozen=True)
class Stream:
    package: Package
    assets: Assets
    photos: pathlib.Path
    threads: int
    ways: list[str]
    batches: list[int]
    isa: str | None
    rounds: int
    under: tuple[str, ...]
    say: Callable[[str], None]

    @property
    def paths(self) -> list[pathlib.Path]:
        return sorted(self.photos.glob("*.jpg"))

    def measure(self) -> dict:
        """A row of results.json, but for its command. A way of the peer is called `threads, batch 8`."""
        count = len(self.paths)
        with tempfile.TemporaryDirectory() as folder:
            isa = self.isa or self.package.bench(self.assets.weights, 0.1, self.threads, None, [])["isa"]
            weights = pathlib.Path(folder) / "weights.packed"
            run([self.package.command, "pack", "--weights", self.assets.weights, "-o", weights, "--isa", isa])
            ours = [self.package.command, "classify", self.photos, "--weights", weights, "--csv",
                    "--threads", self.threads, "--isa", isa]  # fmt: skip
            scores = self.our_scores(pathlib.Path(folder), isa)
            seconds, failures = self.tried(pathlib.Path(folder), scores)
            order = ["ours", *sorted(seconds, key=seconds.get)[:FINALISTS]]
            times: dict[str, list[float]] = {name: [] for name in order}
            for index in range(self.rounds):
                for name in order if index % 2 == 0 else reversed(order):
                    times[name].append(self.ours(ours) if name == "ours" else self.peer(name))
                    self.say(f"  round {index + 1}  {name:20} {count / times[name][-1]:8.1f} images a second")
        engines = {name: {"best": count / min(all), "median": count / statistics.median(all)} for name, all in times.items()}
        engines |= {name: {"best": count / time} for name, time in seconds.items() if name not in order}
        engines = {name: {key: round(value, 2) for key, value in engine.items()} for name, engine in engines.items()}
        engines |= {name: {"failure": reason} for name, reason in failures.items()}
        network, batch = self.package.network.name, self.package.batch
        return {"network": network, "batch": batch, "threads": self.threads, "isa": isa, "images": count, "engines": engines}

    def bound(self, words: list) -> list:
        """On as many cores as there are threads: a queue behind a decoder would use more."""
        cores = ["taskset", "-c", f"0-{self.threads - 1}"] if shutil.which("taskset") else []
        return [*self.under, *cores, *words]

    def ours(self, words: list) -> float:
        before = time.perf_counter()
        answers = run(self.bound(words))
        seconds = time.perf_counter() - before
        if answers.count(".jpg") < len(self.paths):
            raise Problem("our own run left out images")
        return seconds

    def our_scores(self, folder: pathlib.Path, isa: str) -> np.ndarray:
        """Logits but for a sum that is the same for all classes of an image: logarithms of the probabilities."""
        listing, table = folder / "list.txt", folder / "scores.npy"
        listing.write_text("".join(f"{path} 0\n" for path in self.paths))
        run([self.package.command, "evaluate", "--images", listing, "--weights", self.assets.weights, "--threads",
             self.threads, "--scores", table, "--isa", isa])  # fmt: skip
        scores = np.load(table)
        if not np.isfinite(scores).all():
            raise Problem("our own scores are not numbers")
        return scores

    def tried(self, folder: pathlib.Path, scores: np.ndarray) -> tuple[dict[str, float], dict[str, str]]:
        """Seconds of every way, once, and why some do not count."""
        seconds, failures = {}, {}
        for name in (f"{way}, batch {batch}" for way in self.ways for batch in self.batches):
            table = folder / "theirs.npy"
            try:
                taken = self.peer(name, ["--scores", table])
                apart, same = difference(scores, np.load(table))
            except Problem as problem:
                failures[name] = gist(problem)
                continue
            if apart > TOLERANCE or not same:
                failures[name] = f"other answers than ours, by {apart:.1e} of the largest logit"
                self.say(f"  tried    {name:20} {failures[name]}")
                continue
            seconds[name] = taken
            self.say(f"  tried    {name:20} {len(self.paths) / taken:8.1f} images a second, "
                     f"differs by {apart:.1e} of the largest logit, same labels")  # fmt: skip
        if not seconds:
            raise Problem(f"no way of the peer's counts: {failures}")
        return seconds, failures

    def peer(self, name: str, options: list = []) -> float:
        way, _, batch = name.partition(", batch ")
        words = [sys.executable, HARNESS / "stream_worker.py", way, self.assets.onnx(int(batch)), self.photos]
        words += ["--threads", self.threads, "--batch", batch, *options]
        held = hold.hold("openvino", self.isa)
        environment = os.environ | (held.environment if held else {})
        return json.loads(run(self.bound(words), env=environment).splitlines()[-1])["seconds"]


def difference(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, bool]:
    """The largest difference of logits, as a part of the largest of them, and whether all labels are the same: ours are
    probabilities or logits, theirs logits. What is too small for its probability to be exact is left out.
    """
    logits = theirs.astype(np.float64)
    logits -= logits.max(1, keepdims=True)
    scores = ours.astype(np.float64)
    known = np.ones(scores.shape, bool)
    if (scores >= 0).all() and np.allclose(scores.sum(1), 1, atol=1e-3):
        known = scores > 1e-35
        scores = np.where(known, np.log(np.maximum(scores, 1e-35)), -np.inf)
    scores -= scores.max(1, keepdims=True)
    apart = np.abs(np.subtract(scores, logits, where=known, out=np.zeros(scores.shape))).max() / np.abs(theirs).max()
    first, chosen = np.sort(logits, 1)[:, -2:], scores.argmax(1) == logits.argmax(1)
    # Two classes that are as likely as each other may change places.
    tied = first[:, 1] - first[:, 0] < TOLERANCE * np.abs(theirs).max()
    return float(apart), bool((chosen | tied).all())
