"""One engine in a process of its own: loads a model, answers once, then for some seconds as often as it can. Prints one
line of JSON. `contest.py` and `startup.py` start it; nobody else needs to.
"""

import argparse
import ctypes
import json
import pathlib
import resource
import sys
import time

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import peers  # noqa: E402

WARM_UP = 3


def timed(step, seconds: float) -> list[float]:
    """Milliseconds of every call, in ascending order."""
    for _ in range(WARM_UP):
        step()
    times, start = [], time.perf_counter()
    while not times or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        step()
        times.append((time.perf_counter() - before) * 1e3)
    return sorted(times)


def watched(step, library: pathlib.Path) -> dict:
    """How many CPUIDs `hold.c` has answered, and whether a call uses AVX-512's registers on this thread, which takes its
    part in the work; -1 where the processor does not tell."""
    hold = ctypes.CDLL(str(library))
    hold.hold_answers.restype = ctypes.c_long
    hold.hold_forget_wide()
    step()
    return {"wide": hold.hold_wide(), "cpuids": hold.hold_answers()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", choices=peers.ENGINES)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--input", type=pathlib.Path, required=True)
    parser.add_argument("--shape", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--logits", type=pathlib.Path)
    parser.add_argument("--watch", type=pathlib.Path, help="the library of hold.c, to say whether the engine is held")
    arguments = parser.parse_args()

    x = np.fromfile(arguments.input, "<f4").reshape([int(word) for word in arguments.shape.split(",")])
    __import__(peers.DISTRIBUTIONS[arguments.engine])
    imported = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    before = time.perf_counter()
    ready = peers.ENGINES[arguments.engine](arguments.model, x, arguments.threads)
    ready.step()
    logits = np.ascontiguousarray(ready.logits(), "<f4")
    result: dict = {"first_ms": (time.perf_counter() - before) * 1e3, "imported_maxrss": imported}
    if arguments.logits:
        logits.tofile(arguments.logits)
    if arguments.seconds > 0:
        times = timed(ready.step, arguments.seconds)
        result |= {"best_ms": times[0], "median_ms": times[len(times) // 2], "runs": len(times)}
    if arguments.watch:
        result |= watched(ready.step, arguments.watch)
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
