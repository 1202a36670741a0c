// What a layer may come to. The language limits every single number (`ResNetDSL.Limits`), so what is left to limit is
// their products.

/// The stated limits; `explain layer-too-large` and `explain too-much-work` print them.
enum LayerLimits {
  /// Weights of one layer, and values of one feature map.
  static let elements = 1 << 30
  /// Multiply-adds of the network.
  static let multiplyAdds = 1 << 60
}

/// The product, or `Int.max` where it does not fit.
func product(_ factors: Int...) -> Int {
  var result = 1
  for factor in factors {
    let (value, overflow) = result.multipliedReportingOverflow(by: factor)
    if overflow { return .max }
    result = value
  }
  return result
}
