// SPDX-License-Identifier: Apache-2.0
// The safetensors format: a 64-bit length, a JSON header of that length, and the tensors' bytes. The file is mapped and
// every promise of the header is checked before a pointer into the data is handed out; a tensor may start at any byte
// (writers pad, readers may not rely on it), so its elements are read with unaligned loads.

/// The element types of the format.
package enum DType: String, Sendable {
  case bool = "BOOL"
  case u8 = "U8"
  case i8 = "I8"
  case i16 = "I16"
  case u16 = "U16"
  case i32 = "I32"
  case u32 = "U32"
  case i64 = "I64"
  case u64 = "U64"
  case f16 = "F16"
  case bf16 = "BF16"
  case f32 = "F32"
  case f64 = "F64"
  case c64 = "C64"
  case f4 = "F4"
  case f6e2m3 = "F6_E2M3"
  case f6e3m2 = "F6_E3M2"
  case f8e5m2 = "F8_E5M2"
  case f8e4m3 = "F8_E4M3"
  case f8e8m0 = "F8_E8M0"
  case f8e4m3fnuz = "F8_E4M3FNUZ"
  case f8e5m2fnuz = "F8_E5M2FNUZ"

  /// The size of an element in bits.
  package var bits: Int {
    switch self {
    case .f4: return 4
    case .f6e2m3, .f6e3m2: return 6
    case .bool, .u8, .i8, .f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz: return 8
    case .i16, .u16, .f16, .bf16: return 16
    case .i32, .u32, .f32: return 32
    case .i64, .u64, .f64, .c64: return 64
    }
  }
}

/// A safetensors file, mapped and checked.
package struct Safetensors: Sendable {
  /// The file, which stays mapped as long as this value lives.
  package let file: MappedFile
  /// The tensors, in the order of their names' bytes.
  package let entries: [Entry]

  /// A tensor as the header describes it.
  package struct Entry: Sendable, Equatable {
    package let name: String
    package let dtype: DType
    package let shape: [Int]
    /// Where its bytes lie in the file.
    package let bytes: Range<Int>

    /// A tensor at a place in a file.
    package init(name: String, dtype: DType, shape: [Int], bytes: Range<Int>) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
      self.bytes = bytes
    }
  }

  /// Maps and checks the file at `path`.
  package init(_ path: String) throws(ModelError) {
    try self.init(MappedFile(path))
  }

  /// Checks a mapped file.
  package init(_ file: MappedFile) throws(ModelError) {
    self.file = file
    do throws(SafetensorsFault) {
      entries = try Safetensors.entries(of: file.bytes)
    } catch {
      throw .notSafetensors(path: file.path, error)
    }
  }

  /// The index in `entries` of the tensor of a name.
  package func index(of name: String) -> Int? {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if precedes(entries[middle].name, name) { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && sameBytes(entries[low].name, name) ? low : nil
  }

  /// The bytes of a tensor, valid as long as `file` lives.
  package func data(_ entry: Entry) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[entry.bytes])
  }
}

// MARK: - The header

extension Safetensors {
  // The header may be 100 MB; these bounds keep what it can make us allocate within 200 MB. ResNet-1202 has 7,000
  // tensors of at most 4 dimensions.
  package static let entryLimit = 100_000
  private static let rankLimit = 32

  /// The tensors of a whole file, in the order of their names' bytes, or what is wrong with it.
  package static func entries(of file: UnsafeRawBufferPointer) throws(SafetensorsFault) -> [Entry] {
    let header = try headerBytes(of: file)
    if let offset = firstInvalidUTF8(header) { throw .invalidUTF8(offset: 8 + offset) }
    let dataStart = 8 + header.count
    var entries: [Entry] = []
    var reader = JSONReader(header, fileOffset: 8)
    try reader.object(limit: entryLimit) { (reader, name) throws(SafetensorsFault) in
      if sameBytes(name, "__metadata__") {
        // As the reference reads it: none.
        if reader.takeNull() { return }
        try reader.object(limit: entryLimit) { (reader, _) throws(SafetensorsFault) in try reader.skipString() }
      } else {
        entries.append(try entry(name, from: &reader, dataStart: dataStart))
      }
    }
    try reader.end()
    try checkLayout(&entries, dataStart: dataStart, fileEnd: file.count)
    entries.sort { precedes($0.name, $1.name) }
    return entries
  }

