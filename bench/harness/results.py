"""The raw figures, bench/results.json, and the page made of them, bench/RESULTS.md. A run replaces the rows that it
measured and keeps the others, as long as they come from the same machine and the same versions.
"""

import dataclasses
import json
import pathlib

from . import page
from .contest import Timing
from .paths import BENCH
from .problem import Problem

FIGURES = BENCH / "results.json"
PAGE = BENCH / "RESULTS.md"


@dataclasses.dataclass
class Results:
    machine: dict
    versions: dict[str, str]
    rows: list[dict] = dataclasses.field(default_factory=list)
    starts: list[dict] = dataclasses.field(default_factory=list)

    @staticmethod
    def open(machine: dict, versions: dict[str, str], fresh: bool) -> "Results":
        """What was measured before, or nothing if `fresh`. Figures of other engines or of another processor cannot
        stand on one page with new ones."""
        if fresh or not FIGURES.exists():
            return Results(machine, versions)
        try:
            old = json.loads(FIGURES.read_text())
        except ValueError as error:
            raise Problem(f"results.json is damaged ({error}); pass --fresh to begin anew") from error
        changed = [name for name, version in versions.items() if old["versions"].get(name, version) != version]
        if any(old["machine"].get(key) != machine[key] for key in ("processor", "cores", "system")):
            changed.append("the machine")
        if changed:
            raise Problem(f"results.json was measured with other versions of: {', '.join(changed)}. Pass --fresh to "
                          "begin anew, or --no-record to keep it.")  # fmt: skip
        kept = {"rows": old["rows"], "starts": old["starts"]}
        return Results(machine, dict(sorted((old["versions"] | versions).items())), **kept)

    def add(self, row: dict) -> None:
        """Takes the place of the row for the same network, batch, threads and instruction set."""
        replace(self.rows, row, ("network", "batch", "threads", "isa"))

    def add_start(self, row: dict) -> None:
        replace(self.starts, row, ("network", "threads", "isa"))

    def save(self) -> None:
        write(FIGURES, json.dumps(dataclasses.asdict(self), indent=1) + "\n")
        write(PAGE, page.render(self.machine, self.versions, self.rows, self.starts))


def row(network: str, batch: int, threads: int, isa: str, command: str, timings: dict[str, Timing]) -> dict:
    """One contest, as it stands in results.json."""
    engines = {
        name: {
            key: round(value, 8) if isinstance(value, float) else value
            for key, value in dataclasses.asdict(timing).items()
            if value not in (None, [])
        }
        for name, timing in timings.items()
    }
    return {"network": network, "batch": batch, "threads": threads, "isa": isa, "command": command, "engines": engines}


def replace(rows: list[dict], new: dict, keys: tuple[str, ...]) -> None:
    rows[:] = [old for old in rows if any(old[key] != new[key] for key in keys)] + [new]


def write(path: pathlib.Path, text: str) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    partial.replace(path)
