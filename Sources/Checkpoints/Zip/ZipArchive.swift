// Zip archives, as torch.save and numpy.savez write them: a table of contents at the end says where each entry lies. Zip64
// is read, since PyTorch always writes it. Stored entries stay where they are in the mapped file.
import ResNetRuntime

/// The entries of a zip archive.
struct ZipArchive: Sendable {
  let file: MappedFile
  let entries: [Entry]
  private let index: NameIndex
  /// What all entries have together when they are unpacked.
  let unpackedSize: Int

  struct Entry: Sendable, Equatable {
    let name: String
    let isDeflated: Bool
    /// Its bytes in the file.
    let packed: Range<Int>
    /// Its size when unpacked.
    let size: Int
    let checksum: UInt32
  }

  static let entryLimit = 200_000

  init(_ file: MappedFile) throws(ZipFault) {
    self.file = file
    entries = try Self.entries(of: file.bytes)
    index = NameIndex(entries.map(\.name))
    if let name = index.duplicate { throw .duplicateEntry(name: name) }
    unpackedSize = entries.reduce(0) {
      let (sum, overflow) = $0.addingReportingOverflow($1.size)
      return overflow ? Int.max : sum
    }
    // All of it could be weights.
    guard unpackedSize <= CheckpointLimits.unpacking * file.bytes.count + CheckpointLimits.allowance else {
      throw .unpacksTooLarge(bytes: unpackedSize, packed: file.bytes.count)
    }
  }

  subscript(name: String) -> Entry? { index.find(name).map { entries[$0] } }

  /// The bytes of an entry, whose checksum is right. One of zero is none: PyTorch writes it where it is asked to hurry
  /// (`torch.serialization.set_crc32_options(False)`).
  func bytes(_ entry: Entry) throws(ZipFault) -> StorageBytes {
    guard entry.isDeflated else {
      let bytes = StorageBytes.mapped(file, entry.packed)
      guard entry.checksum == 0 || bytes.withBytes({ crc32($0) }) == entry.checksum else {
        throw .checksum(name: entry.name)
      }
      bytes.release()
      return bytes
    }
    let input = UnsafeRawBufferPointer(rebasing: file.bytes[entry.packed])
    var output = [UInt8](repeating: 0, count: entry.size)
    let fault = output.withUnsafeMutableBytes { output -> ZipFault? in
      do throws(ImageFault) {
        try inflateBare(input, into: output)
        return crc32(UnsafeRawBufferPointer(output)) == entry.checksum ? nil : .checksum(name: entry.name)
      } catch {
        return .inflate(name: entry.name, reason: error.reason)
      }
    }
    if let fault { throw fault }
    return .memory(output)
  }
}

// MARK: - The table of contents

extension ZipArchive {
  /// Where the table lies, and how many entries it has.
  private struct Directory {
    var range: Range<Int>
    var count: Int
  }

  private static func entries(of file: UnsafeRawBufferPointer) throws(ZipFault) -> [Entry] {
    let directory = try directory(of: file)
    guard directory.count <= entryLimit else { throw .tooManyEntries(limit: entryLimit) }
    var entries: [Entry] = []
    var position = directory.range.lowerBound
    for _ in 0..<directory.count {
      let (entry, next) = try Self.entry(file, at: position, end: directory.range.upperBound)
      position = next
      // A folder holds nothing.
      if !entry.name.utf8.reversed().starts(with: "/".utf8) || entry.size > 0 { entries.append(entry) }
    }
    return entries
  }

