// `convert --ranges FILE`: what the integers of a quantised ONNX file stand for, as ranges of the model's layers.
import ResNetCheckpoints
import ResNetCompiler
import ResNetRuntime

/// Ranges that are known before anything is written.
struct QuantizedRangesFile {
  let path: String
  let notes: [String]
  private let ranges: Ranges

  /// How many layers have one.
  var count: Int { ranges.layers.count }

  /// `nil` without the option.
  init?(
    _ arguments: Arguments, _ checkpoint: Checkpoint, _ conversion: Conversion, _ model: ModelTensors?
  ) throws(CommandError) {
    guard let path = arguments.value(.ranges), let model else { return nil }
    do throws(QuantizedFault) {
      let found = try checkpoint.quantizedRanges(
        of: model.layers, model: model.name, names: conversion.origins)
      (ranges, notes) = (found.ranges, found.notes)
    } catch {
      throw refusal(of: checkpoint, error.message)
    }
    self.path = path
    // Ranges are text, and so is much else.
    try checkReplaceable(path) { $0.starts(with: "# Ranges of ".utf8) }
  }

  func write() throws(CommandError) {
    do throws(ModelError) {
      try ranges.write(to: path)
    } catch {
      throw .files(sentence(error.description))
    }
  }
}

extension Compilation {
  /// What a plan in integers computes.
  var integerLayers: [ModelLayer] {
    quantized(fused).nodes.map { node in
      ModelLayer(
        name: node.name, role: node.integerRole, inputs: node.inputs.map(\.index),
        number: ResNetRuntime.NumberType(rawValue: node.number.rawValue) ?? .float32)
    }
  }
}

extension Node {
  fileprivate var integerRole: ModelLayer.Role {
    switch operation {
    case .input: .image
    case .convolution(let convolution):
      .sum(weights: convolution.terms.map(\.weight), adds: convolution.residual != nil)
    case .linear(let linear): .sum(weights: [linear.weight], adds: false)
    case .averagePool, .globalAveragePool: .mean
    case .add: .addition
    case .maxPool, .concatenate, .zeroPad, .upsample, .gather: .moves
    default: .other
    }
  }
}
