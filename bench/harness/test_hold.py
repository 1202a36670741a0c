"""What of holding the peers can be tested without one: `python -m unittest discover -t bench bench/harness`."""

import ctypes
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from harness import hold, page
from harness.problem import Problem, run

EVERYTHING = 0xFFFFFFFF


def masked(leaf: int, subleaf: int, vnni: bool) -> list[int]:
    """The bits of EAX, EBX, ECX and EDX that are taken away from an answer that has all."""
    answer = (ctypes.c_uint32 * 4)(*[EVERYTHING] * 4)
    library = ctypes.CDLL(str(hold.library()))
    library.hold_mask(ctypes.c_uint32(leaf), ctypes.c_uint32(subleaf), ctypes.c_bool(vnni), answer)
    return [EVERYTHING ^ word for word in answer]


def bits(*numbers: int) -> int:
    return sum(1 << number for number in numbers)


class Mask(unittest.TestCase):
    """Bit numbers as in Intel's manual, volume 2, CPUID."""

    def test_takes_avx512_and_amx(self):
        ebx = bits(16, 17, 21, 26, 27, 28, 30, 31)
        self.assertEqual(masked(7, 0, False), [0, ebx, bits(1, 6, 11, 12, 14), bits(2, 3, 8, 22, 23, 24, 25)])

    def test_keeps_avx_vnni_on_request_and_its_relatives_never(self):
        self.assertEqual(masked(7, 1, True), [bits(5, 21, 23), 0, 0, bits(4, 5, 8, 10, 19)])
        self.assertEqual(masked(7, 1, False), [bits(4, 5, 21, 23), 0, 0, bits(4, 5, 8, 10, 19)])

    def test_leaves_everything_else(self):
        for leaf, subleaf in ((0, 0), (1, 0), (7, 2), (0xD, 0), (0x80000001, 0)):
            self.assertEqual(masked(leaf, subleaf, False), [0] * 4)
        self.assertEqual(masked(0x24, 0, True), [EVERYTHING] * 4)


PROGRAM = """
#include <stdint.h>
#include <stdio.h>
static inline __attribute__((always_inline)) void ask(uint32_t a, uint32_t c) {
  uint32_t b, d;
  __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  printf("%u %u %u %u\\n", a, b, c, d);
}
int main(void) {
  ask(7, 0);
  ask(7, 1);
}
"""


@unittest.skipUnless(shutil.which("gcc") and shutil.which("objdump"), "gcc and objdump are needed")
class Held(unittest.TestCase):
    """A program that asks the processor, and prints what it is told."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.program = pathlib.Path(self.folder.name) / "program"
        subprocess.run(["gcc", "-x", "c", "-O2", "-o", self.program, "-"], input=PROGRAM, text=True, check=True)

    def tearDown(self):
        self.folder.cleanup()

    def told(self, environment: dict[str, str]) -> list[list[int]]:
        return [[int(word) for word in line.split()] for line in run([self.program], env=environment).splitlines()]

    def test_a_copy_is_told_what_is_left(self):
        processor = self.told({})
        self.assertEqual(hold.replace_cpuids(self.program), 2)
        told = self.told(hold.environment("copy", hold.LEVELS["avx2"]))
        for subleaf in (0, 1):
            taken = masked(7, subleaf, False)
            self.assertEqual(told[subleaf], [word & ~mask for word, mask in zip(processor[subleaf], taken)])
        # Without anybody to answer, it ends, and says nothing.
        with self.assertRaises(Problem):
            self.told({})

    def test_who_cannot_be_trapped_does_not_run(self):
        environment = hold.environment("trap", hold.LEVELS["avx2"])
        if "cpuid_fault" in hold.processor()[1]:
            self.assertEqual(self.told(environment)[0][1] & bits(16), 0)
        else:
            with self.assertRaisesRegex(Problem, "traps no CPUID"):
                self.told(environment)


class Ways(unittest.TestCase):
    def test_says_why_not(self):
        flags = mock.patch.object(hold, "processor", lambda: ("", {"avx512f"}))
        tools = mock.patch.object(hold.shutil, "which", lambda name: None)
        hold.copy.cache_clear()
        with flags, tools, tempfile.TemporaryDirectory() as empty, mock.patch.object(hold, "CACHE", pathlib.Path(empty)):
            hold.library.cache_clear()
            reason = hold.obstacle("ort", "avx2")
            self.assertEqual(hold.hold("openvino", "avxvnni").environment["ONEDNN_MAX_CPU_ISA"], "AVX2_VNNI")
        hold.library.cache_clear()
        self.assertEqual(reason, "cannot be held to AVX2 here: no cpuid_fault in /proc/cpuinfo; no clang or gcc for hold.c; "
                         "no setting")  # fmt: skip

    def test_holds_nobody_where_there_is_no_more(self):
        with mock.patch.object(hold, "processor", lambda: ("", {"avx2"})):
            self.assertIsNone(hold.hold("ort", "avx2"))
        self.assertIsNone(hold.hold("ort", "avx512"))

    def test_refuses_what_was_not_held(self):
        held = hold.Hold("copy", {})
        held.check({"cpuids": 3, "wide": 0})
        held.check({"cpuids": 3, "wide": -1})
        hold.Hold("setting", {}).check({"cpuids": 0, "wide": 1})
        for seen in ({"cpuids": 0, "wide": 0}, {"cpuids": 3, "wide": 1}):
            with self.assertRaises(Problem):
                held.check(seen)


class Page(unittest.TestCase):
    def test_counts_who_was_held(self):
        ours, other = {"best_ms": 10, "median_ms": 10}, {"best_ms": 5, "median_ms": 5}
        engines = {"ours": ours, "ort": other, "openvino": {"best_ms": 20, "median_ms": 30, "held": "setting"}}
        self.assertEqual(page.ratios(engines, "avx2", ["avx512f"]), (2, 3))
        self.assertEqual(page.ratios(engines, "avx2", ["avx2"]), (0.5, 0.5))
        self.assertEqual(page.ratios(engines, "avx512", ["avx512f"]), (0.5, 0.5))


if __name__ == "__main__":
    sys.exit(unittest.main())
