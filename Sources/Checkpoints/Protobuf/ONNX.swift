// ONNX: the initialisers of a graph, by their names. ModelProto 7 is the graph, GraphProto 5 its initialisers; a tensor has
// its numbers as raw bytes, or in a field for its type, in which 16-bit floats are the low halves of 32-bit numbers. What is
// computed with them, GraphProto 1, is looked at for one thing alone: how whole numbers are scaled (`Quantized`).
import ResNetRuntime

/// The initialisers of an ONNX file, and its nodes.
func onnxContents(
  _ file: MappedFile
) throws(CheckpointFault) -> (tensors: [CheckpointTensor], graph: ONNXGraph) {
  do throws(ProtobufFault) {
    var tensors: [CheckpointTensor] = []
    var contents = ONNXGraph()
    var model = ProtobufReader(file.bytes, 0..<file.bytes.count)
    // `resnetc export` gives the numbers that operators themselves need names that no tensor has.
    var isOurs = false
    while let (field, value) = try model.next() {
      if field == 2, case .range(let range) = value { isOurs = file.bytes[range].elementsEqual("resnetc".utf8) }
      guard field == 7, case .range(let range) = value else { continue }
      var graph = ProtobufReader(file.bytes, range)
      while let (field, value) = try graph.next() {
        guard case .range(let range) = value else { continue }
        try contents.take(field, range, of: file.bytes)
        if field == 15 { throw .sparse(name: "sparse_initializer") }
        guard field == 5 else { continue }
        let tensor = try ONNXTensor(file.bytes, range)
        if isOurs, tensor.name.contains(where: { $0 == " " || $0 == "[" }) { continue }
        tensors.append(try tensor.tensor(in: file))
        guard tensors.count <= CheckpointLimits.tensors else { break }
      }
    }
    return (tensors, contents)
  } catch {
    throw .protobuf(error)
  }
}

/// A TensorProto.
private struct ONNXTensor {
  var name = ""
  var type = 0
  var dimensions: [UInt64] = []
  var numbers = GatheredNumbers()
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(ProtobufFault) {
    self.bytes = bytes
    // The type decides how numbers are kept, and may come behind them.
    var whole: [UInt64] = []
    var isExternal = false
    var reader = ProtobufReader(bytes, range)
    while let (field, value) = try reader.next() {
      let start = reader.position
      switch (field, value) {
      case (1, _): try appendNumbers(value, of: bytes, to: &dimensions, limit: CheckpointLimits.rank)
      case (2, .number(let number)): type = Int(truncatingIfNeeded: number)
      case (4, _):
        guard numbers.append(value, width: 4, of: bytes) else { throw .badField(offset: start) }
      case (10, _):
        guard numbers.append(value, width: 8, of: bytes) else { throw .badField(offset: start) }
      case (9, .range): _ = numbers.append(value, width: 1, of: bytes)
      case (5, _), (7, _), (11, _): try appendNumbers(value, of: bytes, to: &whole, limit: range.count)
      case (8, .range(let range)):
        let text = UnsafeRawBufferPointer(rebasing: bytes[range])
        guard firstInvalidUTF8(text) == nil else { throw .noName }
        name = String(decoding: text, as: UTF8.self)
      case (13, _): isExternal = true
      case (14, .number(let place)): isExternal = place == 1
      default: break
      }
    }
    guard !isExternal else { throw .externalData(name: name) }
    if !whole.isEmpty, let width = dtype.map({ $0.bits / 8 }) {
      var packed: [UInt8] = []
      packed.reserveCapacity(whole.count * width)
      for number in whole {
        for byte in 0..<width { packed.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * byte))) }
      }
      numbers.append(bytes: packed)
    }
  }

  private var dtype: DType? {
    switch type {
    case 1: .f32
    case 2: .u8
    case 3: .i8
    case 4: .u16
    case 5: .i16
    case 6: .i32
    case 7: .i64
    case 9: .bool
    case 10: .f16
    case 11: .f64
    case 12: .u32
    case 13: .u64
    case 16: .bf16
    default: nil
    }
  }

  func tensor(in file: MappedFile) throws(ProtobufFault) -> CheckpointTensor {
    guard !name.isEmpty else { throw .noName }
    guard let dtype else { throw .type(name: name, type) }
    let storage = numbers.storage(in: file)
    return try exactTensor(name, dtype, dimensions.map { Int(truncatingIfNeeded: $0) }, storage)
  }
}

/// A tensor that fills its storage.
func exactTensor(
  _ name: String, _ dtype: DType, _ shape: [Int], _ storage: StorageBytes
) throws(ProtobufFault) -> CheckpointTensor {
  let expected = CheckpointTensor.count(of: shape).flatMap { count in
    let (bytes, overflow) = count.multipliedReportingOverflow(by: dtype.bits / 8)
    return overflow ? nil : bytes
  }
  guard let expected, expected == storage.count,
    let tensor = CheckpointTensor(name: name, dtype: dtype, shape: shape, storage: storage)
  else { throw .size(name: name, expected: expected ?? Int.max, found: storage.count) }
  return tensor
}
