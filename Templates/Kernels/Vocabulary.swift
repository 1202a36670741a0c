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
private let hasFMA = false
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

/// sum + a b, in one rounding where the target has an instruction for it.
@inline(__always) func multiplyAdd(_ sum: V, _ a: V, _ b: V) -> V {
  if hasFMA {  //% if
    return resnet_fma_4(sum, a, b)
  } else {  //% else
    return resnet_multiply_add_4(sum, a, b)
  }  //% end
}

/// e^x, within 2 units in the last place from -87 to 88, and the limits outside.
@inline(__always) func exponential(_ x: V) -> V {
  let (power, rest) = exponentialParts(x)
  return resnet_number_4(multiplyAdd(power, power, rest), x)
}

/// e^x - 1, as exact near 0 as elsewhere: where k is 0, nothing is taken from anything.
@inline(__always) func exponentialLessOne(_ x: V) -> V {
  let (power, rest) = exponentialParts(x)
  return resnet_number_4(multiplyAdd(resnet_subtract_4(power, V(repeating: 1)), power, rest), x)
}

/// 2^k and e^r - 1, of which e^x is made: x = k ln 2 + r with |r| <= ln 2 / 2; what is no number counts as -87.
///
/// The polynomial, 1 + r + r^2 times five terms, is the one of its kind that is off the least: 3e-9 of e^r.
@inline(__always) func exponentialParts(_ x: V) -> (power: V, rest: V) {
  let t: V = resnet_clamp_4(x, -87, 88)
  // k, and its exponent bits, as below.
  let shift = V(repeating: 12_582_912 + 127)
  let shifted: V = multiplyAdd(shift, t, V(repeating: 1.442695041))
  let k: V = resnet_subtract_4(shifted, shift)
  // ln 2 in two parts, the first with few enough bits that k times it is exact.
  var r: V = multiplyAdd(t, k, V(repeating: -0.693359375))
  r = multiplyAdd(r, k, V(repeating: 2.12194440e-4))
  var e = V(repeating: 1.38145e-3)
  e = multiplyAdd(V(repeating: 8.36875e-3), e, r)
  e = multiplyAdd(V(repeating: 4.166839e-2), e, r)
  e = multiplyAdd(V(repeating: 0.1666652), e, r)
  e = multiplyAdd(V(repeating: 0.49999993), e, r)
  e = multiplyAdd(r, resnet_multiply_4(r, r), e)
  return (resnet_exponent_bits_4(shifted), e)
}

/// The natural logarithm of what is above zero, denormal numbers excepted, to 2e-7 near one and to a unit in the last place
/// elsewhere.
///
/// x = 2^k m with m from 0.70 to 1.42; log m = 2 artanh f with f = (m - 1) / (m + 1), |f| < 0.175: the series' next term
/// is below 1e-9.
@inline(__always) func logarithm(_ x: V) -> V {
  let (m, k): (V, V) = (resnet_mantissa_4(x), resnet_exponent_4(x))
  let f: V = (m - V(repeating: 1)) / (m + V(repeating: 1))
  let s: V = f * f
  var p: V = V(repeating: 0.22222222)
  p = p * s + V(repeating: 0.28571429)
  p = p * s + V(repeating: 0.4)
  p = p * s + V(repeating: 0.66666667)
  p = p * s + V(repeating: 2)
  // Infinity, and what is no number, stays: taken from it, infinity leaves nothing negative.
  let result: V = k * V(repeating: 0.69314718) + f * p
  return resnet_choose_negative_4(resnet_subtract_4(x, V(repeating: .infinity)), result, x)
}

/// x / (k + scale squares)^beta, called as a function is.
struct ResponseNorm {
  let scale: Float, beta: Float, k: Float

  @inline(__always) func callAsFunction(_ x: V, _ squares: V) -> V {
    let base: V = V(repeating: k) + V(repeating: scale) * squares
    return x * exponential(V(repeating: -beta) * logarithm(base))
  }
}

// The activations that are no words of C. Kernels that hold many sums in registers store them first, then go over them
// with the long ones, those with an exponential: twenty instructions for each register would fill the kernel, and a call
// would save all the other registers around it.

