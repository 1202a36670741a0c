"""The same in one process, without an engine, to compare with: `python plain.py FOLDER CSV`."""

from __future__ import annotations

import time

from job import arguments, report
from scoring import scores


def main() -> None:
    job = arguments(__doc__)
    start = time.perf_counter()
    paths = sorted(path for path in job.folder.iterdir() if path.suffix.removeprefix(".") in job.kinds)
    report(job, scores((str(path), path.read_bytes()) for path in paths), time.perf_counter() - start)


if __name__ == "__main__":
    main()
