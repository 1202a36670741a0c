// An ONNX file: the graph as a message, and the places of its tensors' numbers, which whoever writes the file fetches one
// by one. Fields are those of onnx.proto.

/// How many images a call takes.
package enum ONNXBatch: Hashable, Sendable {
  case fixed(Int)
  /// As many as come.
  case dynamic
}

/// A file in pieces: bytes, and between them the numbers of tensors.
package struct ONNXFile: Sendable {
  package enum Piece: Sendable {
    case bytes([UInt8])
    /// The tensor's values as float32, little-endian, in row-major order.
    case values(Tensor)
  }
  package let pieces: [Piece]
  /// What goes in and comes out, for people: `input 1x3x224x224`.
  package let inputText: String
  package let outputTexts: [String]

  /// Whether a file begins as one that this wrote.
  package static func isOurs(_ beginning: [UInt8]) -> Bool { beginning.starts(with: signature) }

  private static var signature: [UInt8] {
    var model = ProtocolBuffer()
    model.add(Field.modelVersion, 8)
    model.add(Field.modelProducer, "resnetc")
    return model.bytes
  }

  /// Readers of Protocol Buffers take no message that is larger.
  package static let byteLimit = Int(Int32.max)

  package var byteCount: Int {
    pieces.reduce(0) { total, piece in
      switch piece {
      case .bytes(let bytes): sum(total, bytes.count)
      case .values(let tensor): sum(total, tensor.byteCount)
      }
    }
  }

  /// - Parameter holdsValues: Whether the network's tensors stand in the file; otherwise they are inputs of the graph.
  init(
    _ graph: ONNXGraph, name: String, batch: ONNXBatch, input: ONNXValue, outputs: [ONNXValue], holdsValues: Bool
  ) {
    var head = ProtocolBuffer()
    head.add(Field.graphName, name)
    for node in graph.nodes { head.add(Field.graphNode, node.message) }
    for constant in graph.constants { head.add(Field.graphInitializer, constant.message) }
    head.add(Field.graphInput, batch.message(input))
    if !holdsValues {
      for tensor in graph.parameters {
        head.add(Field.graphInput, batch.message(ONNXValue(name: tensor.name, kind: .tensor(tensor.shape))))
      }
    }
    for output in outputs { head.add(Field.graphOutput, batch.message(output)) }
    let returned = Set(outputs.map(\.name))
    for node in graph.nodes where !returned.contains(node.output.name) {
      if case .map = node.output.kind { head.add(Field.graphValue, batch.message(node.output)) }
    }
    // The last of each tensor's message is the field with its numbers.
    let tensors = holdsValues ? graph.parameters.map { ($0, $0.message) } : []
    var pieces: [Piece] = []
    var length = head.bytes.count
    for (tensor, message) in tensors {
      var begin = ProtocolBuffer()
      begin.begin(Field.graphInitializer, count: sum(message.count, tensor.byteCount))
      pieces += [.bytes(begin.bytes + message), .values(tensor)]
      length = sum(length, begin.bytes.count, message.count, tensor.byteCount)
    }
    inputText = batch.text(input)
    outputTexts = outputs.map { batch.text($0) }
    self.pieces = [.bytes(Self.beginning(graphLength: length)), .bytes(head.bytes)] + pieces
  }

  private static func beginning(graphLength: Int) -> [UInt8] {
    var model = ProtocolBuffer()
    model.add(Field.modelProducerVersion, resnetcVersion)
    var operators = ProtocolBuffer()
    operators.add(Field.operatorSetDomain, "")
    operators.add(Field.operatorSetVersion, 17)
    model.add(Field.modelOperatorSet, operators)
    model.begin(Field.modelGraph, count: graphLength)
    return signature + model.bytes
  }
}

/// Numbers of fields.
private enum Field {
  static let (modelVersion, modelProducer, modelProducerVersion, modelGraph) = (1, 2, 3, 7)
  static let modelOperatorSet = 8
  static let (operatorSetDomain, operatorSetVersion) = (1, 2)
  static let (graphNode, graphName, graphInitializer, graphInput, graphOutput, graphValue) = (1, 2, 5, 11, 12, 13)
  static let (nodeInput, nodeOutput, nodeName, nodeKind, nodeAttribute) = (1, 2, 3, 4, 5)
  static let (attributeName, attributeFloat, attributeInt, attributeText) = (1, 2, 3, 4)
  static let (attributeInts, attributeType) = (8, 20)
  static let (tensorDimension, tensorType, tensorName, tensorData) = (1, 2, 8, 9)
  static let (valueName, valueType, typeTensor, typeElement, typeShape) = (1, 2, 1, 1, 2)
  static let (shapeDimension, dimensionValue, dimensionName) = (1, 1, 2)
}