/// 1 / (1 + e^-x).
@inline(__always) func sigmoid(_ x: V) -> V {
  resnet_number_4(resnet_divide_4(V(repeating: 1), onePlusExponential(minus: x)), x)
}

/// x / (1 + e^-x).
@inline(__always) func silu(_ x: V) -> V { resnet_divide_4(x, onePlusExponential(minus: x)) }

/// 1 + e^-x, in fifteen instructions, because mobile networks spend a third of their time here.
///
/// e^-x = 2^y with y = k + f, |f| <= 1/2; 2^f is 1 + f times five terms, off by 9.2e-8 at most. Of e^-x the rounding of y
/// is |x| 6e-8, which matters where x is far below zero, and there the quotient is next to nothing.
@inline(__always) func onePlusExponential(minus x: V) -> V {
  let y: V = resnet_clamp_4(resnet_multiply_4(x, V(repeating: -1.442695041)), -126, 127)
  // Floats from 2^23 to 2^24 are whole: the sum rounds to k, and its last bits count k from 127, as exponents do.
  let shift = V(repeating: 12_582_912 + 127)
  let shifted: V = resnet_add_4(y, shift)
  let f: V = resnet_subtract_4(y, resnet_subtract_4(shifted, shift))
  let one = V(repeating: 1)
  var e = V(repeating: 1.3264713e-3)
  e = multiplyAdd(V(repeating: 9.671523e-3), e, f)
  e = multiplyAdd(V(repeating: 5.550734e-2), e, f)
  e = multiplyAdd(V(repeating: 0.24022242), e, f)
  e = multiplyAdd(V(repeating: 0.693147), e, f)
  e = multiplyAdd(one, e, f)
  return multiplyAdd(one, e, resnet_exponent_bits_4(shifted))
}

/// (e^2x - 1) / (e^2x + 1), of which the first difference is the exact one.
@inline(__always) func tanh(_ x: V) -> V {
  let e: V = exponentialLessOne(resnet_add_4(x, x))
  return resnet_divide_4(e, resnet_add_4(e, V(repeating: 2)))
}

/// x above zero, below it e^x - 1.
@inline(__always) func elu(_ x: V) -> V { resnet_choose_negative_4(x, exponentialLessOne(x), x) }

/// min(max(x + 3, 0), 6) / 6.
@inline(__always) func hardsigmoid(_ x: V) -> V {
  resnet_multiply_4(resnet_relu6_4(resnet_add_4(x, V(repeating: 3))), V(repeating: 1.0 / 6))
}

/// x times its hard sigmoid.
@inline(__always) func hardswish(_ x: V) -> V { resnet_multiply_4(x, hardsigmoid(x)) }

/// x above zero, below it x times the slope: called as a function is, `LeakyRelu(slope: 0.1)(x)`.
struct LeakyRelu {
  let slope: Float

  @inline(__always) func callAsFunction(_ x: V) -> V { resnet_prelu_4(x, V(repeating: slope)) }
}

/// x Phi(x), the exact GELU: Phi from Abramowitz and Stegun 7.1.26, whose error is below 1.5e-7.
@inline(__always) func gelu(_ x: V) -> V {
  let one = V(repeating: 1)
  let z: V = resnet_multiply_4(resnet_max_4(x, V.zero - x), V(repeating: 0.70710678))
  let t: V = resnet_divide_4(one, multiplyAdd(one, V(repeating: 0.3275911), z))
  var p = V(repeating: 1.061405429)
  p = multiplyAdd(V(repeating: -1.453152027), p, t)
  p = multiplyAdd(V(repeating: 1.421413741), p, t)
  p = multiplyAdd(V(repeating: -0.284496736), p, t)
  p = multiplyAdd(V(repeating: 0.254829592), p, t)
  // Half of erfc(z) is the tail beyond z; the bulk is what is left of one.
  let (power, rest) = exponentialParts(V.zero - resnet_multiply_4(z, z))
  let half: V = resnet_multiply_4(resnet_multiply_4(p, t), V(repeating: 0.5))
  let tail: V = resnet_multiply_4(half, multiplyAdd(power, power, rest))
  return resnet_multiply_4(x, resnet_choose_negative_4(x, tail, resnet_subtract_4(one, tail)))
}
