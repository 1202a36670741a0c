#!/bin/bash
# Valid files of every format that is read, each changed at random 100,000 times, under the address sanitizer: all are read or
# refused, and none crashes, hangs or takes memory without bound.
#
#     scripts/mutations.sh [COUNT [FILTER]]     100,000 of each format by default: half an hour of one core
#
# FILTER chooses among the tests, such as JPEGTests or MutationTests. Builds in .build-address, once, some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-100000}
filter=${2:-CheckpointsTests.MutationTests|JPEGTests/mutations|PNGTests/mutations|BMPTests|SafetensorsTests/mutations}
# The pages that a file of a gigabyte claims are not there: an allocation that the system would refuse is a fault here too.
export ASAN_OPTIONS=detect_leaks=0:max_allocation_size_mb=2048:allocator_may_return_null=0
# Each changed file lies in memory for a moment, where the system has such a folder.
if [ -w /dev/shm ]; then
  TMPDIR=$(mktemp -d /dev/shm/mutations.XXXXXX)
  export TMPDIR
  trap 'rm -rf "$TMPDIR"' EXIT
fi
swift build --build-tests --sanitize=address --scratch-path .build-address
RESNETC_MUTATIONS=$count swift test --skip-build --sanitize=address --scratch-path .build-address --no-parallel \
  --filter "$filter"
