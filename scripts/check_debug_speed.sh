#!/bin/bash
# Inference in a debug build of somebody's project, beside a release build of the same: the package's own flags optimise
# its kernels and its runtime in both, so the two should not differ.
#
#     scripts/check_debug_speed.sh PACKAGE FOLDER [ALLOWED]     build and compare; ALLOWED per cent, 5 if not given
#     scripts/check_debug_speed.sh --build PACKAGE FOLDER       only build the project, in FOLDER
#     scripts/check_debug_speed.sh --compare FOLDER [ALLOWED]   only compare, on an otherwise idle machine
#
# The project depends on PACKAGE by path and times the calls that a user makes: logits into memory of one's own, and
# logits as arrays. Both builds run in turns, seven times each, and the best counts. Exit codes: 0; 1 where debug is more
# than ALLOWED per cent slower; 2 where something does not build or run.
set -euo pipefail

build() {
  local package folder name
  package=$(cd "$1" && pwd) folder=$2
  name=$(sed -n 's/^ *name: "\([^"]*\)".*/\1/p' "$package/Package.swift" | head -n 1)
  mkdir -p "$folder/Sources/probe"
  cat > "$folder/Package.swift" <<SWIFT
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Probe",
  platforms: [.macOS(.v15)],
  dependencies: [.package(path: "$package")],
  targets: [
    .executableTarget(
      name: "probe", dependencies: [.product(name: "$name", package: "$(basename "$package")")])
  ],
  swiftLanguageModes: [.v6]
)
SWIFT
  cat > "$folder/Sources/probe/main.swift" <<SWIFT
import $name

let model = try $name(weights: "random:1", threads: 1)
var workspace = try model.makeWorkspace()
let shape = $name.inputShape
let pixels = [Float](repeating: 0.5, count: $name.batch * shape.channels * shape.height * shape.width)
var outputs = [Float](repeating: 0, count: $name.batch * $name.outputCount)
let clock = ContinuousClock()

/// The best of a second of calls, at least five, in microseconds.
func best(_ call: () throws -> Void) rethrows -> Double {
  try call()
  var best = Double.infinity
  let start = clock.now
  var calls = 0
  while calls < 5 || clock.now - start < .seconds(1) {
    let time = (try clock.measure(call)).components
    best = min(best, Double(time.seconds) * 1e6 + Double(time.attoseconds) * 1e-12)
    calls += 1
  }
  return best
}

let memory = try best {
  try pixels.withUnsafeBufferPointer { input in
    try outputs.withUnsafeMutableBufferPointer { try model.logits(input, into: \$0, using: &workspace) }
  }
}
let arrays = try best { outputs = try model.logits(pixels, using: &workspace) }
print(memory, arrays)
SWIFT
  for configuration in debug release; do
    if ! swift build -c $configuration --package-path "$folder" > "$folder/$configuration.log" 2>&1; then
      cat "$folder/$configuration.log" >&2
      exit 2
    fi
  done
}

compare() {
  local folder=$1 allowed=${2-5}
  for _ in 1 2 3 4 5 6 7; do
    for configuration in debug release; do
      printf '%s ' $configuration
      "$folder/.build/$configuration/probe" || exit 2
    done
  done | awk -v allowed="$allowed" '
    function least(key, time) { if (!(key in best) || time < best[key]) best[key] = time }
    { least($1 " memory", $2); least($1 " arrays", $3) }
    END {
      if (NR != 14) exit 2
      split("memory arrays", kinds, " ")
      for (k = 1; k <= 2; k++) {
        kind = kinds[k]
        ratio = best["debug " kind] / best["release " kind]
        printf "%s: debug %.3f ms, release %.3f ms, ratio %.3f\n", kind == "memory" ? "into memory" : "as arrays", \
          best["debug " kind] / 1e3, best["release " kind] / 1e3, ratio
        if (ratio > 1 + allowed / 100) slow = 1
      }
      exit slow
    }'
}

case "${1-}:$#" in
  --build:3) build "$2" "$3" ;;
  --compare:2 | --compare:3) compare "$2" "${3-5}" ;;
  --* | *:0 | *:1) sed -n '2,12p' "$0" >&2; exit 2 ;;
  *:2 | *:3)
    build "$1" "$2"
    compare "$2" "${3-5}"
    ;;
  *) sed -n '2,12p' "$0" >&2; exit 2 ;;
esac
