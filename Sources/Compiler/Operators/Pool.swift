// Pools: the maximum or the mean of a window that slides, and the mean of a whole map.
package import ResNetDSL

/// A window that slides. Windows that `ceilMode` adds never start in the padding after the map, as in PyTorch.
package struct Pooling: Hashable, Sendable {
  package var kernel: Extent
  package var stride: Stride
  package var padding: Padding
  package var ceilMode: Bool
  /// The zeros of the padding take part: in the divisor of an average (PyTorch's `count_include_pad`), among the values of a
  /// maximum. Places that `ceilMode`
  /// reaches beyond the padding never do.
  package var countsPadding: Bool

  package init(kernel: Extent, stride: Stride, padding: Padding, ceilMode: Bool = false, countsPadding: Bool = false) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.ceilMode = ceilMode
    self.countsPadding = countsPadding
  }
}

struct MaxPool: SlidingPool {
  var pooling: Pooling

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    Value(shape) { channel, row, column in
      let seen = pooling.seen(of: inputs[0], channel, row, column)
      let seesPadding = pooling.countsPadding && pooling.places(in: inputs[0].shape, row, column) > seen.count
      return seen.reduce(seesPadding ? 0 : -.infinity) { max($0, $1) }
    }
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    pooling.onnx(graph.map(inputs[0]), shape, .maxPool, &graph)
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    var (made, isPadded) = ("\(pooling.kernel.pytorch), \(pooling.stride.pytorch)", pooling.padding != .zero)
    // Its own padding is even, and of minus infinity.
    if isPadded, pooling.padding.isEven, !pooling.countsPadding {
      made += ", \(pooling.padding.pytorch)"
      isPadded = false
    }
    if pooling.ceilMode { made += ", ceil_mode=True" }
    guard isPadded else { return place.value { [made] in "F.max_pool2d(\($0[0]), \(made))" } }
    let filling = pooling.countsPadding ? "" : ", value=-torch.inf"
    return place.value { [made] in
      "F.max_pool2d(F.pad(\($0[0]), \(pooling.padding.pytorchSides)\(filling)), \(made))"
    }
  }

  func kind(of node: Node) -> LayerKind? { .maxPool }
  var quantization: Quantization? { .keeps }
  func isNonnegative(_ inputs: [Bool]) -> Bool { inputs[0] }
  var dump: (name: String, details: [String]) { ("maxpool", pooling.dump) }
  var table: TableRow? { TableRow("maxpool \(pooling.kernel.text)", pooling.phrases) }
  var summary: String {
    "\(pooling.kernel.height)x\(pooling.kernel.width) max pool" + (pooling.countsPadding ? ", padding counted" : "")
  }
  var description: [String] { ["\(pooling.kernel.text) max pool", "stride \(pooling.stride.text)"] }
  var box: (kind: DrawnBox.Kind, text: String)? { (.pool, "pool\(boxText(stride: pooling.stride))") }
}

