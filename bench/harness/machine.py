"""What the numbers were measured on: the processor and the versions. No host name, no date, no path."""

import importlib.metadata
import os
import pathlib
import platform
import re
import shutil
import tempfile

from . import peers
from .paths import HARNESS
from .problem import Problem, run

FLAGS = ["avx2", "fma", "avx512f", "avx512vl", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16", "asimd"]


def describe(under: list[str]) -> dict:
    name, flags = processor()
    return {
        "processor": name,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "flags": [flag for flag in FLAGS if flag in flags],
        "caches": caches(),
        "peak_gflops": peak(flags, under),
    }


def versions(names: list[str]) -> dict[str, str]:
    """Of the peers, of what translates for them, of Swift and of Python."""
    packages = [peers.DISTRIBUTIONS[name] for name in names] + (["pnnx"] if "ncnn" in names else []) + ["onnx", "numpy"]
    result = {package: version(package) for package in packages}
    return result | {"swift": swift(), "python": platform.python_version()}


def swift() -> str:
    found = re.search(r"Swift version (\S+)", run(["swift", "--version"]))
    return found[1] if found else "unknown"


def version(package: str) -> str:
    return importlib.metadata.version(package)


def processor() -> tuple[str, set[str]]:
    """Its name and its flags, as the system spells them."""
    info = pathlib.Path("/proc/cpuinfo")
    if info.exists():
        text = info.read_text()
        name = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
        # Names may say no more than "Xeon".
        model = re.search(r"^model\s*:\s*(\d+)$", text, re.MULTILINE)
        flags = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
        title = (name[1] if name else platform.machine()) + (f", model {model[1]}" if model else "")
        return title, set(flags[1].split()) if flags else set()
    try:
        return run(["sysctl", "-n", "machdep.cpu.brand_string"]).strip(), set()
    except Problem:
        return platform.processor() or platform.machine(), set()


def caches() -> list[str]:
    """Sizes of one core's data caches, the nearest first, where the system tells: `48K`, `2048K`."""
    levels = sorted(pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"))
    return [
        (level / "size").read_text().strip()
        for level in levels if (level / "type").read_text().strip() != "Instruction"
    ]  # fmt: skip


def peak(flags: set[str], under: list[str]) -> float | None:
    """Measured GFLOP/s of one core; nothing where there is no clang."""
    compiler = shutil.which("clang")
    if not compiler:
        return None
    width = 64 if "avx512f" in flags else 32 if "avx2" in flags else 16
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "peak"
        options = ["-O2", "-march=native", "-ffp-contract=fast", f"-DBYTES={width}"]
        options += ["-mprefer-vector-width=512"] if width == 64 else []
        try:
            run([compiler, *options, HARNESS / "peak.c", "-o", program])
            return float(run([*under, program]))
        except Problem:
            return None
