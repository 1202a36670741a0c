import ResNetCPU

//% strip
// The few words that kernels share, emitted into every kernel module so that nothing there depends on optimisation
// across modules. Only concrete types: a generic of the standard library specialised in a module built for AVX-512 would
// be a weak symbol that the linker may hand to the whole program.

/// In a template, what the compiler computes before the kernel is printed.
@inline(__always) func const(_ value: Int) -> Int { value }
//% end
/// One vector of the target: a pixel of a block of channels.
typealias V = SIMD4<Float>

//% strip
let lanes = 4
//% end

/// Writes `count` zeros.
@inline(__always) func zero(_ p: UnsafeMutablePointer<Float>, _ count: Int) {
  var i = 0
  while i < count {
    p[i] = 0
    i += 1
  }
}

/// Zeroes the halo on both sides of a row that begins at `row`, and the lines above the first row and below the last.
@inline(__always) func zeroHalo(
  _ row: UnsafeMutablePointer<Float>, _ rowPitch: Int, _ beside: Int, _ above: Int, _ below: Int
) {
  zero(row - (beside + above), beside + above)
  zero(row + (rowPitch - beside - beside), beside + below)
}

/// With zeros in the last `count` lanes, which hold no channel. The vector goes by value: one whose address is taken would
/// wait in memory through the reduction before.
func clearPadLanes(_ v: V, _ count: Int) -> V {
  var result = v
  var lane = lanes - count
  while lane < lanes {
    result[lane] = 0
    lane += 1
  }
  return result
}

/// e^x, within 2 units in the last place from -87 to 88, and the limits outside.
///
/// x = k ln 2 + r with |r| <= ln 2 / 2; e^r is its Taylor polynomial of degree 7, whose remainder is below 6e-9.
@inline(__always) func exponential(_ x: V) -> V {
  let (power, rest) = exponentialParts(x)
  var result: V = power * (rest + V(repeating: 1))
  result.replace(with: x, where: x .!= x)
  return result
}

/// e^x - 1, as exact near 0 as elsewhere: where k is 0, nothing is taken from anything.
@inline(__always) func exponentialLessOne(_ x: V) -> V {
  let (power, rest) = exponentialParts(x)
  var result: V = power * rest + (power - V(repeating: 1))
  result.replace(with: x, where: x .!= x)
  return result
}

/// 2^k and e^r - 1, of which e^x is made.
@inline(__always) func exponentialParts(_ x: V) -> (power: V, rest: V) {
  var t: V = x
  // Also where `x` is not a number: the conversion to an integer below must not see one.
  t.replace(with: V(repeating: -87), where: .!(t .>= V(repeating: -87)))
  t.replace(with: V(repeating: 88), where: t .> V(repeating: 88))
  let k: V = (t * V(repeating: 1.442695041)).rounded(.toNearestOrEven)
  // ln 2 in two parts, the first with few enough bits that k times it is exact.
  var r: V = t - k * V(repeating: 0.693359375)
  r = r - k * V(repeating: -2.12194440e-4)
  var e: V = V(repeating: 1.9841270e-4)
  e = e * r + V(repeating: 1.3888889e-3)
  e = e * r + V(repeating: 8.3333333e-3)
  e = e * r + V(repeating: 4.1666668e-2)
  e = e * r + V(repeating: 1.6666667e-1)
  e = e * r + V(repeating: 0.5)
  e = e * r + V(repeating: 1)
  return (resnet_power_of_two_4(k), e * r)
}

