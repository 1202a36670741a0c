// Inference batch norm: `(x - running_mean) / sqrt(running_var + epsilon) * weight + bias`, tensors `[channels]`. As an
// operator it stands where no convolution takes it in: before convolutions, or of a value that others read, too.

struct Normalize: Operator {
  var norm: BatchNorm
  var activation: Nonlinearity

  func tensors(channels: Int) -> [Tensor] { norm.tensors + activation.tensors(channels) }

  func check(_ node: inout NodeCheck) {
    node.keepsItsShape()
    norm.check(&node, of: node.shape.channels)
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    activation.value(norm.value(inputs[0], tensors), tensors)
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    activation.onnx(norm.onnx(inputs[0], &graph), &graph)
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    let kind = place.isRow ? "BatchNorm1d" : "BatchNorm2d"
    let made = "nn.\(kind)(\(norm.channels)\(pytorchEpsilon(norm.epsilon)))"
    return place.value(of: PyTorchModule(of: norm.weight, constructor: made)).activated(activation)
  }

  func kind(of node: Node) -> LayerKind? { .batchNorm }

  func cost(_ node: NodeShapes) -> Cost {
    var cost = activation.cost(node.output)
    cost.parameters += 2 * norm.channels
    cost.scales += 2 * norm.channels
    cost.normalized = node.output.count
    return cost
  }

  func overwritable(_ inputs: [NodeID]) -> [Int] { [0] }
  var dump: (name: String, details: [String]) { ("batchnorm", [norm.text] + activation.dump) }
  var table: TableRow? { TableRow("batchnorm", activation.dump, tensors: norm.phrases) }
  func unnamed() -> Self { Normalize(norm: norm.unnamed(), activation: activation.unnamed) }
  var quantization: Quantization? { activation.hasSlopes ? nil : .normalizes(isClamped: activation.isClamp) }
  func isNonnegative(_ inputs: [Bool]) -> Bool { activation.isNonnegative }
  var summary: String { "batch norm" + (activation == .linear ? "" : ", \(activation.name)") }
  var box: (kind: DrawnBox.Kind, text: String)? { (.other, "batch norm") }
}

/// The norm itself, also of a convolution that took it in.
package struct BatchNorm: Hashable, Sendable {
  package var channels: Int
  package var epsilon: Double
  package var weight: String
  package var bias: String
  package var runningMean: String
  package var runningVar: String

  /// The four tensors of a PyTorch module at `path`.
  package init(channels: Int, epsilon: Double, path: String) {
    self.channels = channels
    self.epsilon = epsilon
    self.weight = path + ".weight"
    self.bias = path + ".bias"
    self.runningMean = path + ".running_mean"
    self.runningVar = path + ".running_var"
  }

  var tensors: [Tensor] { [weight, bias, runningMean, runningVar].map { Tensor(name: $0, shape: [channels]) } }

  /// - Parameter channels: Those of the value.
  func check(_ node: inout NodeCheck, of channels: Int) {
    node.require(self.channels == channels, "norms its channels")
    node.require(epsilon > 0, "epsilon is positive")
  }

  func value(_ x: Value, _ tensors: TensorValues) -> Value {
    let (weight, bias) = (tensors[weight], tensors[bias])
    let (mean, variance) = (tensors[runningMean], tensors[runningVar])
    return Value(x.shape) { channel, row, column in
      (x[channel, row, column] - mean[channel]) / (variance[channel] + epsilon).squareRoot() * weight[channel]
        + bias[channel]
    }
  }

  func onnx(_ x: ONNXValue, _ graph: inout ONNXGraph) -> ONNXValue {
    let tensors = tensors.map { graph.parameter($0) }
    return graph.add(.batchNormalization, [x] + tensors, [.epsilon: .float(epsilon)])
  }

  func unnamed() -> Self { BatchNorm(channels: channels, epsilon: epsilon, path: "") }

  /// The module's path stands for its four tensors where they share one.
  /// In a layer table.
  var phrases: [String] { TableRow.norm(path, epsilon: epsilon) }

  var text: String {
    let isModule = self == BatchNorm(channels: channels, epsilon: epsilon, path: path)
    let tensors = isModule ? path : [weight, bias, runningMean, runningVar].joined(separator: " ")
    return "norm \(tensors) eps \(epsilon)"
  }

  /// The module's path, of which the tensors' names are made.
  var path: String { String(weight.dropLast(".weight".count)) }
}

extension LayerKind {
  package static let batchNorm = LayerKind(name: "batch norm")
}
