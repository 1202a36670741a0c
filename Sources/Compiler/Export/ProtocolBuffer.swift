// Messages in the wire format of Protocol Buffers, as far as ONNX needs it: numbers, floats, text and messages in messages.
// Source: protobuf.dev/programming-guides/encoding.

/// A message, field by field.
struct ProtocolBuffer {
  private(set) var bytes: [UInt8] = []

  /// How the value of a field is written.
  private enum WireType: UInt64 {
    case varint = 0
    case length = 2
    case fixed32 = 5
  }

  /// A number; a negative one takes ten bytes.
  mutating func add(_ field: Int, _ value: Int) {
    tag(field, .varint)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func add(_ field: Int, _ value: Float) {
    tag(field, .fixed32)
    bytes += littleEndian(value.bitPattern)
  }

  mutating func add(_ field: Int, _ text: String) { add(field, Array(text.utf8)) }

  mutating func add(_ field: Int, _ message: ProtocolBuffer) { add(field, message.bytes) }

  mutating func add(_ field: Int, _ value: [UInt8]) {
    begin(field, count: value.count)
    bytes += value
  }

  /// The beginning of a field of so many bytes, which follow.
  mutating func begin(_ field: Int, count: Int) {
    tag(field, .length)
    varint(UInt64(count))
  }

  private mutating func tag(_ field: Int, _ type: WireType) { varint(UInt64(field) << 3 | type.rawValue) }

  /// Seven bits a byte, the lowest first; the highest bit says that another follows.
  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// The bytes of a number, the lowest first.
func littleEndian<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
  (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Number($0 * 8)) }
}