  private static func headerBytes(of file: UnsafeRawBufferPointer) throws(SafetensorsFault) -> UnsafeRawBufferPointer {
    guard file.count >= 8 else { throw foreignFormat(file) ?? .headerTooSmall(fileBytes: file.count) }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard length <= 100_000_000 else { throw foreignFormat(file) ?? .headerTooLarge(bytes: length) }
    let end = 8 + Int(length)
    guard end <= file.count else {
      throw foreignFormat(file) ?? .invalidHeaderLength(header: length, file: file.count)
    }
    guard length > 0, file[8] == UInt8(ascii: "{") else { throw foreignFormat(file) ?? .invalidHeaderStart }
    return UnsafeRawBufferPointer(rebasing: file[8..<end])
  }

  /// What else people pass as weights, told by the first bytes. Asked only after the header proved unusable: 80 02 also
  /// begins a sound header of 640 bytes.
  private static func foreignFormat(_ file: UnsafeRawBufferPointer) -> SafetensorsFault? {
    func begins(_ prefix: StaticString) -> Bool {
      file.count >= prefix.utf8CodeUnitCount
        && prefix.withUTF8Buffer { file.prefix($0.count).elementsEqual($0) }
    }
    if begins("version https://git-lfs") { return .gitLFSPointer }
    if begins("PK\u{3}\u{4}") { return .pytorchArchive }
    if file.count > 8, file.dropFirst().starts(with: Array("HDF\r\n".utf8)), file[0] == 0x89 { return .hdf5 }
    if file.count >= 2, file[0] == 0x80, 2...5 ~= file[1] { return .pickle }
    return nil
  }

  private static func entry(
    _ name: String, from reader: inout JSONReader, dataStart: Int
  ) throws(SafetensorsFault) -> Entry {
    var dtype: DType?
    var shape: [Int]?
    var offsets: [Int]?
    try reader.object(limit: 8) { (reader, field) throws(SafetensorsFault) in
      switch field {
      case "dtype":
        let text = try reader.string()
        dtype = DType(rawValue: text)
        if dtype == nil { throw .unknownDtype(tensor: name, dtype: text) }
      case "shape":
        shape = try numbers(from: &reader, tensor: name)
      case "data_offsets":
        offsets = try numbers(from: &reader, tensor: name)
      default:
        throw .unknownField(tensor: name, field: field)
      }
    }
    guard let dtype else { throw .missingField(tensor: name, field: "dtype") }
    guard let shape else { throw .missingField(tensor: name, field: "shape") }
    guard let offsets, offsets.count == 2 else { throw .missingField(tensor: name, field: "data_offsets") }
    guard offsets[0] <= offsets[1], offsets[1] <= Int.max - dataStart else {
      throw .invalidOffset(tensor: name, begin: offsets[0], end: offsets[1], expectedBegin: offsets[0])
    }
    return Entry(name: name, dtype: dtype, shape: shape, bytes: dataStart + offsets[0]..<dataStart + offsets[1])
  }

  private static func numbers(
    from reader: inout JSONReader, tensor: String
  ) throws(SafetensorsFault) -> [Int] {
    var numbers: [Int] = []
    try reader.array { (reader) throws(SafetensorsFault) in
      guard numbers.count < rankLimit else { throw .tooManyDimensions(tensor: tensor, limit: rankLimit) }
      numbers.append(try reader.wholeNumber())
    }
    return numbers
  }

  /// Every byte after the header belongs to exactly one tensor, and each tensor has the size that it claims.
  private static func checkLayout(
    _ entries: inout [Entry], dataStart: Int, fileEnd: Int
  ) throws(SafetensorsFault) {
    entries.sort { ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound) }
    var end = dataStart
    for entry in entries {
      guard entry.bytes.lowerBound == end else {
        throw .invalidOffset(
          tensor: entry.name, begin: entry.bytes.lowerBound - dataStart, end: entry.bytes.upperBound - dataStart,
          expectedBegin: end - dataStart)
      }
      var bits = entry.dtype.bits
      for dimension in entry.shape {
        let (product, overflow) = bits.multipliedReportingOverflow(by: dimension)
        guard !overflow else { throw .sizeOverflow(tensor: entry.name) }
        bits = product
      }
      guard bits % 8 == 0 else { throw .misalignedSlice(tensor: entry.name) }
      guard bits / 8 == entry.bytes.count else {
        throw .sizeMismatch(tensor: entry.name, expected: bits / 8, found: entry.bytes.count)
      }
      end = entry.bytes.upperBound
    }
    guard end == fileEnd else { throw .metadataIncompleteBuffer(expected: end, file: fileEnd) }
  }
}
