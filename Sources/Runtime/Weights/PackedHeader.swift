// SPDX-License-Identifier: Apache-2.0
// The first page of a packed file, which says what the floats after it were packed for. They begin on a page, so a
// mapping of the file is as good as memory of our own: kernels read aligned vectors from it.
//
// Numbers are 64 bits, little-endian; the floats are as the machine stores them, which the byte order mark tells.
//
//        0  89 52 4E 50 41 43 4B 0A: no text, and no safetensors file, whose first 8 bytes are a length
//        8  0x0102030405060708 in the machine's order
//       16  the format's version
//       24  hash of what decides the layout (LayoutHash.swift)
//       32  lanes of a vector
//       40  number of floats
//       48  hash of the floats
//       56  name of the instruction set, and of the precision where it is not float32: 16 bytes, zeros after it
//       72  name of the model, 256 bytes, zeros after it
//     4088  hash of all bytes before this one
//     4096  the floats

/// What a packed file says of itself.
package struct PackedHeader: Sendable, Equatable {
  /// Where the floats begin.
  static let size = 4096
  /// Raised with the meaning of any byte of this page.
  static let formatVersion: UInt64 = 1

  private static let magic: UInt64 = 0x0A4B_4341_504E_5289
  private static let byteOrderMark: UInt64 = 0x0102_0304_0506_0708
  private static let isaBytes = 16
  private static let modelBytes = 256

  let layout: UInt64
  let lanes: Int
  let floats: Int
  let checksum: UInt64
  let isa: String
  /// Cut off after 256 bytes.
  let model: String

  init(layout: UInt64, lanes: Int, floats: Int, checksum: UInt64, isa: String, model: String) {
    self.layout = layout
    self.lanes = lanes
    self.floats = floats
    self.checksum = checksum
    self.isa = isa
    self.model = Self.modelField(model)
  }

  /// An instruction set's and a precision's names as the header has them: `avx512`, `avx512-int8`, `avx512fp16`, whose name
  /// says its precision.
  static func kernels(_ isa: ISA, _ precision: Precision) -> String {
    precision == .float32 || isa == .avx512fp16 || isa == .neonfp16 ? "\(isa)" : "\(isa)-\(precision.rawValue)"
  }

  /// What the kernels that it was packed for multiply.
  var precision: Precision { Self.precision(of: isa) }
  static func precision(of kernels: String) -> Precision {
    kernels.hasSuffix("fp16") ? .float16 : Precision.allCases.first { kernels.hasSuffix("-\($0.rawValue)") } ?? .float32
  }

  /// A model's name as the header has it.
  static func modelField(_ name: String) -> String {
    String(decoding: name.utf8.prefix(modelBytes), as: UTF8.self)
  }

  /// Whether a file begins as packed files do.
  package static func begins(_ file: UnsafeRawBufferPointer) -> Bool {
    file.count >= 8 && UInt64(littleEndian: file.loadUnaligned(as: UInt64.self)) == magic
  }

  /// The bytes of the page.
  func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.size)
    func append(_ number: UInt64) { withUnsafeBytes(of: number) { bytes += $0 } }
    func append(_ text: String, count: Int) {
      let utf8 = text.utf8.prefix(count)
      bytes += utf8
      bytes += repeatElement(0, count: count - utf8.count)
    }
    append(Self.magic.littleEndian)
    append(Self.byteOrderMark)
    append(Self.formatVersion.littleEndian)
    append(layout.littleEndian)
    append(UInt64(lanes).littleEndian)
    append(UInt64(floats).littleEndian)
    append(checksum.littleEndian)
    append(isa, count: Self.isaBytes)
    append(model, count: Self.modelBytes)
    bytes += repeatElement(0, count: Self.size - 8 - bytes.count)
    var hash = FNV1a()
    hash.add(bytes)
    append(hash.value.littleEndian)
    return bytes
  }

  /// Reads the header of a whole file, whose length it must account for to the byte.
  package init(_ file: UnsafeRawBufferPointer) throws(PackedFault) {
    guard Self.begins(file) else { throw .notPacked }
    guard file.count >= Self.size else { throw .fileSize(expected: Self.size, found: file.count) }
    func number(_ offset: Int) -> UInt64 {
      UInt64(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    func text(_ offset: Int, _ count: Int) -> String {
      String(decoding: file[offset..<offset + count].prefix { $0 != 0 }, as: UTF8.self)
    }
    let mark = file.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    guard mark == Self.byteOrderMark else { throw mark.byteSwapped == Self.byteOrderMark ? .byteOrder : .headerDamaged }
    // Before the checksum, whose place another version may have changed.
    guard number(16) == Self.formatVersion else {
      throw .formatVersion(found: number(16), expected: Self.formatVersion)
    }
    var hash = FNV1a()
    hash.add(file[..<(Self.size - 8)])
    guard hash.value == number(Self.size - 8), let lanes = Int(exactly: number(32)),
      let floats = Int(exactly: number(40)), floats <= (Int.max - Self.size) / MemoryLayout<Float>.size
    else { throw .headerDamaged }
    let expected = Self.size + floats * MemoryLayout<Float>.size
    guard file.count == expected else { throw .fileSize(expected: expected, found: file.count) }
    self.init(
      layout: number(24), lanes: lanes, floats: floats, checksum: number(48), isa: text(56, Self.isaBytes),
      model: text(72, Self.modelBytes))
  }
}
