// Zip archives, and PyTorch's checkpoints in them and before them.
import ResNetRuntime

@testable import ResNetCheckpoints

extension MalformedFile {
  static func archives() throws -> [MalformedFile] {
    let sound = torchFile(pickledState(pickledTensor()), storages: [[UInt8](repeating: 0, count: 16)])
    let end = sound.count - 22
    let directory = Int(sound[end + 16]) | Int(sound[end + 17]) << 8
    let deflated = try bytes(of: "deflated.pth")
    let deflatedEnd = deflated.count - 22
    let entry = Int(deflated[deflatedEnd + 16]) | Int(deflated[deflatedEnd + 17]) << 8
    let first = 30 + "zip/data.pkl".utf8.count
    func file(_ name: String, _ bytes: [UInt8], _ says: String) -> MalformedFile { .init(.zip, name, bytes, says) }
    func edit(_ name: String, _ place: Int, _ bytes: [UInt8], _ says: String) -> MalformedFile {
      file(name, changed(sound, place, bytes), says)
    }
    func unpacked(_ name: String, _ place: Int, _ bytes: [UInt8], _ says: String) -> MalformedFile {
      file(name, changed(deflated, place, bytes), says)
    }
    return [
      file("no table of contents", Array(sound.dropLast(23)), "lacks the table of contents"),
      edit("a table behind the file", end + 16, word(sound.count + 9), "makes no sense at byte \(end)"),
      file("a table of nothing but its end", op("PK\u{3}\u{4}") + changed(zip([]), 10, half(9)), "no sense at byte 4"),
      edit("a table that does not begin so", directory, word(0), "makes no sense at byte \(directory)"),
      edit("a name that is no text", directory + 46, [0xFF], "makes no sense at byte \(directory + 46)"),
      edit("several disks", end + 4, half(1), "one of several parts"),
      edit("an entry that is encrypted", directory + 8, half(1), "'archive/data.pkl' in its zip archive is encrypted"),
      edit("bzip2", directory + 10, half(12), "compressed by method 12"),
      edit("lzma", directory + 10, half(14), "compressed by method 14"),
      edit("zstd", directory + 10, half(93), "compressed by method 93"),
      edit("an entry elsewhere", directory + 42, word(7), "'archive/data.pkl' does not lie where"),
      file("two entries of a name", zip([("a.npy", [1]), ("a.npy", [2])]), "two entries 'a.npy'"),
      unpacked("an entry that says it is huge", entry + 24, word(1 << 30), "which no trained weights do"),
      unpacked("a checksum that is wrong", entry + 16, word(1), "checksum of 'zip/data.pkl'"),
      unpacked("a block of no kind", first, [0x07], "a block of an unknown kind"),
      unpacked("a stored block of no length", first, [0x01, 1, 2, 3, 4], "a block of unclear length"),
      unpacked("codes without end", first, [0xFD, 0xFF, 0xFF], "too many codes"),
      unpacked("a size that is not its own", entry + 24, [deflated[entry + 24] ^ 1], "in its zip archive"),
    ]
  }

  static func torch() throws -> [MalformedFile] {
    func file(_ name: String, _ bytes: [UInt8], _ says: String) -> MalformedFile { .init(.torch, name, bytes, says) }
    func state(_ name: String, _ tensor: [UInt8], bytes: Int = 16, _ says: String) -> MalformedFile {
      file(name, torchFile(pickledState(tensor), storages: [[UInt8](repeating: 1, count: bytes)]), says)
    }
    func named(_ name: String, _ shape: [Int], _ strides: [Int], offset: Int = 0, _ says: String) -> MalformedFile {
      let tensor = pickledTensor(offset: offset, shape: shape, strides: strides)
      let pickle = [0x80, 2] + op("}") + pickled(name) + tensor + op("s.")
      return file(name, torchFile(pickle, storages: [[UInt8](repeating: 1, count: 16)]), says)
    }
    let huge = Int(Int32.max)
    let inZip: [MalformedFile] = [
      state("a storage that lacks", pickledTensor(key: "7"), "its storage '7' are missing"),
      state("a storage with a path for a key", pickledTensor(key: "../0"), "its storage '../0' are missing"),
      state("a storage that is short", pickledTensor(), bytes: 12, "has 12 bytes where 16 belong"),
      state("a storage that is long", pickledTensor(), bytes: 20, "has 20 bytes where 16 belong"),
      state("a storage of other numbers", pickledTensor(type: "DoubleStorage"), "has 16 bytes where 32 belong"),
      named("more than there is", [5], [1], "'more than there is' reaches beyond its storage"),
      named("from beyond", [4], [1], offset: 1, "'from beyond' reaches beyond"),
      named("rows too far apart", [2, 2], [3, 1], "'rows too far apart' reaches beyond"),
      named("beyond integers", [huge, huge, huge], [huge, huge, huge], "'beyond integers' reaches beyond"),
      state(
        "a view of a gigabyte", pickledTensor(shape: [1 << 20, 1 << 10], strides: [0, 0]), "views that would take"),
      file("nothing but a number", torchFile([0x80, 2] + op("}") + pickled("epoch") + op("K\u{5}s.")), "'epoch'"),
      file("an optimizer alone", torchFile([0x80, 2] + op("}") + pickled("optimizer") + op("}s.")), "'optimizer'"),
      file(
        "the other byte order", zip([("a/data.pkl", pickledState(pickledTensor())), ("a/byteorder", op("big"))]),
        "highest byte first"),
    ]
    let magic: [UInt8] =
      [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19] + op(".")
    let parts: [[UInt8]] = [
      magic, [0x80, 2] + op("M") + half(1001) + op("."),
      [0x80, 2] + op("}") + pickled("little_endian") + [0x88] + op("s."),
      pickledState(pickledTensor(key: "old")), [0x80, 2] + op("](") + pickled("old") + op("e."),
      word(4) + word(0) + [UInt8](repeating: 0, count: 16),
    ]
    func old(_ name: String, _ index: Int, _ part: [UInt8], _ says: String) -> MalformedFile {
      var parts = parts
      parts[index] = part
      return file(name, Array(parts.joined()), says)
    }
    let before: [MalformedFile] = [
      old("another version", 1, [0x80, 2] + op("M") + half(1002) + op("."), "another version than 1001"),
      old("storages in a dictionary", 4, [0x80, 2] + op("}."), "its list of storages is none"),
      old("a storage of no tensor", 4, [0x80, 2] + op("](") + pickled("9") + op("e."), "names '9', which none"),
      old("no storages", 4, [0x80, 2] + op("]."), "its storage 'old' are missing"),
      old("no numbers", 5, [], "ends within its storage 'old'"),
      old(
        "a short storage", 5, word(3) + word(0) + [UInt8](repeating: 0, count: 12), "'old' has 12 bytes where 16"),
      file("state alone", pickledState(pickledTensor()), "a pickle of something else than tensors by name"),
    ]
    return inZip + before
  }
}
