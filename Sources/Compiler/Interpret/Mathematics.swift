// The two functions that the interpreter needs from the C library.
#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// e to the power of `x`.
func exponential(_ x: Double) -> Double { exp(x) }

/// The error function.
func errorFunction(_ x: Double) -> Double { erf(x) }
