// What is wrong, or odd, with the numbers of weights: values that no network can run on, and channels that say the same
// whatever they see. The first kind keeps a package from loading them, by the same rules.
import ResNetRuntime

/// Something about the numbers of one tensor.
package struct WeightFinding: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case notANumber, infinite, negativeVariance
    /// Doubles beyond what 32 bits hold, as which a package reads them.
    case tooLarge
    /// Kernels of zeros alone.
    case emptyKernel
    /// Factors of zero: what a norm gives is its offset, whatever it reads.
    case zeroFactor
  }

  package var tensor: String
  package var kind: Kind
  /// Along the first dimension: where the first stands, and in how many channels there are any.
  package var first: Int
  package var channels: Int
  package var of: Int

  /// Whether a package would refuse the weights.
  package var isError: Bool {
    switch kind {
    case .notANumber, .infinite, .negativeVariance, .tooLarge: true
    case .emptyKernel, .zeroFactor: false
    }
  }

  /// A line.
  package var text: String {
    let place = "in \(channels) of \(of) channels, the first \(first)"
    return switch kind {
    case .notANumber: "\(tensor) holds NaN \(place)"
    case .infinite: "\(tensor) holds an infinity \(place)"
    case .tooLarge: "\(tensor) holds values beyond 3.4e38, which 32 bits do not hold, \(place)"
    case .negativeVariance: "\(tensor) is negative \(place)"
    case .emptyKernel: "\(tensor) is zero everywhere \(place): they give the same whatever they read"
    case .zeroFactor: "\(tensor) is zero \(place): they give the same whatever they read"
    }
  }
}

extension Conversion {
  /// All there is to say about the numbers, tensor by tensor.
  package func findings(for model: ModelTensors) -> [WeightFinding] {
    let variances = NameIndex(model.tensors.map(\.name).filter { $0.hasSuffix("running_var") })
    let factors = NameIndex(model.norms.map(\.factor))
    var findings: [WeightFinding] = []
    for tensor in tensors {
      guard let values = tensor.values(), !values.isEmpty else { continue }
      let channels = tensor.shape.first ?? 1
      let width = values.count / max(channels, 1)
      func find(_ kind: WeightFinding.Kind, _ test: (ArraySlice<Double>) -> Bool) {
        let found = (0..<channels).filter { test(values[$0 * width..<($0 + 1) * width]) }
        guard let first = found.first else { return }
        findings.append(
          WeightFinding(tensor: tensor.name, kind: kind, first: first, channels: found.count, of: channels))
      }
      find(.notANumber) { $0.contains { $0.isNaN } }
      find(.infinite) { $0.contains { $0.isInfinite } }
      if tensor.dtype == .f64 { find(.tooLarge) { $0.contains { $0.isFinite && Float($0).isInfinite } } }
      if variances.find(tensor.name) != nil { find(.negativeVariance) { $0.contains { $0 < 0 } } }
      if factors.find(tensor.name) != nil { find(.zeroFactor) { $0.allSatisfy { $0 == 0 } } }
      if tensor.shape.count == 4 { find(.emptyKernel) { $0.allSatisfy { $0 == 0 } } }
      tensor.release()
    }
    return findings
  }

  /// How many numbers there are, and of which types: `25,557,032 numbers, F32`.
  package var types: [String] {
    Array(Set(tensors.map(\.dtype.rawValue))).sorted { precedes($0, $1) }
  }
}
