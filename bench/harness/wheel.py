"""The generated wheel in a folder of its own, called by a Python process as its users' would. Stands in a contest where the
Swift package stands in others.
"""

import dataclasses
import json
import os
import pathlib
import shutil
import sys

from .network import Network
from .package import RESNETC, Source, contents
from .paths import CACHE, HARNESS, folder
from .problem import run


@dataclasses.dataclass(frozen=True)
class Wheel:
    network: Network
    batch: int

    @property
    def home(self) -> pathlib.Path:
        return CACHE / "wheels" / f"{self.network.name}-batch{self.batch}"

    @property
    def site(self) -> pathlib.Path:
        """Where it is installed, weights included."""
        return self.home / "site"

    def build(self, source: Source, weights: pathlib.Path) -> None:
        """Generates it again, and installs it if that changed anything."""
        package = folder(self.home) / "package"
        words = [*source.arguments, "--batch", self.batch, "--language", "c", "--python", "--no-command"]
        run([RESNETC, *words, "--weights", weights, "-o", package, "-q"])
        stamp, state = self.home / "built", contents(package)
        if self.site.exists() and stamp.exists() and stamp.read_text() == state:
            return
        stamp.unlink(missing_ok=True)
        shutil.rmtree(self.site, ignore_errors=True)
        run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", self.site, package])
        stamp.write_text(state)

    def logits(self, weights: pathlib.Path, given: pathlib.Path, output: pathlib.Path, threads: int, isa: str | None):
        """Writes raw float32 outputs; `weights` lie in the wheel."""
        self.work(given, threads, isa, ["--logits", output], [])

    def bench(self, weights: pathlib.Path, seconds: float, threads: int, isa: str | None, under: list[str]) -> dict:
        given = weights.with_name(f"input-batch{self.batch}.f32")
        return self.work(given, threads, isa, ["--seconds", seconds], under)

    def work(self, given: pathlib.Path, threads: int, isa: str | None, options: list, under: list[str]) -> dict:
        words = [sys.executable, HARNESS / "wheel_worker.py", self.network.command, "--input", given]
        words += ["--threads", threads, *(["--isa", isa] if isa else []), *options]
        environment = os.environ | {"PYTHONPATH": str(self.site), "OMP_NUM_THREADS": str(threads)}
        return json.loads(run([*under, *words], env=environment).splitlines()[-1])
