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

/// Zeroes the last `count` lanes, which hold no channel.
func clearPadLanes(_ v: inout V, _ count: Int) {
  var lane = lanes - count
  while lane < lanes {
    v[lane] = 0
    lane += 1
  }
}

/// e^x, within 2 units in the last place from -87 to 88, and the limits outside.
///
/// x = k ln 2 + r with |r| <= ln 2 / 2; e^r is its Taylor polynomial of degree 7, whose remainder is below 6e-9.
@inline(__always) func exponential(_ x: V) -> V {
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
  e = e * r + V(repeating: 1)
  // 2^k, from its bits: the exponent field counts from 127.
  var result = V.zero
  var lane = 0
  while lane < lanes {
    let exponent = UInt32(bitPattern: Int32(k[lane])) &+ 127
    result[lane] = e[lane] * Float(bitPattern: exponent << 23)
    lane += 1
  }
  result.replace(with: x, where: x .!= x)
  return result
}

// The activations that are too long to stand in a kernel; the others are words of C.

/// 1 / (1 + e^-x).
@inline(never) func sigmoid(_ x: V) -> V {
  let one = V(repeating: 1)
  let e: V = exponential(V.zero - x)
  return one / (one + e)
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
