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

FLAGS = [
    "avx2", "fma", "avx_vnni", "avx512f", "avx512vl", "avx512_vnni", "avx512_fp16", "avx512_bf16", "amx_tile", "amx_bf16",
    "amx_int8", "asimd",
]  # fmt: skip


def describe(under: list[str]) -> dict:
    name, flags = processor()
    measured = peaks(under)
    return {
        "processor": name,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "flags": [flag for flag in FLAGS if flag in flags],
        "caches": caches(),
        "peak_gflops": next(iter(measured.values()), None),
        "peaks": measured,
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


def peaks(under: list[str]) -> dict[str, float]:
    """What one core computes at most, in billions of operations a second by what computes them, 32-bit floats first;
    nothing where there is no clang."""
    compiler = shutil.which("clang")
    if not compiler:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "peak"
        try:
            run([compiler, "-O2", "-march=native", "-ffp-contract=fast", HARNESS / "peak.c", "-o", program])
            lines = [line.split("\t") for line in run([*under, program]).splitlines()]
            return {name: float(figure) for name, figure in lines}
        except Problem:
            return {}
