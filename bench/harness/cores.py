"""A kit: what a machine without a toolchain needs to measure one network at one batch size on all its processors. The
command is linked statically; the weights are as they were drawn, so that it packs them for the processor that it finds.
"""

import dataclasses
import json
import os
import pathlib
import shutil

from . import machine
from .assets import Assets
from .network import Network, parse
from .package import Package, Source
from .paths import BENCH, HARNESS, folder
from .problem import Problem, run


@dataclasses.dataclass(frozen=True)
class Kit(Package, Assets):
    """Package and assets in one folder."""

    folder: pathlib.Path = pathlib.Path()

    @staticmethod
    def open(place: pathlib.Path) -> "Kit":
        facts = json.loads((place / "kit.json").read_text())
        return Kit(network=parse((place / "network.txt").read_text()), batch=facts["batch"], folder=place)

    @property
    def facts(self) -> dict:
        return json.loads((self.folder / "kit.json").read_text())

    @property
    def home(self) -> pathlib.Path:
        return self.folder

    @property
    def command(self) -> pathlib.Path:
        return self.folder / self.network.command

    def input(self, batch: int) -> pathlib.Path:
        return self.folder / "input.f32"

    def onnx(self, batch: int) -> pathlib.Path:
        return self.folder / "model.onnx"

    def efficiency(self, seconds: float, threads: int, isa: str | None) -> float:
        """What the split of our steps allows so many threads, by the times of one."""
        words = [self.command, "bench", "--weights", self.weights, "--seconds", seconds, "--per-layer", "--json"]
        return json.loads(run([*words, *self.options(threads, isa)]))["split"]["efficiency"]


def prepare(source: Source, batch: int, place: pathlib.Path) -> pathlib.Path:
    """Makes a kit beside others in `place`."""
    network: Network = source.network()
    package, assets = Package(network, batch), Assets(network)
    assets.make([batch], [])
    package.build(source)
    home = package.home / "package"
    static = ["swift", "build", "-c", "release", "--product", network.command, "--scratch-path", ".build-static"]
    run([*static, "-Xswiftc", "-static-executable"], cwd=home)
    kit = folder(place / f"{network.name}-batch{batch}")
    shutil.copy2(home / ".build-static" / "release" / network.command, kit / network.command)
    for file, name in ((assets.weights, "weights.safetensors"), (assets.input(batch), "input.f32"),
                       (assets.onnx(batch), "model.onnx")):  # fmt: skip
        shutil.copy2(file, kit / name)
    (kit / "network.txt").write_text(network.text)
    (kit / "kit.json").write_text(json.dumps({"batch": batch, "swift": machine.swift()}) + "\n")
    return kit


def bring_scripts(place: pathlib.Path) -> None:
    """Itself and what it is made of, so that a copied folder is all that the other machine needs."""
    shutil.copy2(BENCH / "cores", place / "cores")
    target = folder(place / "harness")
    for file in HARNESS.glob("*.py"):
        shutil.copy2(file, target / file.name)


def kits(place: pathlib.Path) -> list[Kit]:
    found = sorted(path.parent for path in place.glob("*/kit.json"))
    if not found:
        raise Problem(f"there is nothing to measure in {place}; 'bench/cores prepare' makes it")
    return [Kit.open(path) for path in found]


def thread_counts() -> list[int]:
    """1, 2, 4 and so on, as many as this process may use, and those."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    counts = [1]
    while counts[-1] * 2 < usable:
        counts.append(counts[-1] * 2)
    return counts + [usable] * (usable > 1)