/// The natural logarithm of what is above zero, denormal numbers excepted, to 2e-7 near one and to a unit in the last place
/// elsewhere.
///
/// x = 2^k m with m from 0.70 to 1.42; log m = 2 artanh f with f = (m - 1) / (m + 1), |f| < 0.175: the series' next term
/// is below 1e-9.
@inline(__always) func logarithm(_ x: V) -> V {
  var (m, k) = (V.zero, V.zero)
  var lane = 0
  while lane < lanes {
    // Offset so that the exponent's field goes up at 1.4142 and not at 1.
    let bits = x[lane].bitPattern &+ 0x4AFB0D
    k[lane] = Float(Int32(bitPattern: bits >> 23) &- 127)
    m[lane] = Float(bitPattern: (bits & 0x7FFFFF) &+ 0x3F3504F3)
    lane += 1
  }
  let f: V = (m - V(repeating: 1)) / (m + V(repeating: 1))
  let s: V = f * f
  var p: V = V(repeating: 0.22222222)
  p = p * s + V(repeating: 0.28571429)
  p = p * s + V(repeating: 0.4)
  p = p * s + V(repeating: 0.66666667)
  p = p * s + V(repeating: 2)
  var result: V = k * V(repeating: 0.69314718) + f * p
  // Infinity, and what is no number.
  result.replace(with: x, where: .!(x .< V(repeating: .infinity)))
  return result
}

/// x / (k + scale squares)^beta, called as a function is.
struct ResponseNorm {
  let scale: Float, beta: Float, k: Float

  @inline(__always) func callAsFunction(_ x: V, _ squares: V) -> V {
    let base: V = V(repeating: k) + V(repeating: scale) * squares
    return x * exponential(V(repeating: -beta) * logarithm(base))
  }
}

// The activations that are too long to stand in a kernel; the others are words of C.

/// 1 / (1 + e^-x).
@inline(never) func sigmoid(_ x: V) -> V {
  let one = V(repeating: 1)
  let e: V = exponential(V.zero - x)
  return one / (one + e)
}

/// min(max(x + 3, 0), 6) / 6.
@inline(never) func hardsigmoid(_ x: V) -> V {
  var y: V = x + V(repeating: 3)
  y.replace(with: V.zero, where: y .< V.zero)
  y.replace(with: V(repeating: 6), where: y .> V(repeating: 6))
  return y * V(repeating: 1.0 / 6)
}

/// x times its hard sigmoid.
@inline(never) func hardswish(_ x: V) -> V { x * hardsigmoid(x) }

/// (e^2x - 1) / (e^2x + 1), of which the first difference is the exact one.
@inline(never) func tanh(_ x: V) -> V {
  let e: V = exponentialLessOne(x + x)
  return e / (e + V(repeating: 2))
}

/// x above zero, below it e^x - 1.
@inline(never) func elu(_ x: V) -> V {
  var y: V = x
  y.replace(with: exponentialLessOne(x), where: x .< V.zero)
  return y
}

/// x above zero, below it x times the slope: called as a function is, `LeakyRelu(slope: 0.1)(x)`.
struct LeakyRelu {
  let slope: Float

  @inline(__always) func callAsFunction(_ x: V) -> V { resnet_prelu_4(x, V(repeating: slope)) }
}

/// x / (1 + e^-x).
@inline(never) func silu(_ x: V) -> V { x * sigmoid(x) }

/// x Phi(x), the exact GELU: Phi from Abramowitz and Stegun 7.1.26, whose error is below 1.5e-7.
@inline(never) func gelu(_ x: V) -> V {
  let one = V(repeating: 1)
  let negative = x .< V.zero
  var z: V = x * V(repeating: 0.70710678)
  z.replace(with: V.zero - z, where: negative)
  let t: V = one / (one + V(repeating: 0.3275911) * z)
  var p: V = V(repeating: 1.061405429)
  p = p * t + V(repeating: -1.453152027)
  p = p * t + V(repeating: 1.421413741)
  p = p * t + V(repeating: -0.284496736)
  p = p * t + V(repeating: 0.254829592)
  // Half of erfc(z) is the tail beyond z; the bulk is what is left of one.
  let tail: V = V(repeating: 0.5) * p * t * exponential(V.zero - z * z)
  var phi: V = one - tail
  phi.replace(with: tail, where: negative)
  return x * phi
}
