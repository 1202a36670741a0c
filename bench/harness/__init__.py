"""Times generated packages against inference engines; `bench/run` and `bench/start` are its commands."""

import importlib.util
import sys

# What every run imports; a missing engine is reported by the run that asks for it.
_missing = [name for name in ("numpy", "onnx", "safetensors") if importlib.util.find_spec(name) is None]
if _missing:
    sys.exit(
        f"error: this Python ({sys.executable}) has no {', '.join(_missing)}\n"
        "help: python3 -m venv .venv-bench && .venv-bench/bin/pip install -r bench/requirements.txt,\n"
        "      then run this command with .venv-bench/bin/python"
    )
