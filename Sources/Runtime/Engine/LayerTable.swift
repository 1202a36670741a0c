// SPDX-License-Identifier: Apache-2.0
// The network as the compiler left it: fused layers in order of execution, each with the names of its tensors. It says
// what is computed; the step table of each instruction set says where and by which kernel.

/// A fused layer. Inputs are positions in the table: the terms' first, then the residual's.
package struct LayerRecord: Sendable {
  package let name: String
  let kind: any LayerKind
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
    layers.append(LayerRecord(name: name, kind: try readLayerKind(operation, &reader), inputs: inputs, shape: shape))
  }
  return layers
}

extension [LayerRecord] {
  /// The shapes around a layer.
  func shapes(around index: Int) -> LayerShapes {
    LayerShapes(inputs: self[index].inputs.map { self[$0].shape }, output: self[index].shape)
  }

  /// The tensors that a weight file must hold, in the order of the layers.
  var tensors: [TensorSpec] { indices.flatMap { self[$0].kind.tensors(shapes(around: $0)) } }
}
