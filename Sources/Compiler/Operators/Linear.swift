// A fully connected layer: `activation(norm(weight * x + bias))`, of its input flattened in channel, row, column order.
import ResNetDSL

package struct Linear: Operator {
  package var inFeatures: Int
  package var outFeatures: Int
  /// Name of the tensor `[outFeatures, inFeatures]`.
  package var weight: String
  /// Name of the tensor `[outFeatures]`.
  package var bias: String?
  /// Set by the pass that folds batch norm.
  package var norm: BatchNorm?
  /// Of each channel of the weights that of the value that is read, where it lies otherwise; set by the pass that reads what
  /// is shuffled.
  var order: Gather?
  package var activation: Nonlinearity

  package init(
    inFeatures: Int, outFeatures: Int, weight: String, bias: String? = nil, activation: Nonlinearity = .linear
  ) {
    self.inFeatures = inFeatures
    self.outFeatures = outFeatures
    self.weight = weight
    self.bias = bias
    self.activation = activation
  }

  func tensors(channels: Int) -> [Tensor] {
    [Tensor(name: weight, shape: [outFeatures, inFeatures])] + vector(bias, outFeatures)
      + (norm?.tensors ?? []) + activation.tensors(outFeatures)
  }

  func check(_ node: inout NodeCheck) {
    node.require(inFeatures == node.inputs[0].count, "reads all its features")
    node.require(node.shape == Shape(outFeatures, 1, 1), "has one value a feature")
    norm?.check(&node, of: outFeatures)
    if let order {
      let count = node.inputs[0].channels
      node.require(Set(order.channels(count)) == Set(0..<count), "reads each channel once, in another order")
    }
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    let x = order.map { $0.value(inputs[0].shape, inputs, tensors).elements } ?? inputs[0].elements
    let weight = tensors[weight]
    let bias = bias.map { tensors[$0] }
    let result = Value(shape) { feature, _, _ in
      var sum = bias?[feature] ?? 0
      for index in x.indices { sum += weight[feature * x.count + index] * x[index] }
      return sum
    }
    return activation.value(norm?.value(result, tensors) ?? result, tensors)
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    var input = inputs[0]
    if let order, case .map(let read) = input.kind { input = order.onnx([input], read, &graph) }
    var operands = [graph.row(input), graph.parameter(Tensor(name: weight, shape: [outFeatures, inFeatures]))]
    if let bias { operands.append(graph.parameter(Tensor(name: bias, shape: [outFeatures]))) }
    let sums = graph.add(.gemm, operands, [.transB: .int(1)], makes: .row(outFeatures))
    return activation.onnx(norm?.onnx(sums, &graph) ?? sums, &graph)
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    let made = "nn.Linear(\(inFeatures), \(outFeatures)\(bias == nil ? ", bias=False" : ""))"
    return PyTorchValue(
      module: PyTorchModule(of: weight, constructor: made),
      expression: { module, inputs in "\(module)(\(place.isRow ? inputs[0] : "\(inputs[0]).flatten(1)"))" }, isRow: true
    ).activated(activation)
  }

  func access(toInput position: Int) -> InputAccess { InputAccess(order: .any) }
  func kind(of node: Node) -> LayerKind? { .fullyConnected }
  var quantization: Quantization? { .sums(isClamped: activation.isClamp) }
  func isNonnegative(_ inputs: [Bool]) -> Bool { activation.isNonnegative }

  func cost(_ node: NodeShapes) -> Cost {
    var cost = Cost()
    cost.macs = product(inFeatures, outFeatures)
    cost.parameters = sum(cost.macs, bias == nil ? 0 : outFeatures)
    if bias != nil { cost.biasAdds = outFeatures }
    return cost
  }

  func window(_ node: NodeShapes) -> SlidingWindow { SlidingWindow(extent: node.inputs[0].extent) }

  var dump: (name: String, details: [String]) {
    (
      "linear",
      ["\(outFeatures)", "weight \(weight)"] + (bias.map { ["bias \($0)"] } ?? []) + (norm.map { [$0.text] } ?? [])
        + activation.dump + (order?.phrases ?? [])
    )
  }

  var table: TableRow? {
    TableRow(
      "linear", entering: inFeatures, activation.dump,
      tensors: ["weight \(weight)"] + (order?.phrases ?? []) + (bias.map { ["bias \($0)"] } ?? [])
        + (norm?.phrases ?? []))
  }
  func unnamed() -> Self {
    var linear = self
    (linear.weight, linear.bias) = ("", bias.map { _ in "" })
    linear.norm = norm?.unnamed()
    linear.activation = activation.unnamed
    return linear
  }

  var summary: String { "fully connected" }
  var description: [String] {
    ["fully connected, \(inFeatures) to \(outFeatures)"] + (bias != nil ? ["bias"] : [])
  }
  var box: (kind: DrawnBox.Kind, text: String)? { (.fullyConnected, "fc \(outFeatures)") }
}

extension LayerKind {
  package static let fullyConnected = LayerKind(name: "fc")
}

/// `1000-d fc`
extension FullyConnectedLayer: LayerLowering {
  var suffix: String? { "fc" }

  func tableText(_ usual: UsualAttributes) -> String {
    "\(width.value)-d fc\(bias ? "" : ", no bias")\(activation == .linear ? "" : ", \(activation.text)")"
  }

  func output(of input: Shape, _ extent: Extent) -> Shape { Shape(width.value, 1, 1) }
  func weights(reading input: Shape) -> Int { product(width.value, input.channels, input.height, input.width) }

  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? {
    .linear(
      Linear(
        inFeatures: sized.input.count, outFeatures: sized.output.channels, weight: "\(paths.layer).weight",
        bias: bias ? "\(paths.layer).bias" : nil))
  }

  var role: ParameterRole? { .fullyConnected }
  var isModule: Bool { true }
}
