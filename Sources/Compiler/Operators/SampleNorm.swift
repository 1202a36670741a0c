// Norms whose mean and variance are those of the value itself: over all pixels of a group of channels (group norm), or over
// the channels of each pixel (layer norm, as ConvNeXt has it). `(x - mean) / sqrt(variance + epsilon) * weight + bias`, the
// variance divided by the number of values; tensors `[channels]`.

struct SampleNormalize: Operator {
  var norm: SampleNorm
  var activation: Nonlinearity

  func tensors(channels: Int) -> [Tensor] { norm.tensors + activation.tensors(channels) }

  func check(_ node: inout NodeCheck) {
    node.keepsItsShape()
    node.require(norm.channels == node.shape.channels, "norms its channels")
    node.require(norm.epsilon > 0, "epsilon is positive")
    if case .groups(let count) = norm.extent {
      node.require(count > 0 && norm.channels % count == 0, "groups divide its channels")
    }
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    activation.value(norm.value(inputs[0], tensors), tensors)
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    activation.onnx(norm.onnx(inputs[0], shape, &graph), &graph)
  }

  func pytorch(_ place: PyTorchPlace) throws(PyTorchFault) -> PyTorchValue {
    guard !place.isRow else { throw place.fault("a norm of a row of features") }
    let made =
      switch norm.extent {
      case .groups(let groups): "nn.GroupNorm(\(groups), \(norm.channels)\(pytorchEpsilon(norm.epsilon)))"
      case .pixel: "LayerNorm2d(\(norm.channels), eps=\(norm.epsilon))"
      }
    return place.value(of: PyTorchModule(path: norm.path, constructor: made)).activated(activation)
  }

  func kind(of node: Node) -> LayerKind? { norm.extent == .pixel ? .layerNorm : .groupNorm }

  func cost(_ node: NodeShapes) -> Cost {
    var cost = activation.cost(node.output)
    cost.parameters += 2 * norm.channels
    cost.scales += 2 * norm.channels
    if norm.extent == .pixel {
      cost.layerNormalized = node.output.count
    } else {
      cost.groupNormalized = node.output.count
    }
    return cost
  }

  /// Groups are of consecutive channels; the channels of a pixel may lie in any order.
  func access(toInput position: Int) -> InputAccess { InputAccess(order: norm.extent == .pixel ? .same : .plain) }
  func overwritable(_ inputs: [NodeID]) -> [Int] { [0] }
  var dump: (name: String, details: [String]) {
    (norm.extent == .pixel ? "layernorm" : "groupnorm", norm.details + activation.dump)
  }
  var table: TableRow? {
    let tensors = TableRow.norm(norm.path, epsilon: norm.epsilon)
    return switch norm.extent {
    case .pixel: TableRow("layernorm", activation.dump, tensors: tensors)
    case .groups(let count): TableRow("groupnorm \(count)", activation.dump, tensors: tensors)
    }
  }
  func unnamed() -> Self { SampleNormalize(norm: norm.unnamed(), activation: activation.unnamed) }
  func isNonnegative(_ inputs: [Bool]) -> Bool { activation.isNonnegative }
  var summary: String { norm.name + (activation == .linear ? "" : ", \(activation.name)") }
  var description: [String] {
    if case .groups(let count) = norm.extent { return [norm.name, "\(count) groups"] }
    return [norm.name, "over the channels of each pixel"]
  }
  var box: (kind: DrawnBox.Kind, text: String)? { (.other, norm.name) }
}

/// The norm itself.
package struct SampleNorm: Hashable, Sendable {
  /// What has a mean and a variance.
  package enum Extent: Hashable, Sendable {
    /// Each pixel, over all channels.
    case pixel
    /// Each of so many groups of consecutive channels, over all pixels.
    case groups(Int)
  }
  package var channels: Int
  package var extent: Extent
  package var epsilon: Double
  /// Of the module, of which the tensors' names are made.
  package var path: String

  package init(channels: Int, extent: Extent, epsilon: Double, path: String) {
    self.channels = channels
    self.extent = extent
    self.epsilon = epsilon
    self.path = path
  }

  private var weight: String { path + ".weight" }
  private var bias: String { path + ".bias" }
  var tensors: [Tensor] { [weight, bias].map { Tensor(name: $0, shape: [channels]) } }
  var name: String { extent == .pixel ? "layer norm" : "group norm" }

  func unnamed() -> SampleNorm { SampleNorm(channels: channels, extent: extent, epsilon: epsilon, path: "") }

  fileprivate var details: [String] {
    let groups = if case .groups(let count) = extent { ["\(count) groups"] } else { [String]() }
    return groups + ["norm \(path) eps \(epsilon)"]
  }

  fileprivate func onnx(_ x: ONNXValue, _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    switch extent {
    case .pixel:
      let last = x.isRow ? x : graph.add(.transpose, [x], [.perm: .ints([0, 2, 3, 1])], makes: .inner)
      let tensors = tensors.map { graph.parameter($0) }
      let unit = graph.add(
        .layerNormalization, [last] + tensors, [.axis: .int(-1), .epsilon: .float(epsilon)])
      return x.isRow ? unit : graph.add(.transpose, [unit], [.perm: .ints([0, 3, 1, 2])], makes: .map(shape))
    case .groups(let count):
      // As PyTorch exports it: each group as one channel of an instance norm.
      let groups = graph.reshape(graph.map(x), [0, count, -1], .inner)
      let (ones, zeros) = ([Float](repeating: 1, count: count), [Float](repeating: 0, count: count))
      let unit = graph.add(
        .instanceNormalization, [groups, graph.numbers(ones), graph.numbers(zeros)], [.epsilon: .float(epsilon)])
      let map = graph.reshape(unit, [0, shape.channels, shape.height, shape.width], .map(shape))
      let scaled = graph.add(.mul, [map, graph.perChannel(tensors[0], of: map)])
      return graph.add(.add, [scaled, graph.perChannel(tensors[1], of: map)])
    }
  }

  func value(_ x: Value, _ tensors: TensorValues) -> Value {
    let area = x.shape.height * x.shape.width
    var result = x.elements
    /// Of the values at these places.
    func norm(_ places: [Int]) {
      let count = Double(places.count)
      let mean = places.reduce(0) { $0 + x.elements[$1] } / count
      let variance = places.reduce(0) { $0 + (x.elements[$1] - mean) * (x.elements[$1] - mean) } / count
      for place in places { result[place] = (x.elements[place] - mean) / (variance + epsilon).squareRoot() }
    }
    switch extent {
    case .pixel:
      for pixel in 0..<area { norm((0..<channels).map { $0 * area + pixel }) }
    case .groups(let count):
      let size = channels / count * area
      for group in 0..<count { norm(Array(group * size..<(group + 1) * size)) }
    }
    let (weight, bias) = (tensors[weight], tensors[bias])
    for index in result.indices { result[index] = result[index] * weight[index / area] + bias[index / area] }
    return Value(x.shape, result)
  }
}

extension LayerKind {
  package static let groupNorm = LayerKind(name: "group norm")
  package static let layerNorm = LayerKind(name: "layer norm")
}
