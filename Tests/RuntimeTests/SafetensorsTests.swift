// The safetensors reader: sound files, each check of the format with its fault, and seeded mutations of headers.

import Foundation
import ResNetRuntime
import TestTiers
import Testing

private func entries(_ file: [UInt8]) throws(SafetensorsFault) -> [Safetensors.Entry] {
  let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: file.count, alignment: 1)
  defer { bytes.deallocate() }
  bytes.copyBytes(from: file)
  return try Safetensors.entries(of: UnsafeRawBufferPointer(bytes))
}

private let sound = safetensors(
  #"{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,3],"data_offsets":[2,26]},"#
    + #""a.n":{"dtype":"I64","shape":[],"data_offsets":[26,34]},"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"#
    + #""empty":{"dtype":"F32","shape":[4,0],"data_offsets":[2,2]}}"#,
  data: noise(seed: 1, count: 34), padding: 5)

@Suite struct SafetensorsTests {
  @Test func readsASoundFile() throws {
    let start = sound.count - 34
    let expected = [
      Safetensors.Entry(name: "a.n", dtype: .i64, shape: [], bytes: start + 26..<start + 34),
      Safetensors.Entry(name: "b", dtype: .f32, shape: [2, 3], bytes: start + 2..<start + 26),
      Safetensors.Entry(name: "empty", dtype: .f32, shape: [4, 0], bytes: start + 2..<start + 2),
      Safetensors.Entry(name: "h", dtype: .f16, shape: [1], bytes: start..<start + 2),
    ]
    #expect(try entries(sound) == expected)
    try withFile(sound) { path in
      let file = try Safetensors(path)
      #expect(file.entries == expected)
      #expect(file.index(of: "b") == 1)
      #expect(file.index(of: "c") == nil)
      #expect(Array(file.data(expected[1])) == Array(sound[(start + 2)..<(start + 26)]))
    }
  }

  @Test func readsAFileWithoutTensors() throws {
    #expect(try entries(safetensors("{}")) == [])
    #expect(try entries(safetensors(#"{"__metadata__":{}}"#, padding: 3)) == [])
    #expect(try entries(safetensors(#"{"__metadata__": null }"#, padding: 3)) == [], "the reference reads it, too")
  }

  @Test func takesA640ByteHeaderForWhatItIs() throws {
    // Its first bytes, 80 02, also begin a pickle.
    let header = #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#
    let file = safetensors(header, padding: 640 - header.utf8.count)
    #expect(file[0] == 0x80 && file[1] == 2)
    #expect(try entries(file).count == 1)
  }

