"""Builds the wheel: compiles the C sources into one shared library and puts it beside the Python files.

A build backend of its own, with nothing but the standard library, so that `pip wheel .` fetches nothing and all cores
compile. The wheel fits every Python from 3.11 on of its platform: the library is called through ctypes.
"""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import shlex
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "net"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WHEEL = f"{PACKAGE}-{PROJECT['version']}"
# The same bytes from the same sources: zip knows no earlier year.
TIME = (1980, 1, 1, 0, 0, 0)


def build_wheel(
    wheel_directory: str, config_settings: dict[str, object] | None = None, metadata_directory: str | None = None
) -> str:
    """Compiles, and writes the wheel; answers its name. `CC` and `CFLAGS` of the environment are heeded."""
    tag = f"py3-none-{_platform_tag()}"
    name = f"{WHEEL}-{tag}.whl"
    files = [(f"{PACKAGE}/{file.name}", file.read_bytes()) for file in _package_files()]
    files.append((f"{PACKAGE}/{_library_name()}", _compiled()))
    files += [(f"{PACKAGE}/{file.name}", file.read_bytes()) for file in _packed_weights()]
    about = f"Wheel-Version: 1.0\nGenerator: resnetc\nRoot-Is-Purelib: false\nTag: {tag}\n"
    files.append((f"{WHEEL}.dist-info/METADATA", _metadata().encode()))
    files.append((f"{WHEEL}.dist-info/WHEEL", about.encode()))
    record = f"{WHEEL}.dist-info/RECORD"
    lines = [f"{path},sha256={_digest(data)},{len(data)}" for path, data in files] + [f"{record},,"]
    files.append((record, "".join(line + "\n" for line in lines).encode()))
    with zipfile.ZipFile(Path(wheel_directory) / name, "w") as wheel:
        for path, data in files:
            # Weights do not shrink.
            stored = path.endswith(".packed")
            entry = zipfile.ZipInfo(path, TIME)
            entry.external_attr = (0o755 if path.endswith(_library_name()) else 0o644) << 16
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            wheel.writestr(entry, data)
    return name


def build_sdist(sdist_directory: str, config_settings: dict[str, object] | None = None) -> str:
    """Writes all that a wheel is built from."""
    name = f"{WHEEL}.tar.gz"
    kept = [ROOT / "pyproject.toml", ROOT / "README.md", Path(__file__), *_package_files(), *ROOT.glob("*.packed")]
    kept += [path for folder in ("include", "src") for path in (ROOT / folder).rglob("*") if path.is_file()]
    with tempfile.TemporaryDirectory() as scratch:
        info = Path(scratch) / "PKG-INFO"
        info.write_text(_metadata(), encoding="utf-8")
        with tarfile.open(Path(sdist_directory) / name, "w:gz") as archive:
            archive.add(info, f"{WHEEL}/PKG-INFO")
            for path in sorted(kept):
                archive.add(path, f"{WHEEL}/{path.relative_to(ROOT)}")
    return name


def _metadata() -> str:
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {PROJECT['name']}",
        f"Version: {PROJECT['version']}",
        f"Summary: {PROJECT['description']}",
        f"Requires-Python: {PROJECT['requires-python']}",
    ]
    lines += [f"Requires-Dist: {requirement}" for requirement in PROJECT["dependencies"]]
    for extra, requirements in PROJECT.get("optional-dependencies", {}).items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f'Requires-Dist: {requirement}; extra == "{extra}"' for requirement in requirements]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return "\n".join([*lines, "Description-Content-Type: text/markdown", "", readme])


def _package_files() -> list[Path]:
    folder = ROOT / PACKAGE
    return sorted([*folder.glob("*.py"), folder / "py.typed"])


def _packed_weights() -> list[Path]:
    """Those that a processor of this architecture can use."""
    machines = {"avx512": ("x86_64", "amd64"), "avx2": ("x86_64", "amd64"), "neon": ("arm64", "aarch64")}
    own = platform.machine().lower()
    packed = sorted(ROOT.glob(f"{PACKAGE}.*.packed"))
    return [file for file in packed if own in machines.get(file.name.split(".")[1], (own,))]


def _library_name() -> str:
    return f"lib{PACKAGE}.dylib" if sys.platform == "darwin" else f"lib{PACKAGE}.so"


def _platform_tag() -> str:
    # A compiler makes code for this machine alone, also where Python is built for two.
    tag = sysconfig.get_platform().replace("universal2", platform.machine())
    return tag.replace("-", "_").replace(".", "_")


def _compiled() -> bytes:
    """The shared library of all sources, every core compiling."""
    if sys.platform == "win32":
        raise SystemExit("The generated C needs POSIX threads: build on Linux or macOS, or in WSL.")
    # Of Python's own compiler the name alone: its flags are Python's.
    own = shlex.split(sysconfig.get_config_var("CC") or "cc")[:1]
    compiler = shlex.split(os.environ.get("CC", "")) or own
    flags = ["-O2", "-std=c11", "-fPIC", "-pthread", f"-D{PACKAGE.upper()}_THREADS"]
    flags += [f"-I{ROOT / 'include'}", f"-I{ROOT / 'src'}", *shlex.split(os.environ.get("CFLAGS", ""))]
    sources = sorted([*(ROOT / "src").glob("*.c"), *(ROOT / "src").glob("*/*.c")])
    with tempfile.TemporaryDirectory() as scratch:
        objects = [Path(scratch) / f"{index}.o" for index in range(len(sources))]
        commands = [
            [*compiler, *flags, "-c", str(source), "-o", str(into)]
            for source, into in zip(sources, objects, strict=True)
        ]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for _ in pool.map(_call, commands):
                pass
        library = Path(scratch) / _library_name()
        kind = "-dynamiclib" if sys.platform == "darwin" else "-shared"
        _call([*compiler, kind, "-pthread", *map(str, objects), "-lm", "-o", str(library)])
        return library.read_bytes()


def _call(command: list[str]) -> None:
    try:
        result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except OSError as error:
        raise SystemExit(f"There is no C compiler '{command[0]}': install GCC or Clang, or set CC.") from error
    if result.returncode != 0:
        raise SystemExit(f"{shlex.join(command)} failed:\n{result.stdout}{result.stderr}")


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
