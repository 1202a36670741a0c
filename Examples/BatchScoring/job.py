"""What the programs of this folder are told, and what they tell."""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scoring import COLUMNS, Score


@dataclass(frozen=True)
class Job:
    folder: Path
    output: Path
    workers: int
    kinds: list[str]


def arguments(description: str | None) -> Job:
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="of pictures")
    parser.add_argument("output", type=Path, help="a CSV file")
    parser.add_argument("--workers", type=int, default=1, help="processes, each on a core (default: 1)")
    parser.add_argument("--kinds", default="jpg,jpeg", help="endings of files, with commas (default: jpg,jpeg)")
    given = parser.parse_args()
    return Job(given.folder.resolve(), given.output, given.workers, given.kinds.split(","))


def report(job: Job, rows: Sequence[Score], seconds: float) -> None:
    """Writes rows by their paths, and prints a line of JSON."""
    with job.output.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(sorted(rows))
    bad = sum(1 for row in rows if row[1] < 0)
    line = {"pictures": len(rows), "unreadable": bad, "workers": job.workers, "seconds": round(seconds, 2)}
    print(json.dumps(line | {"pictures_a_second": round(len(rows) / seconds, 1)}), flush=True)
