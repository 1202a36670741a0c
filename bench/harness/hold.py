"""Holding the peers to AVX2: their processes are to find a processor without AVX-512 and AMX, as our AVX2 kernels do.
`hold.c` answers their CPUIDs: the kernel traps these where the processor can do that, and elsewhere they are taken out of
copies of the engine's libraries. OpenVINO has a setting, too, which binds its oneDNN and not the rest of it. Who cannot be
held takes no part, and the row says why.
"""

import dataclasses
import functools
import importlib.metadata
import os
import pathlib
import re
import shutil
import struct
import subprocess

from . import peers
from .machine import processor
from .paths import CACHE, HARNESS, digest, folder
from .problem import Problem, gist, run


@dataclasses.dataclass(frozen=True)
class Level:
    """A set of instructions that peers can be held to."""

    title: str
    # As oneDNN spells it in ONEDNN_MAX_CPU_ISA.
    onednn: str
    keeps_vnni: bool


# By our names of instruction sets.
LEVELS = {"avx2": Level("AVX2", "AVX2", False), "avxvnni": Level("AVX-VNNI", "AVX2_VNNI", True)}

# Goes up when copies of libraries are made otherwise than before.
COPIES = 1

# Of glibc, whose copies of memory are chosen before anybody can answer for the processor.
TUNABLES = "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD"


@dataclasses.dataclass(frozen=True)
class Hold:
    """`how`: `setting`, `trap` or `copy`; and what the engine's process finds in its environment."""

    how: str
    environment: dict[str, str]

    def check(self, seen: dict) -> None:
        """A Problem unless what the worker reports is that of a process that was held. A setting is believed: OpenVINO
        copies with AVX-512 all the same, and is no faster for it."""
        if self.how == "setting":
            return
        if not seen["cpuids"]:
            raise Problem("it asked the processor behind our back")
        if seen["wide"] == 1:
            raise Problem("it used AVX-512 all the same")


def hold(peer: str, isa: str | None, ways: tuple[str, ...] = ("trap", "copy", "setting")) -> Hold | None:
    """How a peer is held to what our kernels for `isa` use; nothing where the processor has no more. A Problem where it
    cannot be held. `ways` are tried in this order."""
    level = LEVELS.get(isa or "")
    if not level or "avx512f" not in processor()[1]:
        return None
    reasons = []
    for way in ways:
        try:
            return WAYS[way](peer, level)
        except Problem as problem:
            reasons.append(str(problem))
    raise Problem(f"cannot be held to {level.title} here: {'; '.join(reasons)}")


def obstacle(peer: str, isa: str | None) -> str | None:
    """Why a peer cannot be held, if it has to be."""
    try:
        hold(peer, isa)
    except Problem as problem:
        return gist(problem)
    return None


def by_setting(peer: str, level: Level) -> Hold:
    if peer != "openvino":
        raise Problem("no setting")
    return Hold("setting", {"ONEDNN_MAX_CPU_ISA": level.onednn, "GLIBC_TUNABLES": TUNABLES})


def by_trap(peer: str, level: Level) -> Hold:
    if "cpuid_fault" not in processor()[1]:
        raise Problem("no cpuid_fault in /proc/cpuinfo")
    return Hold("trap", environment("trap", level))


def by_copy(peer: str, level: Level) -> Hold:
    return Hold("copy", environment("copy", level) | {"PYTHONPATH": str(copy(peers.DISTRIBUTIONS[peer]))})


WAYS = {"trap": by_trap, "copy": by_copy, "setting": by_setting}


def environment(way: str, level: Level) -> dict[str, str]:
    result = {"LD_PRELOAD": str(library()), "RESNETC_HOLD": way, "GLIBC_TUNABLES": TUNABLES}
    return result | ({"RESNETC_HOLD_VNNI": "1"} if level.keeps_vnni else {})


@functools.cache
def library() -> pathlib.Path:
    """`hold.c`, compiled."""
    source = HARNESS / "hold.c"
    made = folder(CACHE / "hold") / f"hold-{digest(source.read_bytes())}.so"
    if made.exists():
        return made
    compiler = shutil.which("clang") or shutil.which("gcc")
    if not compiler:
        raise Problem("no clang or gcc for hold.c")
    partial = made.with_suffix(f".{os.getpid()}")
    run([compiler, "-std=c11", "-O2", "-shared", "-fPIC", "-Wall", "-Wextra", source, "-o", partial])
    partial.replace(made)
    return made


@functools.cache
def copy(distribution: str) -> pathlib.Path:
    """A folder with the installed package, whose libraries ask `hold.c` instead of the processor."""
    installed = importlib.metadata.distribution(distribution)
    files = [file for file in installed.files or [] if file.parts[0] != ".." and "__pycache__" not in file.parts]
    made = folder(CACHE / "hold") / f"{distribution}-{installed.version}-{COPIES}"
    if made.exists():
        return made
    partial = made.with_suffix(f".{os.getpid()}")
    replaced = 0
    for file in files:
        target = partial / file
        folder(target.parent)
        shutil.copy2(installed.locate_file(file), target)
        if re.search(r"\.so(\.|$)", file.name):
            replaced += replace_cpuids(target)
    if replaced == 0:
        raise Problem(f"no library of {distribution} asks the processor")
    partial.rename(made)
    return made


def replace_cpuids(path: pathlib.Path) -> int:
    """Makes each `cpuid` of a library `int $0xa2`; how many there were."""
    data = bytearray(path.read_bytes())
    if b"\x0f\xa2" not in data:
        return 0
    segments = loaded(data)
    offsets = [offset(address, segments) for address in cpuids(path)]
    for at in offsets:
        if data[at : at + 2] != b"\x0f\xa2":
            raise Problem(f"{path.name} has other bytes than its disassembly")
        data[at] = 0xCD
    path.write_bytes(data)
    return len(offsets)


def cpuids(path: pathlib.Path) -> list[int]:
    """Addresses of the instruction, as a disassembler finds them: the same two bytes stand within others, too."""
    disassembler = shutil.which("objdump") or shutil.which("llvm-objdump")
    if not disassembler:
        raise Problem("no objdump to find its CPUIDs")
    # Gigabytes for the largest: line by line.
    words = [disassembler, "-d", "--no-show-raw-insn", str(path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        found = [re.fullmatch(rb"\s*([0-9a-f]+):\s+cpuid\s*", line) for line in process.stdout if b"cpuid" in line]
    if process.returncode != 0:
        raise Problem(f"{disassembler} cannot read {path.name}")
    return [int(match[1], 16) for match in found if match]


def loaded(data: bytes | bytearray) -> list[tuple[int, int, int]]:
    """Address, offset and size in the file of each segment of a 64-bit ELF file that is loaded."""
    if data[:5] != b"\x7fELF\x02":
        raise Problem("it is no 64-bit ELF file")
    start, size, count = *struct.unpack_from("<Q", data, 0x20), *struct.unpack_from("<HH", data, 0x36)
    heads = [struct.unpack_from("<IIQQQQ", data, start + size * index) for index in range(count)]
    return [(address, at, length) for kind, _, at, address, _, length in heads if kind == 1]


def offset(address: int, segments: list[tuple[int, int, int]]) -> int:
    for begin, at, length in segments:
        if begin <= address < begin + length:
            return address - begin + at
    raise Problem(f"nothing is loaded at address {address:#x}")
