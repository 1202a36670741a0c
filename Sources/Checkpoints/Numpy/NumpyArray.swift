// An array of NumPy's: a header that is a Python dictionary of three known keys, and the numbers. Also as it stands in a
// pickle, where the same three things and the bytes are its state.
import ResNetRuntime

/// Type, order and shape of an array.
struct NumpyHeader: Equatable {
  var type: String
  var columnsFirst: Bool
  var shape: [Int]
  /// Where the numbers begin.
  var end = 0

  /// Reads `\x93NUMPY`, a version, a length, and `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
  init(_ file: UnsafeRawBufferPointer, named name: String) throws(NumpyFault) {
    guard file.count >= 10, file[0] == 0x93, file[1..<6].elementsEqual("NUMPY".utf8) else {
      throw .notAnArray(name: name)
    }
    let isLong = file[6] >= 2
    guard 1...3 ~= file[6] else { throw .version(name: name, Int(file[6])) }
    guard file.count >= (isLong ? 12 : 10) else { throw .headerCut(name: name) }
    let start = isLong ? 12 : 10
    let length = isLong ? Int(file.u32(8)) : Int(file.u16(8))
    guard length <= file.count - start else { throw .headerCut(name: name) }
    guard length <= 1 << 20 else { throw .badHeader(name: name) }
    var reader = LiteralReader(UnsafeRawBufferPointer(rebasing: file[start..<start + length]))
    guard let header = reader.header() else {
      throw reader.hasFields ? .type(name: name, "of several fields") : .badHeader(name: name)
    }
    self = header
    end = start + length
  }

  init(type: String, columnsFirst: Bool, shape: [Int]) {
    self.type = type
    self.columnsFirst = columnsFirst
    self.shape = shape
  }

  /// The tensor of these numbers.
  func tensor(named name: String, _ storage: StorageBytes) throws(NumpyFault) -> CheckpointTensor {
    guard type.utf8.last != UInt8(ascii: "O") else { throw .objects(name: name) }
    guard type.utf8.first != UInt8(ascii: ">") else { throw .bigEndian(name: name) }
    guard
      let dtype = Self.types[type.utf8.first.map { "<|=".utf8.contains($0) } == true ? String(type.dropFirst()) : type]
    else { throw .type(name: name, type) }
    let bytes = CheckpointTensor.count(of: shape).flatMap { count in
      let (bytes, overflow) = count.multipliedReportingOverflow(by: dtype.bits / 8)
      return overflow ? nil : bytes
    }
    guard let bytes, bytes == storage.count, shape.count <= CheckpointLimits.rank else {
      throw .size(name: name, expected: bytes ?? Int.max, found: storage.count)
    }
    let shape = columnsFirst ? shape.reversed() : shape
    guard let tensor = CheckpointTensor(name: name, dtype: dtype, shape: shape, storage: storage) else {
      throw .size(name: name, expected: bytes, found: storage.count)
    }
    return columnsFirst ? tensor.transposed(shape.indices.reversed()) : tensor
  }

  private static let types: [String: DType] = [
    "f2": .f16, "f4": .f32, "f8": .f64, "i1": .i8, "i2": .i16, "i4": .i32, "i8": .i64, "u1": .u8, "u2": .u16,
    "u4": .u32, "u8": .u64, "b1": .bool, "c8": .c64,
  ]
}

/// An array in a pickle: its state is shape, type, order and bytes.
func arrayInPickle(
  _ node: PickleNode, named name: String, _ result: PickleResult, _ pickle: StorageBytes
) throws(NumpyFault) -> CheckpointTensor {
  func held(_ value: PickleValue) -> PickleNode? {
    if case .node(let index) = value { return result.nodes[index] }
    return nil
  }
  guard node.items.count == 4, let sizes = held(node.items[0]), let type = held(node.items[1]),
    type.kind == .numpyType, case .text(let code)? = type.items.first
  else { throw .badHeader(name: name) }
  var shape: [Int] = []
  for size in sizes.items {
    guard case .integer(let size) = size, size >= 0 else { throw .badHeader(name: name) }
    shape.append(size)
  }
  let isBig = type.items.count > 1 && type.items[1] == .text(">")
  let header = NumpyHeader(type: (isBig ? ">" : "") + code, columnsFirst: node.items[2] == .boolean(true), shape: shape)
  switch node.items[3] {
  case .bytes(let range):
    switch pickle {
    case .mapped(let file, let whole):
      let start = whole.lowerBound + range.lowerBound
      return try header.tensor(named: name, .mapped(file, start..<start + range.count))
    case .memory(let bytes): return try header.tensor(named: name, .memory(Array(bytes[range])))
    }
  case .text(let text):
    // Each character is a byte.
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else { throw .badHeader(name: name) }
      bytes.append(byte)
    }
    return try header.tensor(named: name, .memory(bytes))
  default: throw .objects(name: name)
  }
}

/// Reads the Python literal that a header is.
private struct LiteralReader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  /// Whether the type is a list, of several fields.
  private(set) var hasFields = false

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func header() -> NumpyHeader? {
    var type: String?
    var order: Bool?
    var shape: [Int]?
    guard accept("{") else { return nil }
    while !accept("}") {
      guard let key = string(), accept(":") else { return nil }
      switch key {
      case "descr":
        hasFields = peek() == UInt8(ascii: "[")
        type = string()
      case "fortran_order": order = boolean()
      case "shape": shape = numbers()
      default: return nil
      }
      if !accept(",") {
        guard accept("}") else { return nil }
        break
      }
    }
    guard let type, let order, let shape else { return nil }
    return NumpyHeader(type: type, columnsFirst: order, shape: shape)
  }

  private mutating func peek() -> UInt8 {
    while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x0A { position += 1 }
    return position < bytes.count ? bytes[position] : 0
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func string() -> String? {
    guard accept("'") else { return nil }
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "'")), end - position < 64 else { return nil }
    let text = String(decoding: bytes[position..<end], as: UTF8.self)
    position = end + 1
    return text
  }

  private mutating func boolean() -> Bool? {
    _ = peek()
    for (word, value) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    return nil
  }

  private mutating func numbers() -> [Int]? {
    guard accept("(") else { return nil }
    var numbers: [Int] = []
    while !accept(")") {
      _ = peek()
      let digits = bytes[position...].prefix { 0x30...0x39 ~= $0 }
      guard digits.count > 0, let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
      position += digits.count
      // Python 2 wrote 3L.
      _ = accept("L")
      numbers.append(number)
      guard numbers.count <= CheckpointLimits.rank else { return nil }
      if !accept(",") {
        guard accept(")") else { return nil }
        break
      }
    }
    return numbers
  }
}
