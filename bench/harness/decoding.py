"""JPEG decoding alone, on one core: what a generated package reads files with against Pillow, kind by kind, in turns. Each file
counts with its fastest reading of all rounds. Ours is asked by a program of a few lines that uses a package as anyone would.
"""

import dataclasses
import json
import os
import pathlib
import shutil
import sys

from . import photos
from .package import Package, contents
from .paths import CACHE, HARNESS, digest, folder
from .problem import Problem, run

# A title, the sides of a picture, how it is saved, and how many there are.
KINDS = [
    ("500x375 4:2:0", (500, 375), {"subsampling": "4:2:0"}, 20),
    ("500x375 4:2:2", (500, 375), {"subsampling": "4:2:2"}, 20),
    ("500x375 4:4:4", (500, 375), {"subsampling": "4:4:4"}, 20),
    ("500x375 4:2:0 progressive", (500, 375), {"subsampling": "4:2:0", "progressive": True}, 20),
    ("500x375 4:4:4 progressive", (500, 375), {"subsampling": "4:4:4", "progressive": True}, 20),
    ("500x375 grey", (500, 375), {"grey": True}, 20),
    ("1920x1280 4:2:0", (1920, 1280), {"subsampling": "4:2:0"}, 3),
    ("1920x1280 4:4:4 progressive", (1920, 1280), {"subsampling": "4:4:4", "progressive": True}, 3),
]
READERS = ["ours", "load", "convert"]
# What ours may take, as a part of Pillow's time.
TARGET = 1.5

PROGRAM = """\
// Prints the checksum of each file's pixels, and the nanoseconds of its fastest reading.
import {module}

let passes = Int(CommandLine.arguments[1]) ?? 1
let clock = ContinuousClock()
for path in CommandLine.arguments.dropFirst(2) {{
  var best = Duration.seconds(1_000)
  var sum: UInt32 = 0
  for _ in 0..<passes {{
    let begun = clock.now
    let image = try Image(contentsOf: path)
    best = min(best, clock.now - begun)
    sum = image.rgb.reduce(UInt32(1)) {{ ($0 &* 31) &+ UInt32($1) }}
  }}
  print(sum, best.components.attoseconds / 1_000_000_000 + best.components.seconds * 1_000_000_000)
}}
"""
MANIFEST = """\
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Decode", platforms: [.macOS(.v15)], dependencies: [.package(path: "{path}")],
  targets: [.executableTarget(name: "decode", dependencies: [.product(name: "{module}", package: "{package}")])])
"""


@dataclasses.dataclass(frozen=True)
class Decoding:
    package: Package
    rounds: int
    passes: int
    under: tuple[str, ...]

    @property
    def home(self) -> pathlib.Path:
        return CACHE / "decode"

    @property
    def program(self) -> pathlib.Path:
        return self.home / ".build" / "release" / "decode"

    def build(self) -> None:
        source = folder(self.home / "Sources" / "decode") / "main.swift"
        package = self.package.home / "package"
        text = PROGRAM.format(module=self.package.network.name)
        manifest = MANIFEST.format(module=self.package.network.name, path=package, package=package.name)
        stamp, state = self.home / "built", digest(text, manifest, contents(package))
        if self.program.exists() and stamp.exists() and stamp.read_text() == state:
            return
        source.write_text(text)
        (self.home / "Package.swift").write_text(manifest)
        run(["swift", "build", "-c", "release"], cwd=self.home)
        stamp.write_text(state)

    def files(self) -> dict[str, list[pathlib.Path]]:
        home = CACHE / "photos" / f"kinds-{digest(repr(KINDS), (HARNESS / 'photos.py').read_bytes())}"
        if not home.exists():
            partial = home.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            for number, (_, size, how, count) in enumerate(KINDS):
                for index in range(count):
                    picture = photos.photograph(index, *size)
                    options = {key: value for key, value in how.items() if key != "grey"}
                    quality = photos.QUALITIES[index % len(photos.QUALITIES)]
                    picture = picture.convert("L") if "grey" in how else picture
                    picture.save(folder(partial / f"{number}") / f"{index:02}.jpg", quality=quality, **options)
            partial.replace(home)
        return {kind[0]: sorted((home / f"{number}").glob("*.jpg")) for number, kind in enumerate(KINDS)}

    def measure(self) -> dict[str, dict[str, float]]:
        """Milliseconds of a picture, by kind and reader."""
        result = {}
        for title, paths in self.files().items():
            best: dict[str, list[float]] = {}
            sums = {}
            for index in range(self.rounds):
                for reader in READERS if index % 2 == 0 else reversed(READERS):
                    lines = [line.split() for line in self.once(reader, paths).splitlines()]
                    times = [int(time) / 1e6 for _, time in lines]
                    best[reader] = [min(pair) for pair in zip(times, best.get(reader, times))]
                    sums[reader] = [int(sum) for sum, _ in lines]
            if sums["ours"] != sums["convert"]:
                raise Problem(f"the pixels of {title} are not Pillow's")
            result[title] = {reader: sum(times) / len(times) for reader, times in best.items()}
        return result

    def once(self, reader: str, paths: list[pathlib.Path]) -> str:
        core = ["taskset", "-c", "0"] if shutil.which("taskset") else []
        if reader == "ours":
            return run([*self.under, *core, self.program, self.passes, *paths])
        words = [sys.executable, HARNESS / "decode_worker.py", reader, self.passes, *paths]
        return run([*self.under, *core, *words], env=os.environ | {"OMP_NUM_THREADS": "1"})
