"""What a second worker gains: `python speedup.py FOLDER` scores it on each engine with one worker and with two, in turns.

All tables have to be those of a plain loop, to the byte. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def rate(engine: str, folder: Path, output: Path, workers: int) -> float:
    """Pictures a second, as the program says itself."""
    words = [sys.executable, str(HERE / f"{engine}.py"), str(folder), str(output), "--workers", str(workers)]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return float(json.loads(done.stdout.splitlines()[-1])["pictures_a_second"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="of pictures")
    parser.add_argument("--rounds", type=int, default=2, help="of which the best counts (default: 2)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        plain = Path(place) / "plain.csv"
        print(f"plain loop: {rate('plain', given.folder, plain, 1):.1f} pictures a second", flush=True)
        for engine in ("on_ray", "on_spark"):
            best = {1: 0.0, 2: 0.0}
            for turn in range(given.rounds):
                for workers in (1, 2) if turn % 2 == 0 else (2, 1):
                    output = Path(place) / "engine.csv"
                    best[workers] = max(best[workers], rate(engine, given.folder, output, workers))
                    if output.read_bytes() != plain.read_bytes():
                        sys.exit(f"{engine} with {workers} workers gives other rows than the plain loop")
            print(f"{engine}: {best[1]:.1f} with one worker, {best[2]:.1f} with two: {best[2] / best[1]:.2f} times", flush=True)


if __name__ == "__main__":
    main()
