// What there is to count, kind by kind, so that every convention of counting is a sum of some of it.

/// Of one image. Sums that do not fit are `Int.max`.
package struct Cost: Hashable, Sendable {
  /// Weights, biases, norms' scales and shifts, slopes, factors; not the running statistics.
  package var parameters = 0
  /// Multiply-adds of convolutions and fully connected layers, without biases.
  package var macs = 0
  /// Values that convolutions produce.
  package var activations = 0
  /// Values that any layer produces, its norm and activation included.
  package var values = 0
  /// Values that a bias is added to.
  package var biasAdds = 0
  /// Those of them that a convolution produces.
  package var convolutionBiasAdds = 0
  /// Values that batch norm produces.
  package var normalized = 0
  /// The same of group norms, and of layer norms.
  package var groupNormalized = 0
  package var layerNormalized = 0
  /// Weights that are standardised, which is done once here, and in each pass elsewhere.
  package var standardized = 0
  /// Norms' scales and shifts, and slopes: parameters that each meet many values.
  package var scales = 0
  /// Values that a ReLU, PReLU, ELU or GELU produces.
  package var activated = 0
  /// Values that a ReLU6 produces.
  package var clipped = 0
  /// Values that a leaky ReLU, a SiLU or a softmax produces, and what the tools that count those count of a local response
  /// norm. None counts those of a sigmoid, a tangent or their hard forms.
  package var softened = 0
  /// Values that pools read, and those of them that a global pool reads.
  package var pooled = 0
  package var globallyPooled = 0
  /// Values that upsampling produces, and those of them that lie between others.
  package var upsampled = 0
  package var interpolated = 0

  package init() {}

  package static func + (a: Cost, b: Cost) -> Cost {
    var total = a
    total += b
    return total
  }

  package static func += (a: inout Cost, b: Cost) {
    a.parameters = sum(a.parameters, b.parameters)
    a.macs = sum(a.macs, b.macs)
    a.activations = sum(a.activations, b.activations)
    a.values = sum(a.values, b.values)
    a.biasAdds = sum(a.biasAdds, b.biasAdds)
    a.convolutionBiasAdds = sum(a.convolutionBiasAdds, b.convolutionBiasAdds)
    a.normalized = sum(a.normalized, b.normalized)
    a.groupNormalized = sum(a.groupNormalized, b.groupNormalized)
    a.layerNormalized = sum(a.layerNormalized, b.layerNormalized)
    a.standardized = sum(a.standardized, b.standardized)
    a.scales = sum(a.scales, b.scales)
    a.activated = sum(a.activated, b.activated)
    a.clipped = sum(a.clipped, b.clipped)
    a.softened = sum(a.softened, b.softened)
    a.pooled = sum(a.pooled, b.pooled)
    a.globallyPooled = sum(a.globallyPooled, b.globallyPooled)
    a.upsampled = sum(a.upsampled, b.upsampled)
    a.interpolated = sum(a.interpolated, b.interpolated)
  }
}

/// The sum, or `Int.max` where it does not fit.
func sum(_ terms: Int...) -> Int {
  var result = 0
  for term in terms {
    let (value, overflow) = result.addingReportingOverflow(term)
    if overflow { return .max }
    result = value
  }
  return result
}

/// The same of two, which are most.
func sum(_ a: Int, _ b: Int) -> Int {
  let (value, overflow) = a.addingReportingOverflow(b)
  return overflow ? .max : value
}