  private static func directory(of file: UnsafeRawBufferPointer) throws(ZipFault) -> Directory {
    // Behind the end's 22 bytes there may be a comment of up to 65,535.
    var end = file.count - 22
    let last = max(end - 65_535, 0)
    while end >= last, file.u32(end) != 0x0605_4B50 { end -= 1 }
    guard end >= last, end >= 0 else { throw .noDirectory }
    guard file.u16(end + 4) == 0, file.u16(end + 6) == 0 || file.u16(end + 6) == 0xFFFF else { throw .severalDisks }
    var count = Int(file.u16(end + 10))
    var size = Int(file.u32(end + 12))
    var start = Int(file.u32(end + 16))
    var limit = end
    // A locator before it leads to the end's 64-bit form.
    if end >= 20, file.u32(end - 20) == 0x0706_4B50 {
      guard let place = Int(exactly: file.u64(end - 12)), place >= 0, place <= end - 20 - 56,
        file.u32(place) == 0x0606_4B50
      else { throw .damagedDirectory(offset: end - 20) }
      guard let count64 = Int(exactly: file.u64(place + 32)), let size64 = Int(exactly: file.u64(place + 40)),
        let start64 = Int(exactly: file.u64(place + 48))
      else { throw .damagedDirectory(offset: place) }
      (count, size, start, limit) = (count64, size64, start64, place)
    }
    guard start <= limit, size <= limit - start, count <= size / 46 else { throw .damagedDirectory(offset: end) }
    return Directory(range: start..<start + size, count: count)
  }

  private static func entry(
    _ file: UnsafeRawBufferPointer, at position: Int, end: Int
  ) throws(ZipFault) -> (Entry, next: Int) {
    guard position <= end - 46, file.u32(position) == 0x0201_4B50 else { throw .damagedDirectory(offset: position) }
    let nameLength = Int(file.u16(position + 28))
    let extraLength = Int(file.u16(position + 30))
    let next = position + 46 + nameLength + extraLength + Int(file.u16(position + 32))
    guard next <= end else { throw .damagedDirectory(offset: position) }
    let nameBytes = UnsafeRawBufferPointer(rebasing: file[position + 46..<position + 46 + nameLength])
    guard firstInvalidUTF8(nameBytes) == nil else { throw .damagedDirectory(offset: position + 46) }
    let name = String(decoding: nameBytes, as: UTF8.self)

    var size = UInt64(file.u32(position + 24))
    var packedSize = UInt64(file.u32(position + 20))
    var local = UInt64(file.u32(position + 42))
    // What 32 bits cannot hold stands in an extra field, in this order.
    let extra = position + 46 + nameLength..<position + 46 + nameLength + extraLength
    if var field = zip64Field(file, in: extra) {
      func widen(_ value: inout UInt64) throws(ZipFault) {
        guard value == 0xFFFF_FFFF else { return }
        guard field.count >= 8 else { throw .damagedDirectory(offset: position) }
        value = file.u64(field.lowerBound)
        field = field.lowerBound + 8..<field.upperBound
      }
      try widen(&size)
      try widen(&packedSize)
      try widen(&local)
    }
    guard file.u16(position + 8) & 1 == 0 else { throw .encrypted(name: name) }
    let method = Int(file.u16(position + 10))
    guard method == 0 || method == 8 else { throw .method(name: name, method) }
    let limit = UInt64(file.count)
    guard local <= limit, limit - local >= 30, packedSize <= limit, size <= UInt64(Int.max) else {
      throw .misplaced(name: name)
    }
    // The local header has a name and an extra field of its own lengths: PyTorch pads with the latter.
    let header = Int(local)
    guard file.u32(header) == 0x0403_4B50 else { throw .misplaced(name: name) }
    let start = header + 30 + Int(file.u16(header + 26)) + Int(file.u16(header + 28))
    guard start <= file.count, Int(packedSize) <= file.count - start, method == 8 || size == packedSize else {
      throw .misplaced(name: name)
    }
    let entry = Entry(
      name: name, isDeflated: method == 8, packed: start..<start + Int(packedSize), size: Int(size),
      checksum: file.u32(position + 16))
    return (entry, next)
  }

  /// The content of the extra field for sizes of 64 bits.
  private static func zip64Field(_ file: UnsafeRawBufferPointer, in extra: Range<Int>) -> Range<Int>? {
    var position = extra.lowerBound
    while position <= extra.upperBound - 4 {
      let length = Int(file.u16(position + 2))
      guard length <= extra.upperBound - position - 4 else { return nil }
      if file.u16(position) == 1 { return position + 4..<position + 4 + length }
      position += 4 + length
    }
    return nil
  }
}

extension UnsafeRawBufferPointer {
  /// Little-endian words at any place; whoever asks has checked that they are there.
  func u16(_ offset: Int) -> UInt16 { UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self)) }
  func u32(_ offset: Int) -> UInt32 { UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
  func u64(_ offset: Int) -> UInt64 { UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
}
