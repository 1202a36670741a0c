// Pools that lead to a size of their own: of each bin of the map the maximum or the mean. Bins are PyTorch's: of `n` over `h`
// rows, bin `i` is the rows from `i h / n`, rounded down, to `(i + 1) h / n`, rounded up; so neighbours may share one.
package import ResNetDSL

/// The mean of the whole map is one of its own, `GlobalAveragePool`.
package struct AdaptivePool: Operator {
  package var reduction: AdaptivePoolLayer.Reduction
  /// How many bins there are.
  package var size: Extent
  /// Its value is one pixel, whose channels are all bins of the first channel, row by row, then those of the second.
  package var isFlat = false

  /// Rows, or columns, of a bin.
  static func bin(_ index: Int, of count: Int, over length: Int) -> Range<Int> {
    index * length / count..<((index + 1) * length + count - 1) / count
  }

  func shape(of input: Shape) -> Shape {
    isFlat ? Shape(product(input.channels, size.height, size.width), 1, 1) : Shape(input.channels, size)
  }

  func check(_ node: inout NodeCheck) {
    node.require(size.height > 0 && size.width > 0, "has bins")
    node.require(node.shape == shape(of: node.inputs[0]), "pools to its shape")
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    let x = inputs[0]
    let pooled = Value(Shape(x.shape.channels, size)) { channel, row, column in
      let rows = AdaptivePool.bin(row, of: size.height, over: x.shape.height)
      let columns = AdaptivePool.bin(column, of: size.width, over: x.shape.width)
      let seen = rows.flatMap { row in columns.map { x[channel, row, $0] } }
      switch reduction {
      case .max: return seen.reduce(-.infinity) { max($0, $1) }
      case .average: return seen.reduce(0, +) / Double(seen.count)
      }
    }
    return Value(shape, pooled.elements)
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    let (x, size) = (graph.map(inputs[0]), size)
    guard case .map(let map) = x.kind else { return x }
    if let pooling = even(over: map.extent) {
      return pooling.onnx(x, Shape(map.channels, size), reduction == .max ? .maxPool : .averagePool, &graph)
    }
    // Bins may overlap and differ in size: of each the rows first, then the columns.
    var value = x
    for (axis, count, length) in [(2, size.height, map.height), (3, size.width, map.width)] {
      let bins = (0..<count).map { index in
        let bin = AdaptivePool.bin(index, of: count, over: length)
        let cut = graph.slice(value, axis: axis, bin, makes: .inner)
        return graph.add(
          reduction == .max ? .reduceMax : .reduceMean, [cut], [.axes: .ints([axis]), .keepdims: .int(1)])
      }
      let kind = axis == 2 ? ONNXValue.Kind.inner : .map(Shape(map.channels, size))
      value = graph.add(.concat, bins, [.axis: .int(axis)], makes: kind)
    }
    return isFlat ? graph.row(value) : value
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    let word = reduction == .max ? "max" : "avg"
    let flat = isFlat ? ".flatten(1)[:, :, None, None]" : ""
    return place.value { "F.adaptive_\(word)_pool2d(\($0[0]), (\(size.height), \(size.width)))\(flat)" }
  }

  func kind(of node: Node) -> LayerKind? {
    reduction == .max ? .adaptiveMaxPool : .adaptiveAveragePool
  }

  func cost(_ node: NodeShapes) -> Cost {
    var cost = Cost()
    cost.pooled = node.read
    if reduction == .average { cost.globallyPooled = node.read }
    return cost
  }

  func window(_ node: NodeShapes) -> SlidingWindow {
    let map = node.inputs[0].extent
    guard !isFlat else { return SlidingWindow(extent: map) }
    // That of the largest bin, and its step as far as it is the same for all.
    func largest(_ count: Int, _ length: Int) -> Int {
      (0..<count).reduce(1) { max($0, AdaptivePool.bin($1, of: count, over: length).count) }
    }
    return SlidingWindow(
      extent: Extent(largest(size.height, map.height), largest(size.width, map.width)),
      stride: Stride(max(1, map.height / size.height), max(1, map.width / size.width)))
  }

  /// The same as a window that slides, where bins are alike and next to each other.
  func even(over map: Extent) -> Pooling? {
    guard !isFlat, map.height % size.height == 0, map.width % size.width == 0 else { return nil }
    let kernel = Extent(map.height / size.height, map.width / size.width)
    let stride = size == Extent(square: 1) ? 1 : Stride(kernel.height, kernel.width)
    return Pooling(kernel: kernel, stride: stride, padding: .zero)
  }

  func access(toInput position: Int) -> InputAccess { InputAccess(order: isFlat ? .plain : .same) }
  private var word: String { reduction == .max ? "maxpool-to" : "avgpool-to" }
  var dump: (name: String, details: [String]) { (word, [size.text] + (isFlat ? ["flat"] : [])) }
  var table: TableRow? { TableRow("\(word) \(size.text)") }
  func isNonnegative(_ inputs: [Bool]) -> Bool { inputs[0] }
  var summary: String { "\(reduction == .max ? "max" : "average") pool to \(size.text)" }
  var box: (kind: DrawnBox.Kind, text: String)? {
    (.pool, "\(reduction == .max ? "pool" : "avg pool") to \(size.text)")
  }
}

extension LayerKind {
  package static let adaptiveMaxPool = LayerKind(name: "adaptive max pool")
  package static let adaptiveAveragePool = LayerKind(name: "adaptive average pool")
}

/// `average pool to 4x4`, `average pool`, `max pool`
extension AdaptivePoolLayer: LayerLowering {
  var suffix: String? { "pool" }

  func tableText(_ usual: UsualAttributes) -> String {
    let word = reduction == .max ? "max pool" : "average pool"
    return self == .wholeMap(reduction) ? word : "\(word) to \(size.text)"
  }

  func output(of input: Shape, _ extent: Extent) -> Shape { Shape(input.channels, size) }
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? {
    self == .wholeMap(.average) ? .globalAveragePool : .adaptivePool(AdaptivePool(reduction: reduction, size: size))
  }
}

/// `spatial pyramid pool 7 3 2 1`
struct SpatialPyramidPoolLayer: LayerLowering {
  var levels: [Int]
  var suffix: String? { "pyramid" }
  /// Lowering writes out its levels.
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? { nil }

  func tableText(_ usual: UsualAttributes) -> String {
    "spatial pyramid pool " + levels.map(String.init).joined(separator: " ")
  }

  var pools: [AdaptivePool] {
    levels.map { AdaptivePool(reduction: .max, size: Extent(square: $0), isFlat: true) }
  }

  func output(of input: Shape, _ extent: Extent) -> Shape {
    Shape(pools.reduce(0) { sum($0, $1.shape(of: input).channels) }, 1, 1)
  }

  func faults(_ layer: Layer, in place: LayerPlace, entering input: Shape, leaving extent: Extent) -> [Diagnostic] {
    let features = output(of: input, extent).channels
    guard features > Limits.channels else { return [] }
    return [
      Diagnostic(
        .error, .layerTooLarge,
        "the spatial pyramid pool of \(place.stage.name.value) makes \(features) features, more than \(Limits.channels)",
        at: Label(layer.span, "\(input.channels) channels enter here"))
    ]
  }
}
