// Activations: as an operator of their own, and as what follows a convolution, a sum or a fully connected layer.
package import ResNetDSL

struct Activate: Operator {
  var function: Nonlinearity

  func tensors(channels: Int) -> [Tensor] { function.tensors(channels) }
  func check(_ node: inout NodeCheck) { node.keepsItsShape() }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    function.value(inputs[0], tensors)
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    function.onnx(inputs[0], &graph)
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    if case .prelu(let weight) = function {
      return place.value(of: PyTorchModule(of: weight, constructor: "nn.PReLU(\(place.shape.channels))"))
    }
    return place.value { function.pytorch($0[0]) }
  }

  func kind(of node: Node) -> LayerKind? { .activation }
  func cost(_ node: NodeShapes) -> Cost { function.cost(node.output) }
  /// One that does nothing is a copy, which may be in another order: that is what passes put it in for.
  func access(toInput position: Int) -> InputAccess { InputAccess(order: function == .linear ? .any : .same) }
  func overwritable(_ inputs: [NodeID]) -> [Int] { function == .linear ? [] : [0] }
  /// One that does nothing is a sum of one value.
  var quantization: Quantization? { function == .linear ? .adds(isClamped: true) : nil }
  func isNonnegative(_ inputs: [Bool]) -> Bool { function == .linear ? inputs[0] : function.isNonnegative }
  var dump: (name: String, details: [String]) { ("activation", function.dump) }
  var table: TableRow? { TableRow("activation", function.dump) }
  func unnamed() -> Self { Activate(function: function.unnamed) }
  var summary: String { function.name }
  var box: (kind: DrawnBox.Kind, text: String)? { (.other, function.name) }
}

/// A nonlinearity, with its parameter where it has one.
package enum Nonlinearity: Hashable, Sendable {
  case linear, relu, relu6, elu, sigmoid, hardsigmoid, tanh, silu, hardswish, gelu
  case leakyRelu(slope: Double)
  /// One slope a channel; `weight` names the tensor `[channels]`.
  case prelu(weight: String)
}

extension Nonlinearity {
  /// - Parameter path: The module's, of which the tensor of a PReLU is named.
  init(_ function: Activation, path: String) {
    switch function {
    case .linear: self = .linear
    case .relu: self = .relu
    case .relu6: self = .relu6
    case .leakyRelu(let slope): self = .leakyRelu(slope: slope)
    case .elu: self = .elu
    case .sigmoid: self = .sigmoid
    case .hardsigmoid: self = .hardsigmoid
    case .tanh: self = .tanh
    case .silu: self = .silu
    case .hardswish: self = .hardswish
    case .gelu: self = .gelu
    case .prelu: self = .prelu(weight: "\(path).weight")
    }
  }

  /// As the language has it, without the name of its tensor.
  package var function: Activation {
    switch self {
    case .linear: .linear
    case .relu: .relu
    case .relu6: .relu6
    case .leakyRelu(let slope): .leakyRelu(slope: slope)
    case .elu: .elu
    case .sigmoid: .sigmoid
    case .hardsigmoid: .hardsigmoid
    case .tanh: .tanh
    case .silu: .silu
    case .hardswish: .hardswish
    case .gelu: .gelu
    case .prelu: .prelu
    }
  }

  /// As the language spells it: `leaky relu 0.1`.
  package var name: String { function.text }

  var unnamed: Self { Nonlinearity(function, path: "") }

  /// Whether it leaves nothing below zero.
  var isNonnegative: Bool {
    switch self {
    case .relu, .relu6, .sigmoid, .hardsigmoid: true
    case .linear, .elu, .tanh, .silu, .hardswish, .gelu, .leakyRelu, .prelu: false
    }
  }

  /// Whether it is a range that numbers end at, which whole numbers have anyway.
  var isClamp: Bool { [.linear, .relu, .relu6].contains(self) }
  /// Whether it has weights, which kernels of whole numbers have no place for.
  var hasSlopes: Bool { if case .prelu = self { true } else { false } }

  func tensors(_ channels: Int) -> [Tensor] {
    if case .prelu(let weight) = self { vector(weight, channels) } else { [] }
  }

  func value(_ x: Value, _ tensors: TensorValues) -> Value {
    func map(_ transform: (Double) -> Double) -> Value { Value(x.shape, x.elements.map(transform)) }
    switch self {
    case .linear: return x
    case .relu: return map { max(0, $0) }
    case .relu6: return map { min(6, max(0, $0)) }
    case .leakyRelu(let slope): return map { $0 >= 0 ? $0 : slope * $0 }
    case .elu: return map { $0 > 0 ? $0 : exponentialLessOne($0) }
    case .sigmoid: return map { 1 / (1 + exponential(-$0)) }
    case .hardsigmoid: return map { min(6, max(0, $0 + 3)) / 6 }
    case .tanh: return map { hyperbolicTangent($0) }
    case .silu: return map { $0 / (1 + exponential(-$0)) }
    case .hardswish: return map { $0 * min(6, max(0, $0 + 3)) / 6 }
    case .gelu: return map { 0.5 * $0 * (1 + errorFunction($0 * 0.5.squareRoot())) }
    case .prelu(let name):
      let slopes = tensors[name]
      return Value(x.shape) { channel, row, column in
        let element = x[channel, row, column]
        return element >= 0 ? element : slopes[channel] * element
      }
    }
  }

