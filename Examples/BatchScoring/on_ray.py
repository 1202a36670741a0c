"""Scores a folder of JPEG files on Ray Data: `python on_ray.py FOLDER CSV --workers 2`."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np
import ray
from job import arguments, report
from scoring import COLUMNS, scores


class Scorer:
    """An actor for each worker, so that a model is opened once."""

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, Any]:
        rows = scores(zip(map(str, batch["path"]), map(bytes, batch["bytes"]), strict=True))
        return {name: [row[index] for row in rows] for index, name in enumerate(COLUMNS)}


def main() -> None:
    job = arguments(__doc__)
    # Workers find the modules beside this file; on a cluster `working_dir` ships them (README.md).
    here = os.path.dirname(os.path.abspath(__file__))
    # A core more than scores, or whoever reads files waits for one for ever.
    ray.init(num_cpus=job.workers + 1, runtime_env={"env_vars": {"PYTHONPATH": here}}, include_dashboard=False)
    start = time.perf_counter()
    files = ray.data.read_binary_files(
        str(job.folder), include_paths=True, file_extensions=job.kinds, override_num_blocks=4 * job.workers
    )
    pool = ray.data.ActorPoolStrategy(size=job.workers)
    scored = files.map_batches(Scorer, batch_size=64, compute=pool, num_cpus=1)
    rows = [tuple(row[name] for name in COLUMNS) for row in scored.iter_rows()]
    report(job, rows, time.perf_counter() - start)
    ray.shutdown()


if __name__ == "__main__":
    main()
