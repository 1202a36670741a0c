// What a network may ask for. The numbers are far above anything published, and small enough that no product of them
// that the compiler forms overflows unnoticed. Checked before any shape is computed.
import ResNetDSL

/// The stated limits; `explain number-out-of-range` and its neighbours print them.
enum Limits {
  static let dimension = 1...(1 << 20)
  static let window = 1...1024
  static let padding = 0...1024
  static let repeats = 1...20_000
  /// Layers of a network, repeats expanded.
  static let layers = 20_000
  /// Weights of one layer, and values of one feature map.
  static let elements = 1 << 30
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

/// Reports every number of the network that is out of its range.
func checkNumbers(_ network: Network, _ sink: inout Diagnostics) {
  func check(_ value: Int, _ range: ClosedRange<Int>, _ what: String, _ span: Span) {
    guard !range.contains(value) else { return }
    sink.report(
      Diagnostic(
        .error, .numberOutOfRange, "\(what) is \(value), but must be from \(range.lowerBound) to \(range.upperBound)",
        at: Label(span)))
  }
  func check(_ extent: Extent, _ range: ClosedRange<Int>, _ what: String, _ span: Span) {
    check(extent.height, range, "the height of \(what)", span)
    check(extent.width, range, "the width of \(what)", span)
  }
  func check(_ layer: Layer, in stage: Stage) {
    let name = stage.name.value
    func checkPool(_ pool: PoolLayer) {
      check(pool.kernel, Limits.window, "a window of \(name)", layer.span)
      if let stride = pool.stride { check(stride.value, Limits.window, "a stride of \(name)", stride.span) }
      if let padding = pool.padding { check(padding, Limits.padding, "a padding of \(name)", layer.span) }
    }
    switch layer.kind {
    case .convolution(let convolution):
      check(convolution.kernel, Limits.window, "a window of \(name)", layer.span)
      check(convolution.width.value, Limits.dimension, "a width of \(name)", convolution.width.span)
      check(convolution.dilation, Limits.window, "a dilation of \(name)", layer.span)
      if let stride = convolution.stride { check(stride.value, Limits.window, "a stride of \(name)", stride.span) }
      if let padding = convolution.padding { check(padding, Limits.padding, "a padding of \(name)", layer.span) }
    case .maxPool(let pool), .averagePool(let pool):
      checkPool(pool)
    case .fullyConnected(let connected):
      check(connected.width.value, Limits.dimension, "a width of \(name)", connected.width.span)
    case .globalAveragePool, .activation, .dropout, .softmax: break
    }
  }

  let input = network.input.value
  check(input.channels, Limits.dimension, "the number of input channels", network.input.span)
  check(Extent(input.height, input.width), Limits.dimension, "the input", network.input.span)
  for stage in network.stages {
    if let size = stage.size { check(size.value, Limits.dimension, stage.name.value, size.span) }
    for item in stage.items {
      switch item {
      case .layer(let layer): check(layer, in: stage)
      case .block(let block):
        check(block.repeats, Limits.repeats, "a repeat of \(stage.name.value)", block.span)
        for layer in block.layers { check(layer, in: stage) }
      }
    }
  }
}

/// Reports a network that has no layers, or too many.
func checkLayerCount(_ network: Network, _ sink: inout Diagnostics) {
  var count = 0
  for stage in network.stages {
    for item in stage.items {
      switch item {
      case .layer: count += 1
      case .block(let block): count += product(block.repeats, block.layers.count + 1)
      }
      guard count <= Limits.layers else {
        sink.report(
          Diagnostic(
            .error, .tooManyLayers, "\(network.name.value) has more than \(Limits.layers) layers",
            at: Label(stage.name.span)))
        return
      }
    }
  }
  if count == 0 {
    sink.report(
      Diagnostic(.error, .emptyNetwork, "\(network.name.value) has no layers", at: Label(network.name.span)))
  }
}