  static let faults: [([UInt8], SafetensorsFault)] = [
    ([], .headerTooSmall(fileBytes: 0)),
    ([1, 2, 3], .headerTooSmall(fileBytes: 3)),
    ([0x01, 0xE1, 0xF5, 0x05, 0, 0, 0, 0], .headerTooLarge(bytes: 100_000_001)),
    ([UInt8](repeating: 0xFF, count: 9), .headerTooLarge(bytes: .max)),
    ([100, 0, 0, 0, 0, 0, 0, 0, 0x7B], .invalidHeaderLength(header: 100, file: 9)),
    ([0, 0, 0, 0, 0, 0, 0, 0], .invalidHeaderStart),
    (safetensors(" {}"), .invalidHeaderStart),
    (safetensors("[]"), .invalidHeaderStart),
    ([3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x22, 0xFF], .invalidUTF8(offset: 10)),
    (safetensors("{"), .invalidJSON(offset: 9, expected: "a string")),
    (safetensors("{}x"), .invalidJSON(offset: 10, expected: "nothing more")),
    (safetensors(#"{"a":[]}"#), .invalidJSON(offset: 13, expected: "'{'")),
    (safetensors(#"{"__metadata__":{"a":1}}"#), .invalidJSON(offset: 29, expected: "a string")),
    (
      safetensors(#"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}}"#),
      .invalidJSON(offset: 36, expected: "a whole number from 0 to \(Int.max)")
    ),
    (
      safetensors(
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#),
      .duplicateKey(name: "a")
    ),
    (safetensors(#"{"a":{"dtype":"U8","dtype":"U8"}}"#), .duplicateKey(name: "dtype")),
    (safetensors(#"{"a":{"shape":[0],"data_offsets":[0,0]}}"#), .missingField(tensor: "a", field: "dtype")),
    (safetensors(#"{"a":{"dtype":"U8","data_offsets":[0,0]}}"#), .missingField(tensor: "a", field: "shape")),
    (safetensors(#"{"a":{"dtype":"U8","shape":[0]}}"#), .missingField(tensor: "a", field: "data_offsets")),
    (
      safetensors(#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}}"#),
      .missingField(tensor: "a", field: "data_offsets")
    ),
    (safetensors(#"{"a":{"dtype":"U8","strides":[0]}}"#), .unknownField(tensor: "a", field: "strides")),
    (
      safetensors(#"{"a":{"dtype":"U8","shape":[\#([String](repeating: "1", count: 33).joined(separator: ","))]}}"#),
      .tooManyDimensions(tensor: "a", limit: 32)
    ),
    (safetensors(#"{"a":{"dtype":"F33"}}"#), .unknownDtype(tensor: "a", dtype: "F33")),
    (
      safetensors(#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#),
      .sizeOverflow(tensor: "a")
    ),
    (
      safetensors(#"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}"#, data: [0, 0]),
      .misalignedSlice(tensor: "a")
    ),
    (
      safetensors(#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[2,0]}}"#, data: [0, 0]),
      .invalidOffset(tensor: "a", begin: 2, end: 0, expectedBegin: 2)
    ),
    (
      safetensors(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, data: [0, 0]),
      .invalidOffset(tensor: "a", begin: 1, end: 2, expectedBegin: 0)
    ),
    (
      safetensors(
        #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
        data: [0, 0, 0]),
      .invalidOffset(tensor: "b", begin: 1, end: 3, expectedBegin: 2)
    ),
    (
      safetensors(
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[9223372036854775807,9223372036854775807]}}"#),
      .invalidOffset(tensor: "a", begin: .max, end: .max, expectedBegin: .max)
    ),
    (
      safetensors(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,2]}}"#, data: [0, 0]),
      .sizeMismatch(tensor: "a", expected: 4, found: 2)
    ),
    (
      safetensors(#"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}"#, data: [0, 0]),
      .metadataIncompleteBuffer(expected: 64, file: 63)
    ),
    (
      safetensors(#"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}"#, data: [0, 0, 0, 0]),
      .metadataIncompleteBuffer(expected: 64, file: 65)
    ),
    (Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n".utf8), .gitLFSPointer),
    (Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 8, count: 60), .pytorchArchive),
    ([0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E], .pickle),
    ([0x89] + Array("HDF\r\n\u{1A}\n".utf8) + [0, 0, 0], .hdf5),
  ]

  @Test(arguments: faults.indices) func refuses(index: Int) throws {
    let (file, fault) = Self.faults[index]
    #expect(throws: fault) { _ = try entries(file) }
    try withFile(file) { path in
      #expect(thrown { _ = try Safetensors(path) } == .notSafetensors(path: path, fault))
    }
  }

  @Test func refusesTooManyTensors() {
    let tensors = (0...Safetensors.entryLimit).map { #""\#($0)":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"# }
    #expect(throws: SafetensorsFault.tooManyTensors(limit: Safetensors.entryLimit)) {
      _ = try entries(safetensors("{" + tensors.joined(separator: ",") + "}"))
    }
  }

  @Test func deepNestingIsNoMatter() {
    let nested = String(repeating: "[", count: 1_000_000)
    #expect(throws: SafetensorsFault.self) { _ = try entries(safetensors("{" + nested)) }
    #expect(throws: SafetensorsFault.self) {
      _ = try entries(safetensors(#"{"a":{"dtype":"U8","shape":"# + nested))
    }
  }

  /// Each mutation ends in a fault, or in entries that lie within the file and do not overlap.
  @Test func mutationsNeitherCrashNorLie() throws {
    let rounds = mutations(1_000, slow: 10_000, files: 1)
    var generator = SplitMix(seed: 2 + rounds.lowerBound)
    let tokens = [
      "{", "}", "[", "]", ",", ":", "\"", "0", "-1", "18446744073709551616", "9223372036854775807", "1e999", "null",
      "\\ud800", "\\u0000", "[[[[[[[[", "\u{FFFF}", "F64", "__metadata__",
    ].map { Array($0.utf8) }
    var survivors = 0
    var kinds: Set<String> = []
    let growth = peakMemoryGrowth {
      for _ in rounds {
        var file = sound
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !file.isEmpty {
          let position = Int.random(in: 0..<file.count, using: &generator)
          switch Int.random(in: 0..<6, using: &generator) {
          case 0: file[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
          case 1: file[position] = UInt8.random(in: 0...255, using: &generator)
          case 2: file.remove(at: position)
          case 3: file.insert(contentsOf: tokens.randomElement(using: &generator)!, at: position)
          case 4: file.removeLast(file.count - position)
          default:
            let end = min(position + 20, file.count)
            file.insert(contentsOf: file[position..<end], at: position)
          }
          // Half of the time the length is right again, so that the JSON is reached.
          if Bool.random(using: &generator), file.count > 42 {
            let length = file.count - 42
            for byte in 0..<8 { file[byte] = UInt8(truncatingIfNeeded: length >> (8 * byte)) }
          }
        }
        let entries: [Safetensors.Entry]
        do throws(SafetensorsFault) {
          entries = try RuntimeTests.entries(file)
        } catch {
          kinds.insert(Mirror(reflecting: error).children.first?.label ?? "other")
          continue
        }
        survivors += 1
        let ranges = entries.map(\.bytes).sorted { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
        #expect(ranges.allSatisfy { $0.lowerBound >= 8 && $0.upperBound <= file.count })
        #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
      }
    }
    // Mutated names, data and white space are still sound files. The mutations reach deep: most checks find something, if
    // there are as many as are made by commit.
    guard rounds.count >= 1_000 else { return }
    #expect(survivors > 10)
    #expect(kinds.count >= 10, "\(kinds.sorted())")
    if isSlowRun, let growth { #expect(growth < 200 << 20) }
  }
}