/// Divides by the number of positions inside the map, or in its padding too.
struct AveragePool: SlidingPool {
  var pooling: Pooling

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    Value(shape) { channel, row, column in
      let seen = pooling.seen(of: inputs[0], channel, row, column)
      return seen.reduce(0, +)
        / Double(pooling.countsPadding ? pooling.places(in: inputs[0].shape, row, column) : seen.count)
    }
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    pooling.onnx(graph.map(inputs[0]), shape, .averagePool, &graph)
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    var made = "\(pooling.kernel.pytorch), \(pooling.stride.pytorch)"
    if pooling.padding != .zero, pooling.padding.isEven { made += ", \(pooling.padding.pytorch)" }
    if pooling.ceilMode { made += ", ceil_mode=True" }
    if pooling.padding.isEven, !pooling.countsPadding { made += ", count_include_pad=False" }
    // Its own padding is even; what is padded before counts, and is taken out by how many ones a window sees.
    func padded(_ text: String) -> String {
      pooling.padding.isEven ? text : "F.pad(\(text), \(pooling.padding.pytorchSides))"
    }
    guard !pooling.padding.isEven, !pooling.countsPadding else {
      return place.value { [made] in "F.avg_pool2d(\(padded($0[0])), \(made))" }
    }
    made += ", divisor_override=1"
    return place.value { [made] in
      "F.avg_pool2d(\(padded($0[0])), \(made)) / F.avg_pool2d(\(padded("torch.ones_like(\($0[0]))")), \(made))"
    }
  }

  func kind(of node: Node) -> LayerKind? { .averagePool }
  var quantization: Quantization? { .follows(isClamped: true) }
  func isNonnegative(_ inputs: [Bool]) -> Bool { inputs[0] }
  var dump: (name: String, details: [String]) { ("averagepool", pooling.dump) }
  var table: TableRow? {
    TableRow("avgpool \(pooling.kernel.text)", pooling.phrases)
  }
  var summary: String {
    "\(pooling.kernel.height)x\(pooling.kernel.width) average pool" + (pooling.countsPadding ? ", padding counted" : "")
  }
  var description: [String] { ["\(pooling.kernel.text) average pool", "stride \(pooling.stride.text)"] }
  var box: (kind: DrawnBox.Kind, text: String)? { (.pool, "avg pool\(boxText(stride: pooling.stride))") }
}

/// The mean of each channel; its value is `channels x 1 x 1`.
struct GlobalAveragePool: Operator {
  func check(_ node: inout NodeCheck) {
    node.require(node.shape == Shape(node.inputs[0].channels, 1, 1), "has one value a channel")
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    let x = inputs[0]
    let positions = x.shape.height * x.shape.width
    return Value(shape) { channel, _, _ in
      x.elements[channel * positions..<(channel + 1) * positions].reduce(0, +) / Double(positions)
    }
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    graph.add(.globalAveragePool, [graph.map(inputs[0])], makes: .map(shape))
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    place.value { "F.adaptive_avg_pool2d(\($0[0]), 1)" }
  }

  func kind(of node: Node) -> LayerKind? { .globalAveragePool }
  var quantization: Quantization? { .follows(isClamped: true) }
  func isNonnegative(_ inputs: [Bool]) -> Bool { inputs[0] }

  func cost(_ node: NodeShapes) -> Cost {
    var cost = Cost()
    cost.pooled = node.read
    cost.globallyPooled = node.read
    return cost
  }

  func window(_ node: NodeShapes) -> SlidingWindow { SlidingWindow(extent: node.inputs[0].extent) }
  var dump: (name: String, details: [String]) { ("globalaveragepool", []) }
  var table: TableRow? { TableRow("globalavgpool") }
  var summary: String { "global average pool" }
  var description: [String] { ["average of the whole map"] }
  var box: (kind: DrawnBox.Kind, text: String)? { (.pool, "avg pool") }
}

/// What both pools with a window have in common.
protocol SlidingPool: Operator {
  var pooling: Pooling { get }
}

extension SlidingPool {
  func check(_ node: inout NodeCheck) {
    node.require(pooling.stride.rows > 0 && pooling.stride.columns > 0, "strides are positive")
    node.require(
      2 * max(pooling.padding.top, pooling.padding.bottom) <= pooling.kernel.height
        && 2 * max(pooling.padding.left, pooling.padding.right) <= pooling.kernel.width,
      "pads at most half of its window")
    let extent = slid(
      node.inputs[0], pooling.kernel, pooling.stride, pooling.padding, dilation: 1, ceiling: pooling.ceilMode)
    node.require(node.shape.extent == extent && node.shape.channels == node.inputs[0].channels, "slides to its shape")
  }

  func cost(_ node: NodeShapes) -> Cost {
    var cost = Cost()
    cost.pooled = node.read
    return cost
  }

  func window(_ node: NodeShapes) -> SlidingWindow { SlidingWindow(extent: pooling.kernel, stride: pooling.stride) }
}