/// Numbers of element types, and of what attributes hold.
private enum Code {
  static let (float32, int64) = (1, 7)
  static let (float, int, string, ints) = (1, 2, 3, 7)
}

extension Tensor {
  /// As float32.
  package var byteCount: Int { shape.reduce(4) { product($0, $1) } }

  /// Up to its numbers.
  fileprivate var message: [UInt8] {
    var message = tensorMessage(name, shape, Code.float32)
    message.begin(Field.tensorData, count: byteCount)
    return message.bytes
  }
}

private func tensorMessage(_ name: String, _ shape: [Int], _ type: Int) -> ProtocolBuffer {
  var message = ProtocolBuffer()
  for dimension in shape { message.add(Field.tensorDimension, dimension) }
  message.add(Field.tensorType, type)
  message.add(Field.tensorName, name)
  return message
}

extension ONNXConstant {
  fileprivate var message: ProtocolBuffer {
    let (shape, type, bytes): ([Int], Int, [UInt8]) =
      switch self {
      case .int64(let values): ([values.count], Code.int64, values.flatMap { littleEndian(Int64($0)) })
      case .float(let value): ([], Code.float32, littleEndian(value.bitPattern))
      case .floats(let values): ([values.count], Code.float32, values.flatMap { littleEndian($0.bitPattern) })
      }
    var message = tensorMessage(name, shape, type)
    message.add(Field.tensorData, bytes)
    return message
  }
}

extension ONNXNode {
  fileprivate var message: ProtocolBuffer {
    var message = ProtocolBuffer()
    for input in inputs { message.add(Field.nodeInput, input) }
    message.add(Field.nodeOutput, output.name)
    message.add(Field.nodeName, output.name)
    message.add(Field.nodeKind, kind.rawValue)
    for (name, value) in attributes {
      var attribute = ProtocolBuffer()
      attribute.add(Field.attributeName, name.rawValue)
      let type: Int
      switch value {
      case .int(let number):
        attribute.add(Field.attributeInt, number)
        type = Code.int
      case .ints(let numbers):
        for number in numbers { attribute.add(Field.attributeInts, number) }
        type = Code.ints
      case .float(let number):
        attribute.add(Field.attributeFloat, Float(number))
        type = Code.float
      case .text(let text):
        attribute.add(Field.attributeText, text)
        type = Code.string
      }
      attribute.add(Field.attributeType, type)
      message.add(Field.nodeAttribute, attribute)
    }
    return message
  }
}

extension ONNXBatch {
  private func dimensions(_ value: ONNXValue) -> [ONNXBatch] {
    switch value.kind {
    case .map(let map): [self] + [map.channels, map.height, map.width].map { .fixed($0) }
    case .row(let features): [self, .fixed(features)]
    case .tensor(let dimensions): dimensions.map { .fixed($0) }
    case .inner: []
    }
  }

  fileprivate func text(_ value: ONNXValue) -> String {
    let lengths = dimensions(value).map { length in
      switch length {
      case .fixed(let count): "\(count)"
      case .dynamic: "batch"
      }
    }
    return "\(value.name) \(lengths.joined(separator: "x"))"
  }

  /// A value's name, element type and dimensions.
  fileprivate func message(_ value: ONNXValue) -> ProtocolBuffer {
    var shape = ProtocolBuffer()
    for length in dimensions(value) {
      var dimension = ProtocolBuffer()
      switch length {
      case .fixed(let count): dimension.add(Field.dimensionValue, count)
      case .dynamic: dimension.add(Field.dimensionName, "batch")
      }
      shape.add(Field.shapeDimension, dimension)
    }
    var tensor = ProtocolBuffer()
    tensor.add(Field.typeElement, Code.float32)
    tensor.add(Field.typeShape, shape)
    var type = ProtocolBuffer()
    type.add(Field.typeTensor, tensor)
    var message = ProtocolBuffer()
    message.add(Field.valueName, value.name)
    message.add(Field.valueType, type)
    return message
  }
}
