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

/// A line of the layer table on its way to a layer: `conv3_1.1 conv 1x1, 256 to 128, 56x56, relu, reads conv2_3.3, ...`.
struct LayerLine {
  /// `conv`
  let word: String
  /// `1x1`
  let arguments: [String]
  /// `256`, where the line says it.
  let entering: Int?
  let shape: LayerShape
  /// `conv2_3.3`, in the order of the line.
  let reads: [String]
  /// All else.
  var options: TableLine
}

extension LayerLine {
  fileprivate static func read(_ table: TableLine) throws(ModelError) -> (name: String, line: LayerLine) {
    var table = table
    let head = try table.next()
    guard head.count > 1 else { throw .invalidPlan(reason: "layer '\(head.joined())' is nothing") }
    let channels = try table.next()
    guard let leaving = channels.last, channels.count == 1 || channels.count == 3 else {
      throw .invalidPlan(reason: "layer '\(head[0])' has no channels")
    }
    let entering = channels.count == 3 ? try number(channels[0]) : nil
    guard let size = try table.next().first else { throw .invalidPlan(reason: "layer '\(head[0])' has no size") }
    let (height, width) = try tableSize(size)
    let line = LayerLine(
      word: head[1], arguments: Array(head.dropFirst(2)), entering: entering,
      shape: LayerShape(channels: try number(leaving), height: height, width: width), reads: table.readNames(),
      options: table)
    return (head[0], line)
  }

  /// The only word behind the layer's own.
  func argument() throws(ModelError) -> String {
    guard arguments.count == 1 else {
      throw .invalidPlan(reason: "'\(word)' stands before \(arguments.count) words and not before one")
    }
    return arguments[0]
  }
}

extension TableLine {
  /// Takes what the line reads, and at last what it adds, which it leaves.
  fileprivate mutating func readNames() -> [String] {
    var names: [String] = []
    while let reads = take("reads") { names += reads }
    var rest = self
    if let added = rest.take("adds")?.first { names.append(added) }
    return names
  }
}

/// Reads the layer table that the compiler's `EmitTables` wrote.
func readLayers(_ table: [TableLine]) throws(ModelError) -> [LayerRecord] {
  var layers: [LayerRecord] = []
  var positions: [String: Int] = [:]
  layers.reserveCapacity(table.count)
  for line in table {
    var (name, line) = try LayerLine.read(line)
    var inputs: [Int] = []
    for read in line.reads {
      guard let input = positions[read] else { throw .invalidPlan(reason: "layer '\(name)' reads '\(read)'") }
      inputs.append(input)
    }
    let kind = try readLayerKind(&line)
    try line.options.end()
    positions[name] = layers.count
    layers.append(LayerRecord(name: name, kind: kind, inputs: inputs, shape: line.shape))
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
