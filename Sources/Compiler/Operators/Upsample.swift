// Upsampling: a map so many times as high and as wide. The nearest value or, along straight lines, what lies between the
// middles of the values around: PyTorch's `Upsample` and `interpolate` with `align_corners=False`.
package import ResNetDSL

package struct Upsample: Operator {
  package var factor: Int
  package var method: UpsampleLayer.Method

  func shape(of input: Shape) -> Shape {
    Shape(input.channels, product(input.height, factor), product(input.width, factor))
  }

  func check(_ node: inout NodeCheck) {
    node.require(factor > 1, "makes its map larger")
    node.require(node.shape == shape(of: node.inputs[0]), "upsamples to its shape")
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    let x = inputs[0]
    guard method == .bilinear else {
      return Value(shape) { channel, row, column in x[channel, row / factor, column / factor] }
    }
    // Two neighbours, and the share of the second.
    func around(_ index: Int, _ length: Int) -> (first: Int, second: Int, share: Double) {
      let place = max(0, (Double(index) + 0.5) / Double(factor) - 0.5)
      let first = Int(place)
      return (first, min(first + 1, length - 1), place - Double(first))
    }
    return Value(shape) { channel, row, column in
      let (y, x0) = (around(row, x.shape.height), around(column, x.shape.width))
      func line(_ row: Int) -> Double {
        (1 - x0.share) * x[channel, row, x0.first] + x0.share * x[channel, row, x0.second]
      }
      return (1 - y.share) * line(y.first) + y.share * line(y.second)
    }
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    let scales = graph.numbers([1, 1, Float(factor), Float(factor)])
    // Halves of pixels as `align_corners=False` has them; the nearest is the one that a place was made of.
    let attributes: KeyValuePairs<ONNXAttribute, ONNXAttributeValue> =
      switch method {
      case .bilinear: [.mode: .text("linear"), .coordinateTransformationMode: .text("half_pixel")]
      case .nearest:
        [
          .mode: .text("nearest"), .coordinateTransformationMode: .text("asymmetric"), .nearestMode: .text("floor"),
        ]
      }
    return graph.add(.resize, [graph.map(inputs[0]), .none, scales], attributes, makes: .map(shape))
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    let mode = method == .bilinear ? "\"bilinear\", align_corners=False" : "\"nearest\""
    return place.value { "F.interpolate(\($0[0]), scale_factor=\(factor), mode=\(mode))" }
  }

  func kind(of node: Node) -> LayerKind? { .upsample }

  func cost(_ node: NodeShapes) -> Cost {
    var cost = Cost()
    cost.upsampled = node.output.count
    if method == .bilinear { cost.interpolated = node.output.count }
    return cost
  }

  func window(_ node: NodeShapes) -> SlidingWindow {
    SlidingWindow(extent: Extent(square: method == .bilinear ? 2 : 1), upsampling: factor)
  }

  private var details: [String] { ["\(factor)", method.rawValue] }
  var dump: (name: String, details: [String]) { ("upsample", details) }
  var table: TableRow? { TableRow("upsample \(factor)", method == .bilinear ? ["bilinear"] : []) }
  func isNonnegative(_ inputs: [Bool]) -> Bool { inputs[0] }
  var summary: String { "upsample \(factor)" + (method == .nearest ? "" : " \(method.rawValue)") }
  var description: [String] {
    [
      "upsample", "\(factor) times as high and as wide",
      method == .nearest ? "the nearest value" : "straight between values",
    ]
  }
  var box: (kind: DrawnBox.Kind, text: String)? { (.other, "upsample, x\(factor)") }
}

extension LayerKind {
  package static let upsample = LayerKind(name: "upsample")
}

/// `upsample 2`
extension UpsampleLayer: LayerLowering {
  var suffix: String? { "upsample" }
  var isModule: Bool { true }
  private var upsample: Upsample { Upsample(factor: factor, method: method) }
  func tableText(_ usual: UsualAttributes) -> String { upsample.summary }
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? { .upsample(upsample) }

  func output(of input: Shape, _ extent: Extent) -> Shape {
    let shape = upsample.shape(of: input)
    return Shape(shape.channels, min(shape.height, Limits.spatial), min(shape.width, Limits.spatial))
  }

  func faults(_ layer: Layer, in place: LayerPlace, entering input: Shape, leaving extent: Extent) -> [Diagnostic] {
    let shape = upsample.shape(of: input)
    guard max(shape.height, shape.width) > Limits.spatial else { return [] }
    return [
      Diagnostic(
        .error, .layerTooLarge,
        "the map of this layer of \(place.stage.name.value) is more than \(Limits.spatial) high or wide",
        at: Label(layer.span, "\(input.extent.text) enters here"))
    ]
  }
}
