// SPDX-License-Identifier: Apache-2.0
// Time as measurements want it: it never goes back, and nobody sets it.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Seconds since some moment in the past. Costs some 30 nanoseconds and allocates nothing.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
