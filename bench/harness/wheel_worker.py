"""A wheel in a process of its own, timed as `worker.py` times the other engines. `wheel.py` starts it."""

import argparse
import importlib
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness.worker import timed  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module")
    parser.add_argument("--input", type=pathlib.Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--isa")
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--logits", type=pathlib.Path)
    arguments = parser.parse_args()

    wheel = importlib.import_module(arguments.module)
    x = np.fromfile(arguments.input, np.float32).reshape(-1, *wheel.INPUT_SHAPE)
    model = wheel.Model(threads=arguments.threads, isa=arguments.isa)
    # Outputs by name lie one after another in the array that they are parts of.
    shape = wheel.OUTPUT_SHAPE if hasattr(wheel, "OUTPUT_SHAPE") else (sum(map(np.prod, wheel.OUTPUT_SHAPES.values())),)
    out = np.empty((len(x), *shape), np.float32)
    model(x, out=out)
    result: dict = {"isa": model.isa}
    if arguments.logits:
        out.tofile(arguments.logits)
    if arguments.seconds > 0:
        times = timed(lambda: model(x, out=out), arguments.seconds)
        result |= {"best_ms": times[0], "median_ms": times[len(times) // 2], "runs": len(times)}
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
