// Files: mapped, read whole, replaced atomically; and what is said about those that cannot be.

import Foundation
import ResNetRuntime
import Testing

@Suite struct FileTests {
  @Test func mapsAFile() throws {
    try withFile([1, 2, 3]) { path in
      let file = try MappedFile(path)
      #expect(Array(file.bytes) == [1, 2, 3])
    }
  }

  @Test func mapsAnEmptyFile() throws {
    try withFile([]) { path in
      let (mapped, read) = (try MappedFile(path), try readFile(path))
      #expect(mapped.bytes.isEmpty)
      #expect(read.isEmpty)
    }
  }

  @Test func readsAFile() throws {
    let bytes = noise(seed: 1, count: 100_000)
    #expect(try withFile(bytes) { try readFile($0) } == bytes)
  }

  @Test func refusesALargerFileThanExpected() throws {
    try withFile([1, 2, 3]) { path in
      #expect(
        throws: ModelError.cannotRead(path: path, reason: "it has 3 bytes where at most 2 are expected")
      ) { _ = try readFile(path, limit: 2) }
    }
  }

  @Test func namesAMissingFile() {
    #expect(throws: ModelError.cannotOpen(path: "/nowhere/at.all", reason: "No such file or directory")) {
      _ = try MappedFile("/nowhere/at.all")
    }
    #expect(throws: ModelError.cannotOpen(path: "", reason: "the name is empty")) { _ = try readFile("") }
  }

  @Test func refusesWhatIsNotAFile() {
    #expect(throws: ModelError.cannotOpen(path: "/tmp", reason: "it is a directory; pass a file")) {
      _ = try MappedFile("/tmp")
    }
    #expect(throws: ModelError.cannotOpen(path: "/dev/null", reason: "it is not a regular file")) {
      _ = try MappedFile("/dev/null")
    }
    #expect(throws: ModelError.cannotOpen(path: "a\0b", reason: "the path holds a NUL character")) {
      _ = try MappedFile("a\0b")
    }
  }

  @Test func replacesAFile() throws {
    try withFile([9, 9, 9, 9]) { path in
      try [UInt8]([1, 2]).withUnsafeBytes { try writeFileAtomically(path, $0) }
      #expect(try readFile(path) == [1, 2])
      try [UInt8]().withUnsafeBytes { try writeFileAtomically(path, $0) }
      #expect(try readFile(path) == [])
    }
  }

  @Test func leavesNothingBehindWhenWritingFails() throws {
    let directory = temporaryPath()
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let target = "\(directory)/target"
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: false)
    #expect(throws: ModelError.cannotWrite(path: target, reason: "Is a directory")) {
      try [UInt8]([1]).withUnsafeBytes { try writeFileAtomically(target, $0) }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["target"])
    #expect(throws: ModelError.cannotWrite(path: "", reason: "the name is empty")) {
      try writeFileAtomically("", UnsafeRawBufferPointer(start: nil, count: 0))
    }
    #expect(throws: ModelError.cannotWrite(path: "/nowhere/at/all", reason: "No such file or directory")) {
      try [UInt8]([1]).withUnsafeBytes { try writeFileAtomically("/nowhere/at/all", $0) }
    }
  }
}

@Suite struct AlignedBufferTests {
  @Test(arguments: [0, 1, 15, 16, 17, 1000, 262_144, 262_145, 1_000_000]) func isAlignedAndZero(count: Int) throws {
    let buffer = try AlignedBuffer(count: count)
    #expect(buffer.count == count)
    let alignment = count * 4 > 1 << 20 ? 2 << 20 : 64
    #expect(Int(bitPattern: buffer.base) % alignment == 0)
    #expect(buffer.floats.allSatisfy { $0 == 0 })
    for i in 0..<count { buffer.floats[i] = Float(i) }
    #expect(count == 0 || buffer.floats[count - 1] == Float(count - 1))
  }

  @Test func refusesImpossibleSizes() {
    #expect(throws: ModelError.outOfMemory(bytes: .max)) { _ = try AlignedBuffer(count: .max) }
    #expect(throws: ModelError.outOfMemory(bytes: 1 << 62)) { _ = try AlignedBuffer(count: 1 << 60) }
  }
}

@Suite struct ISATests {
  @Test func portableIsAlwaysThere() {
    #expect(ISA.available.last == .portable)
    #expect(ISA.available == ISA.allCases.filter { $0.isAvailable && ![.avxvnni, .neondot].contains($0) })
    #expect(ISA.available(computing: .int8).contains(.portable))
    #if arch(arm64)
      #expect(ISA.available == [.neon, .portable])
    #elseif arch(x86_64)
      #expect(!ISA.neon.isAvailable)
      #expect(ISA.avx2.isAvailable || !ISA.avx512.isAvailable)
    #endif
  }

  @Test func choosesTheBestThatWasBuilt() throws {
    #expect(try ISA.choose(nil, from: ISA.allCases) == ISA.available[0])
    #expect(try ISA.choose(nil, from: [.portable]) == .portable)
    #expect(try ISA.choose(.portable, from: ISA.allCases) == .portable)
  }

  @Test func refusesWhatCannotRun() {
    let foreign: ISA = ISA.neon.isAvailable ? .avx2 : .neon
    #expect(throws: ModelError.unsupportedISA(name: foreign.rawValue, available: ["portable"])) {
      _ = try ISA.choose(foreign, from: [foreign, .portable])
    }
    #expect(throws: ModelError.unsupportedISA(name: foreign.rawValue, available: [])) {
      _ = try ISA.choose(nil, from: [foreign])
    }
    #expect(throws: ModelError.unsupportedISA(name: "sse", available: ISA.available.map(\.rawValue))) {
      _ = try ISA.named("sse")
    }
  }
}
