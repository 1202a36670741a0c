// SPDX-License-Identifier: Apache-2.0
// Logarithms of the C library, in one place for those who calibrate.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The natural logarithm.
func logarithm(_ x: Double) -> Double { log(x) }

/// A ratio of powers in decibels: ten times its decimal logarithm.
func decibels(_ ratio: Double) -> Double { 10 * log10(ratio) }
