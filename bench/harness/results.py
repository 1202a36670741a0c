"""The raw figures, bench/results.json, and the page made of them, bench/RESULTS.md: machine by machine. A run replaces
the rows that it measured and keeps the others of this machine, as long as they come from the same versions.
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
IDENTITY = ("processor", "cores", "system", "caches")


@dataclasses.dataclass
class Results:
    machine: dict
    versions: dict[str, str]
    rows: list[dict] = dataclasses.field(default_factory=list)
    starts: list[dict] = dataclasses.field(default_factory=list)
    streams: list[dict] = dataclasses.field(default_factory=list)
    # Of other machines, as they stand in the file.
    others: list[dict] = dataclasses.field(default_factory=list)

    @staticmethod
    def open(machine: dict, versions: dict[str, str], fresh: bool) -> "Results":
        """What was measured on this machine before, or nothing if `fresh`. Figures of other versions cannot stand in one
        table with new ones."""
        if not FIGURES.exists():
            return Results(machine, versions)
        try:
            machines = known(json.loads(FIGURES.read_text())["machines"])
        except (ValueError, KeyError) as error:
            raise Problem(f"results.json is damaged ({error!r}); remove it to begin anew") from error
        same = [old for old in machines if all(old["machine"].get(key) == machine[key] for key in IDENTITY)]
        result = Results(machine, versions, others=[old for old in machines if old not in same])
        if fresh or not same:
            return result
        old = same[0]
        changed = [name for name, version in versions.items() if old["versions"].get(name, version) != version]
        if changed:
            raise Problem(f"results.json was measured with other versions of: {', '.join(changed)}. Pass --fresh to "
                          "begin anew on this machine, or --no-record to keep it.")  # fmt: skip
        result.versions = dict(sorted((old["versions"] | versions).items()))
        if machine.get("peak_gflops") is None:
            # Measured where there was a compiler.
            result.machine = machine | {"peak_gflops": old["machine"].get("peak_gflops")}
        if not machine.get("peaks") and old["machine"].get("peaks"):
            result.machine = result.machine | {"peaks": old["machine"]["peaks"]}
        result.rows, result.starts, result.streams = old["rows"], old["starts"], old.get("streams", [])
        return result

    def add(self, row: dict) -> None:
        """Takes the place of the row for the same network, batch, threads, instruction set and choice of algorithms."""
        replace(self.rows, row, ("network", "precision", "batch", "threads", "isa", "tuned"))

    def add_start(self, row: dict) -> None:
        replace(self.starts, row, ("network", "precision", "threads", "isa"))

    def add_stream(self, row: dict) -> None:
        replace(self.streams, row, ("network", "batch", "threads", "isa"))

    def save(self) -> None:
        ours = {key: getattr(self, key) for key in ("machine", "versions", "rows", "starts", "streams")}
        machines = [ours, *self.others]
        write(FIGURES, json.dumps({"machines": machines}, indent=1) + "\n")
        write(PAGE, page.render(machines))


def row(
    network: str, batch: int, threads: int, isa: str, tuned: bool, command: str, timings: dict[str, Timing],
    precision: str = "float32",
) -> dict:
    """One contest, as it stands in results.json."""
    engines = {
        name: {
            key: round(value, 8) if isinstance(value, float) else value
            for key, value in dataclasses.asdict(timing).items()
            if value not in (None, [])
        }
        for name, timing in timings.items()
    }
    return {
        "network": network, "precision": precision, "batch": batch, "threads": threads, "isa": isa, "tuned": tuned, "command": command,
        "engines": engines,
    }  # fmt: skip


def known(machines: list[dict]) -> list[dict]:
    """Rows from before there was more than one number type say nothing of theirs."""
    for entry in machines:
        for kind in ("rows", "starts"):
            entry[kind] = [{"network": row["network"], "precision": "float32"} | row for row in entry[kind]]
    return machines


def replace(rows: list[dict], new: dict, keys: tuple[str, ...]) -> None:
    rows[:] = [old for old in rows if any(old.get(key) != new.get(key) for key in keys)] + [new]


def write(path: pathlib.Path, text: str) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    partial.replace(path)