extension LayerKind {
  package static let maxPool = LayerKind(name: "max pool")
  package static let averagePool = LayerKind(name: "average pool")
  package static let globalAveragePool = LayerKind(name: "global average pool")
}

extension Pooling {
  /// What a window sees of the map.
  fileprivate func seen(of x: Value, _ channel: Int, _ row: Int, _ column: Int) -> [Double] {
    var seen: [Double] = []
    for kernelRow in 0..<kernel.height {
      for kernelColumn in 0..<kernel.width {
        let inRow = row * stride.rows - padding.top + kernelRow
        let inColumn = column * stride.columns - padding.left + kernelColumn
        if x.contains(inRow, inColumn) { seen.append(x[channel, inRow, inColumn]) }
      }
    }
    return seen
  }

  /// The places of a window that lie in the map or its padding.
  fileprivate func places(in map: Shape, _ row: Int, _ column: Int) -> Int {
    func along(_ start: Int, _ kernel: Int, _ end: Int) -> Int { min(start + kernel, end) - start }
    return along(row * stride.rows - padding.top, kernel.height, map.height + padding.bottom)
      * along(column * stride.columns - padding.left, kernel.width, map.width + padding.right)
  }

  /// Where `ceilMode` adds windows, the map ends in as much more padding, which takes part in nothing.
  func onnx(
    _ x: ONNXValue, _ shape: Shape, _ kind: ONNXOperator, _ graph: inout ONNXGraph
  ) -> ONNXValue {
    guard case .map(let map) = x.kind else { return x }
    func missing(_ out: Int, _ stride: Int, _ kernel: Int, _ length: Int) -> Int {
      max(0, (out - 1) * stride + kernel - length)
    }
    let more = (
      missing(shape.height, stride.rows, kernel.height, map.height + padding.top + padding.bottom),
      missing(shape.width, stride.columns, kernel.width, map.width + padding.left + padding.right)
    )
    var (x, pads) = (x, [padding.top, padding.left, sum(padding.bottom, more.0), sum(padding.right, more.1)])
    // ONNX pads a maximum with nothing but minus infinity, and counts what `ceilMode` adds in an average, too.
    if countsPadding, padding != .zero, kind == .maxPool || more != (0, 0) {
      // Of zeros ONNX Runtime makes padding of the pool's own.
      let filling = graph.number(kind == .maxPool ? 1e-30 : 0)
      let around = graph.integers([0, 0, padding.top, padding.left, 0, 0, padding.bottom, padding.right])
      let padded = Shape(
        map.channels, map.height + padding.top + padding.bottom, map.width + padding.left + padding.right)
      x = graph.add(.pad, [x, around, filling], [.mode: .text("constant")], makes: .map(padded))
      pads = [0, 0, more.0, more.1]
    }
    let window = (
      kernel: ONNXAttributeValue.ints([kernel.height, kernel.width]),
      strides: ONNXAttributeValue.ints([stride.rows, stride.columns])
    )
    guard kind == .averagePool else {
      return graph.add(
        kind, [x], [.kernelShape: window.kernel, .strides: window.strides, .pads: .ints(pads)], makes: .map(shape))
    }
    return graph.add(
      kind, [x],
      [
        .kernelShape: window.kernel, .strides: window.strides, .pads: .ints(pads),
        .countIncludePad: .int(countsPadding && more == (0, 0) ? 1 : 0),
      ], makes: .map(shape))
  }

  fileprivate var dump: [String] {
    var details = [kernel.text, "stride \(stride.text)"]
    if padding != .zero { details.append("pad \(padding.text)") }
    if ceilMode { details.append("ceil") }
    if countsPadding { details.append("counted") }
    return details
  }

  /// In a layer table.
  fileprivate var phrases: [String] {
    (stride == 1 ? [] : ["stride \(stride.text)"]) + (padding == .zero ? [] : ["pad \(padding.text)"])
      + (countsPadding ? ["counted"] : [])
  }
}
