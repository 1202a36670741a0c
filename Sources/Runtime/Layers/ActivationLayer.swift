// SPDX-License-Identifier: Apache-2.0
// Activations: as a layer of their own, and as what other layers end in.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

struct ActivationLayer: LayerKind {
  let activation: LayerActivation
  static let words = ["activation"]
  init(_ line: inout LayerLine) throws(ModelError) { activation = try LayerActivation(&line) }
  func tensors(_ shapes: LayerShapes) -> [TensorSpec] { activation.tensors(shapes.output.channels) }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) throws(ModelError) -> [Double] {
    try activation.value(inputs[0], shapes.output, tensors)
  }

  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) throws(ModelError) {
    guard activation != .linear || !packer.packAddedFactors(layer: layer, into: out) else { return }
    try activation.pack(packer, layer: layer, into: out)
  }

  func name(of algorithm: StepAlgorithm) -> String { "activation" }
}

/// A nonlinearity; a PReLU names its slopes `[channels]`.
enum LayerActivation: Sendable, Equatable {
  case linear, relu, relu6, elu, sigmoid, hardsigmoid, tanh, silu, hardswish, gelu
  case prelu(String)
  case leakyRelu(Double)

  /// Takes its phrase from a line; `linear` where there is none.
  init(_ line: inout LayerLine) throws(ModelError) {
    for (name, activation) in Self.plain where line.options.take(name) != nil {
      self = activation
      return
    }
    if let weight = try line.options.name("prelu") {
      self = .prelu(weight)
    } else if let words = line.options.take("leaky") {
      guard let slope = words.count == 1 ? 0.01 : words.last.flatMap({ Double($0) }) else {
        throw .invalidPlan(reason: "a leaky relu of no slope")
      }
      self = .leakyRelu(slope)
    } else {
      self = .linear
    }
  }

  private static let plain: [(StaticString, LayerActivation)] = [
    ("relu", .relu), ("relu6", .relu6), ("elu", .elu), ("sigmoid", .sigmoid), ("hardsigmoid", .hardsigmoid),
    ("tanh", .tanh), ("silu", .silu), ("hardswish", .hardswish), ("gelu", .gelu),
  ]

  func tensors(_ channels: Int) -> [TensorSpec] {
    if case .prelu(let name) = self { [TensorSpec(name: name, shape: [channels])] } else { [] }
  }

  func value(
    _ values: [Double], _ shape: LayerShape, _ tensors: PlainTensors
  ) throws(ModelError) -> [Double] {
    switch self {
    case .linear: return values
    case .relu: return values.map { $0 < 0 ? 0 : $0 }
    case .relu6: return values.map { $0 < 0 ? 0 : $0 > 6 ? 6 : $0 }
    case .leakyRelu(let slope): return values.map { $0 < 0 ? $0 * slope : $0 }
    case .elu: return values.map { $0 > 0 ? $0 : expm1($0) }
    case .sigmoid: return values.map { 1 / (1 + exp(-$0)) }
    case .hardsigmoid: return values.map { hardSigmoid($0) }
    case .tanh: return values.map { hyperbolicTangent($0) }
    case .silu: return values.map { $0 / (1 + exp(-$0)) }
    case .hardswish: return values.map { $0 * hardSigmoid($0) }
    case .gelu: return values.map { $0 * 0.5 * erfc(-$0 * 0.5.squareRoot()) }
    case .prelu(let name):
      let slopes = try tensors.values(name, [shape.channels])
      let area = shape.height * shape.width
      return values.indices.map { values[$0] < 0 ? values[$0] * slopes[$0 / area] : values[$0] }
    }
  }

  private func hardSigmoid(_ x: Double) -> Double { x < -3 ? 0 : x > 3 ? 1 : (x + 3) / 6 }

  /// Of the C library, whose name is that of a case here.
  private func hyperbolicTangent(_ x: Double) -> Double {
    let e = expm1(-2 * abs(x))
    return (x < 0 ? e : -e) / (2 + e)
  }

  /// Of a layer that has no other weights.
  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) throws(ModelError) {
    if case .prelu(let name) = self { try packer.readVector(name, packer.places[layer], to: out) }
  }
}
