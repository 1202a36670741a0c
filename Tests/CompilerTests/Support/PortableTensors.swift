// Parameters that Swift and Python make alike, from a name and a seed; see scripts/interpreter_tensors.py.

/// splitmix64's finaliser.
private func mix(_ value: UInt64) -> UInt64 {
  var z = value
  z ^= z >> 30
  z &*= 0xBF58_476D_1CE4_E5B9
  z ^= z >> 27
  z &*= 0x94D0_49BB_1331_11EB
  return z ^ z >> 31
}

/// The tensor of a name and shape: weights of unit gain, lived-in statistics, all rounded to float.
func portableTensor(_ name: String, _ shape: [Int], seed: UInt64 = 0) -> [Double] {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  let key = mix(hash ^ (seed &* 0x9E37_79B9_7F4A_7C15))
  let fanIn = Double(shape.dropFirst().reduce(1, *))
  return (0..<shape.reduce(1, *)).map { index in
    let u = Double(mix(key &+ (UInt64(index) + 1) &* 0x9E37_79B9_7F4A_7C15) >> 40) / 16_777_216
    let value: Double =
      switch (shape.count, name) {
      case (_, "input"): 4 * u - 2
      case (3...4, _): (2 * u - 1) * (6 / fanIn).squareRoot()
      case (2, _): (2 * u - 1) * (3 / fanIn).squareRoot()
      case (_, let name) where name.hasSuffix("running_mean"): 0.2 * (2 * u - 1)
      case (_, let name) where name.hasSuffix("running_var"): 2 + 4 * u
      case (_, let name) where name.hasSuffix(".weight"): 0.5 + u
      default: 0.2 * (2 * u - 1)
      }
    return Double(Float(value))
  }
}
