"""Our side: the generated package, built for release, and its command."""

import dataclasses
import json
import pathlib

from .network import Network, parse, parse_layers
from .paths import CACHE, ROOT, digest, folder
from .problem import Problem, run

RESNETC = ROOT / ".build" / "release" / "resnetc"


def build_compiler() -> None:
    run(["swift", "build", "-c", "release", "--product", "resnetc"], cwd=ROOT)


@dataclasses.dataclass(frozen=True)
class Source:
    """A network to compile: `models/cifar.rn:n=18` is a file and a parameter, `models/table1.rn:50` a variant."""

    path: pathlib.Path
    variant: str | None = None
    settings: tuple[str, ...] = ()

    @staticmethod
    def parse(text: str, variant: str | None, settings: list[str]) -> "Source":
        path, _, choice = text.partition(":")
        if choice and "=" in choice:
            settings = [*settings, choice]
        elif choice:
            variant = choice
        return Source(pathlib.Path(path), variant, tuple(settings))

    @property
    def arguments(self) -> list[str]:
        words = [str(self.path)]
        if self.variant:
            words += ["--variant", self.variant]
        for setting in self.settings:
            words += ["--set", setting]
        return words

    def network(self) -> Network:
        if not self.path.is_file():
            raise Problem(f"there is no file {self.path}")
        return parse(run([RESNETC, *self.arguments, "--stop-after", "lower"]))

    def layers(self) -> dict[str, bool]:
        """What a plan computes, as `parse_layers` says it."""
        return parse_layers(run([RESNETC, *self.arguments, "--dump-ir"]))


@dataclasses.dataclass(frozen=True)
class Package:
    """A generated package for one batch size and number type; if `tuned`, for what `resnetc tune` found with so many
    threads."""

    network: Network
    batch: int
    tuned: int | None = None
    precision: str = "float32"

    @property
    def home(self) -> pathlib.Path:
        tuned = f"-tuned{self.tuned}" if self.tuned else ""
        precision = "" if self.precision == "float32" else f"-{self.precision}"
        return CACHE / "packages" / f"{self.network.name}-batch{self.batch}{precision}{tuned}"

    @property
    def command(self) -> pathlib.Path:
        return self.home / "package" / ".build" / "release" / self.network.command

    def build(self, source: Source) -> None:
        """Generates it again, which is quick, and builds it if that changed anything. What `tune` found stays."""
        package = folder(self.home) / "package"
        words = [*source.arguments, "--batch", self.batch]
        words += [] if self.precision == "float32" else ["--precision", self.precision]
        tuning: list = []
        if self.tuned:
            file = self.home / "choices.tuning"
            if not file.exists():
                run([RESNETC, "tune", *words, "--threads", self.tuned, "-o", file, "-q"])
            tuning = ["--tuning", file]
        run([RESNETC, *words, *tuning, "-o", package, "-q"])
        stamp, state = self.home / "built", contents(package)
        if self.command.exists() and stamp.exists() and stamp.read_text() == state:
            return
        stamp.unlink(missing_ok=True)
        run(["swift", "build", "-c", "release"], cwd=package)
        stamp.write_text(state)

    def options(self, threads: int, isa: str | None) -> list[str]:
        precision = ["--precision", self.precision] if self.precision != "float32" else []
        return ["--threads", str(threads), *precision] + (["--isa", isa] if isa else [])

    def packed(self, weights: pathlib.Path, ranges: pathlib.Path | None, isa: str | None) -> pathlib.Path:
        """A packed file of our number type, written now. `ranges` are int8's."""
        packed = self.home / f"weights-{isa or 'best'}.packed"
        words = [self.command, "pack", "--weights", weights, "-o", packed]
        words += ["--precision", self.precision] if self.precision != "float32" else []
        words += ["--ranges", ranges] if ranges else []
        run([*words, *(["--isa", isa] if isa else [])])
        return packed

    def logits(self, weights: pathlib.Path, given: pathlib.Path, output: pathlib.Path, threads: int, isa: str | None):
        """Writes raw float32 outputs for a file of raw float32 images."""
        words = [self.command, "logits", "--weights", weights, "--input", given, "--output", output]
        run([*words, *self.options(threads, isa)])

    def bench(self, weights: pathlib.Path, seconds: float, threads: int, isa: str | None, under: list[str]) -> dict:
        """`best_ms`, `median_ms`, `isa` and `runs` of repeated calls."""
        words = [self.command, "bench", "--weights", weights, "--seconds", seconds, "--json"]
        return json.loads(run([*under, *words, *self.options(threads, isa)]))


def contents(package: pathlib.Path) -> str:
    """Changes with any file of the package."""
    files = sorted(path for path in package.rglob("*") if path.is_file())
    names = [path.relative_to(package) for path in files]
    sources = [name for name in names if name.parts[0] != ".build"]
    return digest(*(part for name in sources for part in (str(name), (package / name).read_bytes())))
