// Files that are no weights, and what they are instead; indices of several files; packed weights.
import ResNetRuntime

@testable import ResNetCheckpoints

extension MalformedFile {
  static func foreign() -> [MalformedFile] {
    func file(_ name: String, _ bytes: [UInt8], _ says: String) -> MalformedFile { .init(.foreign, name, bytes, says) }
    return [
      file("nothing", [], "it is empty"),
      file("a pointer", op("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1025\n"), "git lfs pull"),
      file("a page", op("<!DOCTYPE html><html><head><title>404"), "web page"),
      file("gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0], "gunzip"),
      file("bzip2", op("BZh91AY&SY"), "bunzip2"),
      file("xz", [0xFD] + op("7zXZ") + [0, 0], "unxz"),
      file("zstd", [0x28, 0xB5, 0x2F, 0xFD, 0], "unzstd"),
      file("7z", op("7z") + [0xBC, 0xAF, 0x27, 0x1C], "7z x"),
      file("HDF5", [0x89] + op("HDF\r\n") + [0x1A, 0x0A], "Keras weights; save them in Python"),
      file("a lone array", [0x93] + op("NUMPY") + [1, 0, 0, 0], "single NumPy array"),
      file("tar", [UInt8](repeating: 0, count: 257) + op("ustar  ") + [UInt8](repeating: 0, count: 300), "tar xf"),
      file("packed weights", [0x89] + op("RNPACK\n") + [UInt8](repeating: 0, count: 64), "packed for one model"),
      file("nothing known", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "(it begins 01 02 03 04 05 06 07 08)"),
      file("a word", op("hello"), "(it begins 68 65 6c 6c 6f)"),
      file("a GIF", op("GIF89a") + [0, 0], "(it begins 47 49 46"),
      file("a JPEG", [0xFF, 0xD8, 0xFF, 0xE0, 0, 16], "(it begins ff d8 ff"),
      file("a PNG", [0x89] + op("PNG\r\n") + [0x1A, 0x0A], "(it begins 89 50 4e"),
      file("a program", [0x7F] + op("ELF") + [2, 1, 1, 0], "(it begins 7f 45 4c"),
      file("zeros", [UInt8](repeating: 0, count: 64), "(it begins 00 00 00"),
      file("an empty archive", zip([]), "it holds nothing"),
      file("an archive of others", zip([("readme.txt", op("hello")), ("a/b", [])]), "it holds 'readme.txt', 'a/b'"),
    ]
  }

  static func indices() -> [MalformedFile] {
    func file(_ name: String, _ text: String, _ says: String) -> MalformedFile { .init(.index, name, op(text), says) }
    func map(_ name: String, _ text: String, _ says: String) -> MalformedFile {
      file(name, "{\"weight_map\": \(text)}", says)
    }
    return [
      file("other JSON", "{\"error\": \"Repository not found\"}", "no 'weight_map'"),
      file("cut", "{\"weight_map\": {\"w\": \"a", "should have"),
      file("cut behind a name", "{\"weight_map\": {\"w\"", "should have"),
      file("a map that is a list", "{\"weight_map\": []}", "should have '{'"),
      file("something behind it", "{\"weight_map\": {}} x", "nothing more"),
      file("two maps", "{\"weight_map\": {}, \"weight_map\": {}}", "'weight_map' twice"),
      map("no files", "{}", "there are no tensors in it"),
      map("a file above", "{\"w\": \"../w.safetensors\"}", "'../w.safetensors', which does not lie beside it"),
      map("a file of the system", "{\"w\": \"/etc/passwd\"}", "'/etc/passwd', which does not lie beside it"),
      map("no name", "{\"w\": \"\"}", "the file '', which"),
      map("the folder above", "{\"w\": \"..\"}", "the file '..', which"),
      map("the folder", "{\"w\": \".\"}", "the file '.', which"),
      map("a name with zero", "{\"w\": \"a\\u0000b\"}", "which does not lie beside it"),
      map("a file that is not there", "{\"w\": \"gone.safetensors\"}", "its part 'gone.safetensors' cannot be used"),
      map("a number for a file", "{\"w\": 3}", "should have a string"),
      map("a tensor twice", "{\"w\": \"a\", \"w\": \"b\"}", "the key 'w' twice"),
    ]
  }

  static func packed() throws -> [MalformedFile] {
    let sound = packedFile()
    func file(_ name: String, _ bytes: [UInt8], _ says: String) -> MalformedFile { .init(.packed, name, bytes, says) }
    func number(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    return [
      file("nothing known", [1, 2, 3], "it is not a packed file"),
      file("a header that is cut", Array(sound.prefix(9)), "it has 9 bytes of 4096"),
      file("a header that ends early", Array(sound.prefix(4095)), "it has 4095 bytes of 4096"),
      file("numbers that are cut", Array(sound.dropLast()), "it has 4111 bytes of 4112"),
      file("no numbers", Array(sound.prefix(4096)), "it has 4096 bytes of 4112"),
      file("something behind it", sound + [0], "it has 4113 bytes where its header says 4112"),
      file("the other byte order", changed(sound, 8, sound[8..<16].reversed()), "the other byte order"),
      file("another version", changed(sound, 16, [2]), "version 2 of the format"),
      file("a version without end", changed(sound, 16, number(.max)), "version \(UInt64.max)"),
      file("a flipped bit", changed(sound, 100, [sound[100] ^ 1]), "its header is damaged"),
      file("more numbers than there are", packedFile(count: 5), "it has 4112 bytes of 4116"),
      file("fewer numbers than there are", packedFile(count: 3), "it has 4112 bytes where its header says 4108"),
    ]
  }

  /// A page that speaks of `count` floats, and four of them.
  static func packedFile(count: Int = 4) -> [UInt8] {
    var page = [0x89] + op("RNPACK\n") + [UInt8](repeating: 0, count: 4080)
    withUnsafeBytes(of: UInt64(0x0102_0304_0506_0708)) { page.replaceSubrange(8..<16, with: $0) }
    (page[16], page[32], page[40]) = (1, 4, UInt8(count))
    page.replaceSubrange(56..<64, with: op("portable"))
    page.replaceSubrange(72..<76, with: op("Tiny"))
    let hash = page.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    return page + (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * $0)) } + [UInt8](repeating: 0, count: 16)
  }
}