  /// In PyTorch's words, around those of a value; a module of its own where it has slopes.
  func pytorch(_ value: String) -> String {
    switch self {
    case .linear, .prelu: value
    case .relu: "F.relu(\(value))"
    case .relu6: "F.relu6(\(value))"
    case .elu: "F.elu(\(value))"
    case .sigmoid: "torch.sigmoid(\(value))"
    case .hardsigmoid: "F.hardsigmoid(\(value))"
    case .tanh: "torch.tanh(\(value))"
    case .silu: "F.silu(\(value))"
    case .hardswish: "F.hardswish(\(value))"
    case .gelu: "F.gelu(\(value))"
    case .leakyRelu(let slope): "F.leaky_relu(\(value), \(slope))"
    }
  }

  func onnx(_ x: ONNXValue, _ graph: inout ONNXGraph) -> ONNXValue {
    switch self {
    case .linear: return x
    case .relu: return graph.add(.relu, [x])
    case .relu6: return graph.add(.clip, [x, graph.number(0), graph.number(6)])
    case .leakyRelu(let slope): return graph.add(.leakyRelu, [x], [.alpha: .float(slope)])
    case .elu: return graph.add(.elu, [x], [.alpha: .float(1)])
    case .sigmoid: return graph.add(.sigmoid, [x])
    case .hardsigmoid: return graph.add(.hardSigmoid, [x], [.alpha: .float(1.0 / 6), .beta: .float(0.5)])
    case .tanh: return graph.add(.tanh, [x])
    case .silu: return graph.add(.mul, [x, graph.add(.sigmoid, [x])])
    case .hardswish: return graph.add(.hardSwish, [x])
    case .gelu:
      let error = graph.add(.erf, [graph.add(.div, [x, graph.number(2.0.squareRoot())])])
      let share = graph.add(.mul, [graph.add(.add, [error, graph.number(1)]), graph.number(0.5)])
      return graph.add(.mul, [x, share])
    case .prelu(let weight):
      guard case .map(let shape) = x.kind else {
        if case .row(let features) = x.kind {
          return graph.add(.pRelu, [x, graph.parameter(Tensor(name: weight, shape: [features]))])
        }
        return x
      }
      return graph.add(.pRelu, [x, graph.perChannel(Tensor(name: weight, shape: [shape.channels]), of: x)])
    }
  }

  func cost(_ output: Shape) -> Cost {
    var cost = Cost()
    switch self {
    case .linear, .sigmoid, .hardsigmoid, .tanh, .hardswish: break
    case .relu, .elu, .gelu: cost.activated = output.count
    case .prelu:
      cost.parameters = output.channels
      cost.scales = output.channels
      cost.activated = output.count
    case .relu6: cost.clipped = output.count
    case .leakyRelu, .silu: cost.softened = output.count
    }
    return cost
  }

  /// Of a dump and of a layer table; nothing for `linear`.
  var dump: [String] {
    switch self {
    case .linear: []
    case .prelu(let weight): ["\(name) \(weight)"]
    default: [name]
    }
  }

}

extension Activation {
  /// How kernels apply it to a vector of so many lanes: a word of `resnet_simd.h`, or a function of
  /// `Kernels/Vocabulary.swift`. A PReLU has a word of its own, with slopes.
  func vectorWord(lanes: Int) -> String? {
    switch self {
    case .linear, .relu, .relu6: "resnet_\(word)_\(lanes)"
    case .elu, .sigmoid, .hardsigmoid, .tanh, .silu, .hardswish, .gelu: word
    case .leakyRelu(let slope): "LeakyRelu(slope: \(slope))"
    case .prelu: nil
    }
  }

  /// Kernels that keep many values in registers apply it once these are stored.
  var hasExponential: Bool {
    switch self {
    case .elu, .sigmoid, .tanh, .silu, .gelu: true
    case .linear, .relu, .relu6, .leakyRelu, .hardsigmoid, .hardswish, .prelu: false
    }
  }

  /// Its values are never far below zero, whatever goes in.
  var isOneSided: Bool {
    switch self {
    case .relu, .relu6, .sigmoid, .hardsigmoid, .silu, .hardswish, .gelu: true
    case .linear, .prelu, .leakyRelu, .elu, .tanh: false
    }
  }

  /// Zero stays zero, so that lanes without a channel stay zero by themselves.
  var keepsZero: Bool { self != .sigmoid && self != .hardsigmoid }
}

extension LayerKind {
  package static let activation = LayerKind(name: "activation")
}

/// `relu`, where it is no attribute
struct ActivationLayer: LayerLowering {
  var activation: Activation
  var isActivation: Bool { true }
  var suffix: String? { activation.word }
  func tableText(_ usual: UsualAttributes) -> String { activation.text }

  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? {
    activation == .linear ? nil : .activation(Nonlinearity(activation, path: paths.activation))
  }

  var role: ParameterRole? { .activation }
}
