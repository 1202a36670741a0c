// Activations: as an operator of their own, and as what follows a convolution, a sum or a fully connected layer.

struct Activate: Operator {
  var function: Nonlinearity

  func tensors(channels: Int) -> [Tensor] { function.tensors(channels) }
  func check(_ node: inout NodeCheck) { node.keepsItsShape() }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    function.value(inputs[0], tensors)
  }

  func kind(of node: Node) -> LayerKind? { .activation }
  func cost(_ node: NodeShapes) -> Cost { function.cost(node.output) }
  func overwritable(_ inputs: [NodeID]) -> [Int] { [0] }
  var dump: (name: String, details: [String]) { ("activation", function.dump) }
  var table: (word: String, details: [String])? { ("activation", [function.word]) }
  var summary: String { ActivationKind(function).rawValue }
  var box: (kind: DrawnBox.Kind, text: String)? { (.other, function.name) }
}

/// A nonlinearity, with its parameter where it has one.
package enum Nonlinearity: Hashable, Sendable {
  case linear, relu, relu6, sigmoid, silu, gelu
  /// One slope a channel; `weight` names the tensor `[channels]`.
  case prelu(weight: String)
}

extension Nonlinearity {
  /// As the language spells it: `relu6`.
  package var name: String {
    switch self {
    case .linear: "linear"
    case .relu: "relu"
    case .relu6: "relu6"
    case .sigmoid: "sigmoid"
    case .silu: "silu"
    case .gelu: "gelu"
    case .prelu: "prelu"
    }
  }

  func tensors(_ channels: Int) -> [Tensor] {
    if case .prelu(let weight) = self { vector(weight, channels) } else { [] }
  }

  func value(_ x: Value, _ tensors: TensorValues) -> Value {
    func map(_ transform: (Double) -> Double) -> Value { Value(x.shape, x.elements.map(transform)) }
    switch self {
    case .linear: return x
    case .relu: return map { max(0, $0) }
    case .relu6: return map { min(6, max(0, $0)) }
    case .sigmoid: return map { 1 / (1 + exponential(-$0)) }
    case .silu: return map { $0 / (1 + exponential(-$0)) }
    case .gelu: return map { 0.5 * $0 * (1 + errorFunction($0 * 0.5.squareRoot())) }
    case .prelu(let name):
      let slopes = tensors[name]
      return Value(x.shape) { channel, row, column in
        let element = x[channel, row, column]
        return element >= 0 ? element : slopes[channel] * element
      }
    }
  }

  func cost(_ output: Shape) -> Cost {
    var cost = Cost()
    switch self {
    case .linear, .sigmoid: break
    case .relu, .gelu: cost.activated = output.count
    case .prelu:
      cost.parameters = output.channels
      cost.scales = output.channels
      cost.activated = output.count
    case .relu6: cost.clipped = output.count
    case .silu: cost.softened = output.count
    }
    return cost
  }

  /// Words of a dump; none for `linear`.
  var dump: [String] {
    switch self {
    case .linear: []
    case .relu, .relu6, .sigmoid, .silu, .gelu: [name]
    case .prelu(let weight): ["\(name) \(weight)"]
    }
  }

  /// The word of a layer table.
  var word: String {
    if case .prelu(let weight) = self { "prelu:" + weight } else { ActivationKind(self).rawValue }
  }
}
