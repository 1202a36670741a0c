// The nodes of an ONNX graph: what reads what, as far as quantised networks ask. A NodeProto has its inputs in 1, outputs in
// 2, name in 3, operator in 4, attributes in 5; an AttributeProto its name in 1 and a whole number in 3.
import ResNetRuntime

/// An operation of a graph.
struct ONNXNode: Equatable {
  var name = ""
  var kind = ""
  /// Names of values; empty for what is left out.
  var inputs: [String] = []
  var outputs: [String] = []
  /// Those that are whole numbers.
  var attributes: [String: Int] = [:]

  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(ProtobufFault) {
    var reader = ProtobufReader(bytes, range)
    while let (field, value) = try reader.next() {
      guard case .range(let range) = value else { continue }
      switch field {
      case 1: inputs.append(text(bytes, range))
      case 2: outputs.append(text(bytes, range))
      case 3: name = text(bytes, range)
      case 4: kind = text(bytes, range)
      case 5:
        var attribute = ProtobufReader(bytes, range)
        var (key, number) = ("", Int?.none)
        while let (field, value) = try attribute.next() {
          switch (field, value) {
          case (1, .range(let range)): key = text(bytes, range)
          case (3, .number(let value)): number = Int(truncatingIfNeeded: value)
          default: break
          }
        }
        attributes[key] = number
      default: break
      }
    }
  }
}

/// Nodes, and the names of what goes in and comes out.
struct ONNXGraph: Equatable {
  private(set) var nodes: [ONNXNode] = []
  private(set) var inputs: [String] = []
  private(set) var outputs: [String] = []

  /// A field of a GraphProto; those that say nothing here are left alone.
  mutating func take(_ field: Int, _ range: Range<Int>, of bytes: UnsafeRawBufferPointer) throws(ProtobufFault) {
    switch field {
    case 1:
      nodes.append(try ONNXNode(bytes, range))
      guard nodes.count <= CheckpointLimits.nodes else { throw .tooManyNodes(limit: CheckpointLimits.nodes) }
    case 11: inputs.append(try valueName(bytes, range))
    case 12: outputs.append(try valueName(bytes, range))
    default: break
    }
  }

  /// The name in a ValueInfoProto.
  private func valueName(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(ProtobufFault) -> String {
    var reader = ProtobufReader(bytes, range)
    while let (field, value) = try reader.next() {
      if field == 1, case .range(let range) = value { return text(bytes, range) }
    }
    return ""
  }
}

/// Names need not be text: those that are not find nothing.
private func text(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> String {
  String(decoding: bytes[range], as: UTF8.self)
}
