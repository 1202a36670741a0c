// SPDX-License-Identifier: Apache-2.0
// Seeded tensors, the same on every machine and easy to compute elsewhere (scripts do so in NumPy, to ask PyTorch for
// its answer). An element depends on the seed, the tensor's name and its index alone, never on the order of reading.
//
// The ranges keep a deep network alive: He-uniform weights for convolutions, and batch norms that look lived in, whose
// scale stays near one and whose variance stays away from zero, so that 1,200 layers neither fade nor overflow.

/// Tensors of pseudo-random numbers, a function of a seed.
package struct RandomTensors: Sendable, Equatable {
  /// Tells one set of tensors from another.
  package let seed: UInt64

  /// The tensors of a seed.
  package init(seed: UInt64) { self.seed = seed }

  /// Fills `output` with the tensor of a name, in row-major order of `shape`.
  package func fill(_ output: UnsafeMutableBufferPointer<Float>, name: String, shape: [Int]) {
    let range = Self.range(name: name, shape: shape)
    let key = mix(hash(name) ^ (seed &* golden))
    for i in output.indices {
      // 24 bits, so that every u in [0, 1) is a Float too.
      let u = Double(mix(key &+ UInt64(truncatingIfNeeded: i &+ 1) &* golden) >> 40) * 0x1p-24
      switch range {
      case .symmetric(let scale): output[i] = Float((2 * u - 1) * scale)
      case .affine(let low, let span): output[i] = Float(low + span * u)
      }
    }
  }

  private enum Range {
    case symmetric(Double)
    case affine(low: Double, span: Double)
  }

  private static func range(name: String, shape: [Int]) -> Range {
    if name == "input" { return .affine(low: -2, span: 4) }
    switch shape.count {
    case 3, 4: return .symmetric((6 / Double(shape.dropFirst().reduce(1, *))).squareRoot())
    case 2: return .symmetric((3 / Double(shape[1])).squareRoot())
    default: break
    }
    if name.hasSuffix("running_var") { return .affine(low: 2, span: 4) }
    if name.hasSuffix(".weight") { return .affine(low: 0.5, span: 1) }
    return .symmetric(0.2)  // Biases and running means.
  }
}

/// 2^64 divided by the golden ratio: multiples of it are spread evenly.
private let golden: UInt64 = 0x9E37_79B9_7F4A_7C15

/// The finaliser of splitmix64.
private func mix(_ value: UInt64) -> UInt64 {
  var z = value
  z ^= z >> 30
  z &*= 0xBF58_476D_1CE4_E5B9
  z ^= z >> 27
  z &*= 0x94D0_49BB_1331_11EB
  z ^= z >> 31
  return z
}

/// FNV-1a over the bytes of a name.
private func hash(_ name: String) -> UInt64 {
  var hash = FNV1a()
  hash.add(name.utf8)
  return hash.value
}
