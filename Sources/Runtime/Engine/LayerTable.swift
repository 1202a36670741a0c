// SPDX-License-Identifier: Apache-2.0
// The network as the compiler left it: fused layers in order of execution, each with the names of its tensors. It says
// what is computed; the step table of each instruction set says where and by which kernel.

/// Channels, height and width of a value.
package struct LayerShape: Sendable, Equatable {
  package let channels: Int
  package let height: Int
  package let width: Int
  package var count: Int { channels * height * width }
}

/// A nonlinearity; a PReLU names its slopes `[channels]`.
package enum LayerActivation: Sendable, Equatable {
  case linear, relu, relu6, sigmoid, silu, gelu
  case prelu(String)

  init(_ text: String) throws(ModelError) {
    switch text {
    case "linear": self = .linear
    case "relu": self = .relu
    case "relu6": self = .relu6
    case "sigmoid": self = .sigmoid
    case "silu": self = .silu
    case "gelu": self = .gelu
    default:
      guard text.hasPrefix("prelu:") else { throw .invalidPlan(reason: "'\(text)' is not an activation") }
      self = .prelu(String(text.dropFirst(6)))
    }
  }
}

/// One convolution of a sum, with the batch norm that follows it.
package struct LayerTerm: Sendable {
  package let kernelHeight: Int
  package let kernelWidth: Int
  package let stride: Int
  package let padHeight: Int
  package let padWidth: Int
  package let dilation: Int
  package let inChannels: Int
  package let weight: String
  package let bias: String?
  /// Path of the batch norm's four tensors, and its epsilon.
  package let norm: (path: String, epsilon: Double)?
}

/// What is added before the activation.
package enum LayerResidual: Sendable, Equatable {
  case none
  case same
  case zeroPadded(stride: Int, channelsBefore: Int)
}

package enum LayerKind: Sendable {
  case input
  case convolution([LayerTerm], LayerResidual, LayerActivation)
  case linear(weight: String, bias: String?, LayerActivation)
  case maxPool(LayerWindow)
  /// Zeros of the padding count in the divisor, or take no part.
  case averagePool(LayerWindow, countsPadding: Bool)
  case globalAveragePool
  case add(LayerActivation)
  case activation(LayerActivation)
  case zeroPad(stride: Int, channelsBefore: Int)
}

package struct LayerWindow: Sendable {
  package let kernelHeight: Int
  package let kernelWidth: Int
  package let stride: Int
  package let padHeight: Int
  package let padWidth: Int
}

/// A fused layer. Inputs are positions in the table: the terms' first, then the residual's.
package struct LayerRecord: Sendable {
  package let name: String
  package let kind: LayerKind
  package let inputs: [Int]
  package let shape: LayerShape
}

/// Reads the layer table that the compiler's `EmitTables` wrote.
func readLayers(_ table: TableReader) throws(ModelError) -> [LayerRecord] {
  var reader = table
  var layers: [LayerRecord] = []
  while !reader.isAtEnd {
    let name = try reader.word()
    let operation = try reader.word()
    let shape = LayerShape(channels: try reader.int(), height: try reader.int(), width: try reader.int())
    var inputs: [Int] = []
    let count = try reader.int()
    for _ in 0..<count {
      let input = try reader.int()
      guard layers.indices.contains(input) else { throw .invalidPlan(reason: "layer '\(name)' reads a later one") }
      inputs.append(input)
    }
    layers.append(LayerRecord(name: name, kind: try readKind(operation, &reader), inputs: inputs, shape: shape))
  }
  return layers
}

private func readKind(_ operation: String, _ reader: inout TableReader) throws(ModelError) -> LayerKind {
  switch operation {
  case "input": return .input
  case "conv":
    let activation = try LayerActivation(reader.word())
    let residual: LayerResidual
    switch try reader.word() {
    case "same": residual = .same
    case "pad": residual = .zeroPadded(stride: try reader.int(), channelsBefore: try reader.int())
    default: residual = .none
    }
    var terms: [LayerTerm] = []
    let count = try reader.int()
    for _ in 0..<count { terms.append(try readTerm(&reader)) }
    return .convolution(terms, residual, activation)
  case "linear":
    let activation = try LayerActivation(reader.word())
    return .linear(weight: try reader.word(), bias: try reader.name(), activation)
  case "maxpool": return .maxPool(try readWindow(&reader))
  case "avgpool": return .averagePool(try readWindow(&reader), countsPadding: false)
  case "avgpool-counted": return .averagePool(try readWindow(&reader), countsPadding: true)
  case "globalavgpool": return .globalAveragePool
  case "add": return .add(try LayerActivation(reader.word()))
  case "activation": return .activation(try LayerActivation(reader.word()))
  case "zeropad": return .zeroPad(stride: try reader.int(), channelsBefore: try reader.int())
  default: throw .invalidPlan(reason: "'\(operation)' is not a layer")
  }
}

private func readTerm(_ reader: inout TableReader) throws(ModelError) -> LayerTerm {
  let numbers = [
    try reader.int(), try reader.int(), try reader.int(), try reader.int(), try reader.int(), try reader.int(),
    try reader.int(),
  ]
  let weight = try reader.word()
  let bias = try reader.name()
  let norm = try reader.name()
  let epsilon = try reader.double()
  return LayerTerm(
    kernelHeight: numbers[0], kernelWidth: numbers[1], stride: numbers[2], padHeight: numbers[3], padWidth: numbers[4],
    dilation: numbers[5], inChannels: numbers[6], weight: weight, bias: bias, norm: norm.map { ($0, epsilon) })
}

private func readWindow(_ reader: inout TableReader) throws(ModelError) -> LayerWindow {
  LayerWindow(
    kernelHeight: try reader.int(), kernelWidth: try reader.int(), stride: try reader.int(),
    padHeight: try reader.int(), padWidth: try reader.int())
}

/// The tensors that a weight file must hold, in the order of the layers.
func tensorSpecs(_ layers: [LayerRecord]) -> [TensorSpec] {
  var specs: [TensorSpec] = []
  for layer in layers {
    let out = layer.shape.channels
    switch layer.kind {
    case .convolution(let terms, _, let activation):
      for term in terms {
        specs.append(
          TensorSpec(name: term.weight, shape: [out, term.inChannels, term.kernelHeight, term.kernelWidth]))
        if let bias = term.bias { specs.append(TensorSpec(name: bias, shape: [out])) }
        if let norm = term.norm {
          for tensor in ["weight", "bias", "running_mean", "running_var"] {
            specs.append(TensorSpec(name: norm.path + "." + tensor, shape: [out]))
          }
        }
      }
      addSlopes(activation, channels: out, to: &specs)
    case .linear(let weight, let bias, let activation):
      specs.append(TensorSpec(name: weight, shape: [out, layers[layer.inputs[0]].shape.count]))
      if let bias { specs.append(TensorSpec(name: bias, shape: [out])) }
      addSlopes(activation, channels: out, to: &specs)
    case .add(let activation), .activation(let activation):
      addSlopes(activation, channels: out, to: &specs)
    case .input, .maxPool, .averagePool, .globalAveragePool, .zeroPad: break
    }
  }
  return specs
}

private func addSlopes(_ activation: LayerActivation, channels: Int, to specs: inout [TensorSpec]) {
  if case .prelu(let name) = activation { specs.append(TensorSpec(name: name, shape: [channels])) }
}
