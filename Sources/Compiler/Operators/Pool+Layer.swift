// Pools as a source writes them: a window and its attributes.
import ResNetDSL

/// `3x3 max pool, stride 2`
struct MaxPoolLayer: SlidingPoolLayer {
  var pool: PoolLayer
  func tableText(_ usual: UsualAttributes) -> String { pool.tableText("max") }
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? { .maxPool(Pooling(pool, sized)) }

  func faults(_ layer: Layer, in place: LayerPlace, entering input: Shape, leaving extent: Extent) -> [Diagnostic] {
    undecided(pool, isAverage: false, layer, in: place, input, leaving: extent)
  }
}

/// `3x3 average pool, stride 2, counted`
struct AveragePoolLayer: SlidingPoolLayer {
  var pool: PoolLayer
  func tableText(_ usual: UsualAttributes) -> String { pool.tableText("average") }
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? { .averagePool(Pooling(pool, sized)) }

  func faults(_ layer: Layer, in place: LayerPlace, entering input: Shape, leaving extent: Extent) -> [Diagnostic] {
    undecided(pool, isAverage: true, layer, in: place, input, leaving: extent)
  }
}

/// What both pools with a window have in common.
protocol SlidingPoolLayer: LayerLowering {
  var pool: PoolLayer { get }
}

extension SlidingPoolLayer {
  var suffix: String? { "pool" }
  func window(entering map: Extent) -> Window? { Window(pool, entering: map) }
  var stride: Located<Stride>? { pool.stride }
  var repeatsStride: Bool { true }
  func output(of input: Shape, _ extent: Extent) -> Shape { Shape(input.channels, extent) }
  var isModule: Bool { true }
}

extension Pooling {
  fileprivate init(_ layer: PoolLayer, _ sized: SizedLayer) {
    let window = Window(layer, entering: sized.input.extent).placed(on: sized.input.extent, by: sized.stride)
    self.init(
      kernel: window.kernel, stride: sized.stride, padding: window.padding, ceilMode: window.ceilMode,
      countsPadding: window.countsPadding)
  }
}

extension PoolLayer {
  fileprivate func tableText(_ kind: String) -> String {
    var words = ["\(kernel.text) \(kind) pool"]
    if let stride { words.append("stride \(stride.value.text)") }
    // An even window has none unless it says so; an odd one's depends on the map.
    let isEven = kernel.height % 2 == 0 && kernel.width % 2 == 0
    words += padding.padText(unless: isEven ? .zero : nil)
    if ceilMode { words.append("ceil") }
    if let countsPadding { words.append(countsPadding ? "counted" : "uncounted") }
    return words.joined(separator: ", ")
  }
}
