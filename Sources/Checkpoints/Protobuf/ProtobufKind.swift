// ONNX and Caffe have no magic bytes: a file is told by its first field and the one behind it.
import ResNetRuntime

/// Which format a protocol buffer is of, if of either.
func protobufKind(_ file: UnsafeRawBufferPointer) -> CheckpointFormat? {
  var reader = ProtobufReader(file, 0..<file.count)
  guard let first = try? reader.next(), first.field == 1, reader.position < file.count else { return nil }
  // The key of the second field alone: what it holds may be cut.
  guard let key = try? reader.number() else { return nil }
  let (field, kind) = (key >> 3, key & 7)
  switch first.value {
  case .number(let version):
    // ModelProto: the version, then text, operator sets or the graph.
    guard version < 1_000 else { return nil }
    return [2, 3, 4, 6, 7, 8, 14, 20, 25].contains(field) && kind == 2 || field == 5 && kind == 0 ? .onnx : nil
  case .range(let name):
    // NetParameter: a name, then inputs or layers.
    guard name.count < 256, firstInvalidUTF8(UnsafeRawBufferPointer(rebasing: file[name])) == nil else { return nil }
    return [2, 3, 6, 8, 100].contains(field) && kind == 2 || [4, 5, 7].contains(field) && kind == 0 ? .caffe : nil
  case .word: return nil
  }
}

/// The storage of numbers that lie in one range of a mapped file, or else were put together.
struct GatheredNumbers {
  private var ranges: [Range<Int>] = []
  private var loose: [UInt8] = []

  /// Words of a field, one or many; `nil` if they are of another width.
  mutating func append(_ value: ProtobufReader.Value, width: Int, of bytes: UnsafeRawBufferPointer) -> Bool {
    switch value {
    case .word(let at, width):
      // One by one is rare, and whoever writes so writes all of it so.
      loose += bytes[at..<at + width]
      return true
    case .range(let range):
      ranges.append(range)
      return true
    default: return false
    }
  }

  mutating func append(bytes: [UInt8]) { loose += bytes }

  func storage(in file: MappedFile) -> StorageBytes {
    if loose.isEmpty, ranges.count == 1 { return .mapped(file, ranges[0]) }
    return .memory(ranges.reduce(into: []) { $0 += file.bytes[$1] } + loose)
  }
}
