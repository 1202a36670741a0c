// What the interpreter and the charts need from the C library.
#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// e to the power of `x`.
func exponential(_ x: Double) -> Double { exp(x) }

/// e to the power of `x`, less 1, also where that is near 0.
func exponentialLessOne(_ x: Double) -> Double { expm1(x) }

/// The hyperbolic tangent.
func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }

/// A power of a positive number.
func power(_ x: Double, _ exponent: Double) -> Double { pow(x, exponent) }

/// The error function.
func errorFunction(_ x: Double) -> Double { erf(x) }

/// The power of ten that `x` is.
func decimalLogarithm(_ x: Double) -> Double { log10(x) }

/// The angle of a slope, in degrees.
func slopeDegrees(_ x: Double) -> Double { atan(x) * 180 / .pi }
