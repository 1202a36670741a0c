#!/bin/sh
# Runs the NEON kernels of a generated package on a machine that is no Arm: compiles them for bare arm64 in Embedded
# Swift, links them with a C program that calls them step by step, and runs that under QEMU's user-mode emulation.
#
#     scripts/neon_under_emulation.sh PACKAGE PROGRAM OUTPUT
#
# PROGRAM holds offsets, packed weights and the arena with the image in it; OUTPUT gets the arena after the last step.
# Tests/GeneratedTests/Emulation/main.c describes both; EmulationTests.swift writes the one and reads the other.
# Needs swiftc, qemu-aarch64-static, aarch64-linux-gnu-gcc (Debian: qemu-user-static, gcc-aarch64-linux-gnu) and lld.
set -eu
package=$1 program=$2 output=$3
main=$(dirname "$0")/../Tests/GeneratedTests/Emulation/main.c
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

set -- "$package"/Sources/*NEON/Kernels.swift
kernels=$(dirname "$1")
function=$(sed -n 's/^public func \(run[A-Za-z0-9_]*NEON\)(.*/\1/p' "$1")
set -- "$package"/Sources/*CPU/include
headers=$1
cat > "$build/Export.swift" <<SWIFT
@_cdecl("run_kernel")
public func runKernel(
  _ kernel: Int, _ source0: UnsafePointer<Float>, _ source1: UnsafePointer<Float>, _ residual: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>,
  _ begin: Int, _ end: Int
) {
  $function(kernel, source0, source1, residual, output, weights, scratch, begin, end)
}
SWIFT

swiftc -target aarch64-none-none-elf -enable-experimental-feature Embedded -wmo -Ounchecked -parse-as-library \
  -module-name Kernels -I "$headers" -c "$kernels"/*.swift "$build/Export.swift" -o "$build/kernels.o"
aarch64-linux-gnu-gcc -O2 -Wall -Werror -c "$main" -o "$build/main.o"
# The toolchain's clang and lld: GNU ld refuses a protected symbol of the embedded runtime.
clang --target=aarch64-linux-gnu -fuse-ld=lld -static --gcc-toolchain=/usr "$build/main.o" "$build/kernels.o" -lm \
  -o "$build/emulated"
qemu-aarch64-static "$build/emulated" "$program" "$output" 2 last
