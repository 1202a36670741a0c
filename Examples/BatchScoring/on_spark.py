"""Scores a folder of JPEG files on Spark: `python on_spark.py FOLDER CSV --workers 2`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from job import arguments, report
from pyspark.sql import SparkSession
from scoring import Score, scores


def part(rows: Iterable[Any]) -> Iterator[Score]:
    """One task: a partition of the files."""
    return iter(scores((row["path"], bytes(row["content"])) for row in rows))


def main() -> None:
    job = arguments(__doc__)
    here = os.path.dirname(os.path.abspath(__file__))
    # Of `local`; on a cluster spark-submit says these (README.md). Progress is drawn by Spark itself.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join([here, os.environ.get("PYTHONPATH", "")])
    session = (
        SparkSession.builder.master(f"local[{job.workers}]")
        .appName("BatchScoring")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "true")
        .getOrCreate()
    )
    start = time.perf_counter()
    pattern = f"*.{{{','.join(job.kinds)}}}"
    files = session.read.format("binaryFile").option("pathGlobFilter", pattern).load(str(job.folder))
    # Small files share partitions of Spark's choice: four a worker, so that none waits long for the last.
    found = files.select("path", "content").repartition(4 * job.workers).rdd.mapPartitions(part).collect()
    report(job, [(row[0].removeprefix("file:"), *row[1:]) for row in found], time.perf_counter() - start)
    session.stop()


if __name__ == "__main__":
    main()
