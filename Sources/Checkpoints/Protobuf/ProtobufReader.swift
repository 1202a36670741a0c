// Protocol buffers, read as they come: fields of a number and a kind, without a schema. Messages within are ranges that a
// reader of their own walks, as deep as the caller asks and no deeper.

struct ProtobufReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position: Int
  private let end: Int

  enum Value: Equatable {
    case number(UInt64)
    /// Four or eight bytes at a place.
    case word(at: Int, width: Int)
    /// A message, text, or numbers without their field's number.
    case range(Range<Int>)
  }

  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  var isAtEnd: Bool { position == end }

  /// The next field; `nil` at the end.
  mutating func next() throws(ProtobufFault) -> (field: Int, value: Value)? {
    guard position < end else { return nil }
    let start = position
    let key = try number()
    let field = Int(truncatingIfNeeded: key >> 3)
    guard field > 0, key >> 3 < 1 << 29 else { throw .badField(offset: start) }
    switch key & 7 {
    case 0: return (field, .number(try number()))
    case 1: return (field, .word(at: try skip(8).lowerBound, width: 8))
    case 2:
      guard let length = Int(exactly: try number()) else { throw .badField(offset: start) }
      return (field, .range(try skip(length)))
    case 5: return (field, .word(at: try skip(4).lowerBound, width: 4))
    default: throw .wireType(Int(key & 7), offset: start)  // Groups went out of use before either format was.
    }
  }

  /// A number of seven bits a byte.
  mutating func number() throws(ProtobufFault) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard position < end else { throw .cutShort(offset: end) }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw .longNumber(offset: position)
  }

  private mutating func skip(_ count: Int) throws(ProtobufFault) -> Range<Int> {
    guard count <= end - position else { throw .cutShort(offset: end) }
    position += count
    return position - count..<position
  }
}

/// Numbers of a repeated field, which come one by one or many at once.
func appendNumbers(
  _ value: ProtobufReader.Value, of bytes: UnsafeRawBufferPointer, to numbers: inout [UInt64], limit: Int
) throws(ProtobufFault) {
  switch value {
  case .number(let number): numbers.append(number)
  case .range(let range):
    var reader = ProtobufReader(bytes, range)
    while !reader.isAtEnd {
      numbers.append(try reader.number())
      guard numbers.count <= limit else { throw .tooManyDimensions(limit: limit) }
    }
  case .word(let at, _): throw .badField(offset: at)
  }
  guard numbers.count <= limit else { throw .tooManyDimensions(limit: limit) }
}
