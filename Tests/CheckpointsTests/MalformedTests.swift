// Every check of every format, with a file that fails it alone.
import Foundation
import ResNetRuntime
import Testing

@testable import ResNetCheckpoints

@Suite struct MalformedTests {
  // MARK: Zip

  @Test func zipArchives() throws {
    let sound = torchFile(pickledState(pickledTensor()), storages: [[UInt8](repeating: 0, count: 16)])
    #expect(try fault(sound) == nil)
    let end = sound.count - 22

    func changed(_ offset: Int, _ value: [UInt8]) throws -> CheckpointFault? {
      var file = sound
      file.replaceSubrange(offset..<offset + value.count, with: value)
      return try fault(file)
    }
    let directory = Int(sound[end + 16]) | Int(sound[end + 17]) << 8
    #expect(try fault(Array(sound.dropLast(23))) == .zip(.noDirectory))
    #expect(try changed(end + 16, word(sound.count + 9)) == .zip(.damagedDirectory(offset: end)))
    #expect(try changed(end + 10, half(5_000)) == .zip(.damagedDirectory(offset: end)))
    #expect(try changed(end + 4, half(1)) == .zip(.severalDisks))
    #expect(try changed(directory, word(0)) == .zip(.damagedDirectory(offset: directory)))
    #expect(try changed(directory + 8, half(1)) == .zip(.encrypted(name: "archive/data.pkl")))
    #expect(try changed(directory + 10, half(12)) == .zip(.method(name: "archive/data.pkl", 12)))
    #expect(try changed(directory + 42, word(7)) == .zip(.misplaced(name: "archive/data.pkl")))
    #expect(try changed(directory + 42, word(1 << 30)) == .zip(.misplaced(name: "archive/data.pkl")))
    #expect(try changed(directory + 20, word(1 << 20)) == .zip(.misplaced(name: "archive/data.pkl")))
    #expect(try changed(directory + 46, [0xFF]) == .zip(.damagedDirectory(offset: directory + 46)))
    let twice = zip([("a.npy", [1]), ("a.npy", [2])])
    #expect(try fault(twice) == .zip(.duplicateEntry(name: "a.npy")))
  }

  @Test func entriesThatUnpackToTooMuchOrNotAtAll() throws {
    var file = try bytes(of: "deflated.pth")
    let end = file.count - 22
    let directory = Int(file[end + 16]) | Int(file[end + 17]) << 8
    let name = "zip/data.pkl"
    func changed(_ offset: Int, _ value: [UInt8]) throws -> CheckpointFault? {
      var copy = file
      copy.replaceSubrange(offset..<offset + value.count, with: value)
      return try fault(copy)
    }
    // Its size, its checksum, its first block.
    let large = try changed(directory + 24, word(1 << 30))
    guard case .zip(.unpacksTooLarge) = large else {
      Issue.record("\(String(describing: large))")
      return
    }
    #expect(try changed(directory + 16, word(1)) == .zip(.checksum(name: name)))
    let local = 30 + name.utf8.count
    guard case .zip(.inflate(name, _)) = try changed(local, [0x07]) else {
      Issue.record("a block of an unknown kind")
      return
    }
    file[directory + 24] ^= 1
    guard case .zip(.inflate(name, _)) = try fault(file) else {
      Issue.record("a size that is not the entry's")
      return
    }
  }

  // MARK: PyTorch

  @Test func storagesAndTensors() throws {
    func state(_ tensor: [UInt8], bytes: Int = 16) throws -> CheckpointFault? {
      try fault(torchFile(pickledState(tensor), storages: [[UInt8](repeating: 1, count: bytes)]))
    }
    #expect(try state(pickledTensor()) == nil)
    #expect(try state(pickledTensor(key: "7")) == .torch(.storageMissing(key: "7")))
    #expect(try state(pickledTensor(), bytes: 12) == .torch(.storageSize(key: "0", expected: 16, found: 12)))
    #expect(try state(pickledTensor(shape: [5])) == .torch(.tensorOutside(name: "weight")))
    #expect(try state(pickledTensor(offset: 1)) == .torch(.tensorOutside(name: "weight")))
    #expect(try state(pickledTensor(shape: [2, 2], strides: [3, 1])) == .torch(.tensorOutside(name: "weight")))
    let huge = Int(Int32.max)
    let overflow = pickledTensor(shape: [huge, huge, huge], strides: [huge, huge, huge])
    #expect(try state(overflow) == .torch(.tensorOutside(name: "weight")))
    // An expanded scalar lies in its storage, and would be written as many times.
    guard case .growth = try state(pickledTensor(shape: [1 << 20, 1 << 10], strides: [0, 0])) else {
      Issue.record("a view of a gigabyte")
      return
    }
    #expect(try fault(torchFile([0x80, 2] + op("}."))) == .noTensors(within: []))
    #expect(
      try fault(torchFile([0x80, 2] + op("}") + pickled("epoch") + op("K\u{5}s."))) == .noTensors(within: ["epoch"]))
    let big = zip([("a/data.pkl", pickledState(pickledTensor())), ("a/byteorder", op("big"))])
    #expect(try fault(big) == .torch(.bigEndian))
  }

  @Test func oldFiles() throws {
    let magic: [UInt8] =
      [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19] + op(".")
    let version: [UInt8] = [0x80, 2] + op("M") + half(1001) + op(".")
    let system: [UInt8] = [0x80, 2] + op("}") + pickled("little_endian") + [0x88] + op("s.")
    let state = pickledState(pickledTensor())
    let keys: [UInt8] = [0x80, 2] + op("](") + pickled("0") + op("e.")
    let numbers = word(4) + word(0) + [UInt8](repeating: 0, count: 16)
    let parts: [[UInt8]] = [magic, version, system, state, keys, numbers]
    func file(_ index: Int, _ part: [UInt8]) throws -> CheckpointFault? {
      var parts = parts
      parts[index] = part
      return try fault(Array(parts.joined()))
    }
    #expect(try fault(Array(parts.joined())) == nil)
    #expect(try file(1, [0x80, 2] + op("M") + half(1002) + op(".")) == .torch(.protocolVersion))
    let big = [0x80, 2] + op("}") + pickled("little_endian") + [0x89] + op("s.")
    #expect(try file(2, big) == .torch(.bigEndian))
    #expect(try file(4, [0x80, 2] + op("}.")) == .torch(.badStorageList))
    #expect(try file(4, [0x80, 2] + op("](") + pickled("9") + op("e.")) == .torch(.storageUnknown(key: "9")))
    #expect(try file(4, [0x80, 2] + op("].")) == .torch(.storageMissing(key: "0")))
    #expect(try file(5, []) == .torch(.cutShort(key: "0")))
    #expect(try file(5, Array(numbers.dropLast())) == .torch(.cutShort(key: "0")))
    #expect(try file(5, word(-1 & 0xFFFF_FFFF) + word(0x7FFF_FFFF)) == .torch(.cutShort(key: "0")))
    let short = word(3) + word(0) + [UInt8](repeating: 0, count: 12)
    #expect(try file(5, short) == .torch(.storageSize(key: "0", expected: 16, found: 12)))
    #expect(try fault(state) == .torch(.notLegacy))
  }

  // MARK: NumPy

  @Test func arrays() throws {
    func array(_ header: String, _ content: Int = 8) throws -> CheckpointFault? {
      let text = Array(header.utf8)
      let head = [0x93] + op("NUMPY") + [1, 0] + half(text.count)
      return try fault(zip([("w.npy", head + text + [UInt8](repeating: 0, count: content))]))
    }
    let sound = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"
    #expect(try array(sound) == nil)
    #expect(try array(sound, 7) == .numpy(.size(name: "w", expected: 8, found: 7)))
    #expect(try array(sound.replacing("<f4", with: "|O")) == .numpy(.objects(name: "w")))
    #expect(try array(sound.replacing("<f4", with: ">f4")) == .numpy(.bigEndian(name: "w")))
    #expect(try array(sound.replacing("<f4", with: "<U4")) == .numpy(.type(name: "w", "<U4")))
    #expect(
      try array(sound.replacing("'<f4'", with: "[('a', '<f4')]")) == .numpy(.type(name: "w", "of several fields")))
    for wrong in ["(2", "(-2,)", "(2,,)", "2", "(\(Int.max)0,)", "(a,)"] {
      #expect(try array(sound.replacing("(2,)", with: wrong)) == .numpy(.badHeader(name: "w")), "\(wrong)")
    }
    #expect(try array("{}") == .numpy(.badHeader(name: "w")))
    #expect(try array("") == .numpy(.badHeader(name: "w")))
    let overflow = sound.replacing("(2,)", with: "(\(Int.max), 3)")
    #expect(try array(overflow) == .numpy(.size(name: "w", expected: Int.max, found: 8)))
    #expect(try fault(zip([("w.npy", op("hello hello"))])) == .numpy(.notAnArray(name: "w")))
    #expect(try fault(fixture: "objects.npz") == .numpy(.objects(name: "weights")))
    #expect(try fault(fixture: "swapped.npz") == .numpy(.bigEndian(name: "weights")))
  }

  // MARK: ONNX and Caffe

  @Test func protocolBuffers() throws {
    func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
      varint(number << 3 | 2) + varint(content.count) + content
    }
    func number(_ field: Int, _ value: Int) -> [UInt8] { varint(field << 3) + varint(value) }
    func model(_ tensor: [UInt8]) -> [UInt8] { number(1, 9) + field(7, field(5, tensor)) }
    let named = number(1, 2) + number(2, 1) + field(8, op("w"))
    #expect(try fault(model(named + field(9, [UInt8](repeating: 0, count: 8)))) == nil)
    #expect(
      try fault(model(named + field(9, [1, 2, 3]))) == .protobuf(.size(name: "w", expected: 8, found: 3)))
    #expect(try fault(model(number(2, 1) + field(9, [0, 0, 0, 0]))) == .protobuf(.noName))
    #expect(try fault(model(number(2, 8) + field(8, op("w")))) == .protobuf(.type(name: "w", 8)))
    #expect(try fault(model(named + number(14, 1))) == .protobuf(.externalData(name: "w")))
    #expect(try fault(model(named + number(4, 1))) == .protobuf(.badField(offset: model(named + number(4, 1)).count)))
    #expect(try fault(number(1, 9) + field(7, field(15, []))) == .protobuf(.sparse(name: "sparse_initializer")))
    #expect(try fault(number(1, 9) + field(7, [])) == .withoutTensors(.onnx))
    #expect(try fault(number(1, 9) + varint(7 << 3 | 2) + varint(900)) == .protobuf(.cutShort(offset: 5)))
    #expect(try fault(fixture: "external.onnx") == .protobuf(.externalData(name: "conv.weight")))

    func net(_ layer: [UInt8]) -> [UInt8] { field(1, op("net")) + field(100, layer) }
    let blob = field(7, field(1, varint(2))) + field(5, [UInt8](repeating: 0, count: 8))
    #expect(try fault(net(field(1, op("fc")) + field(7, blob))) == nil)
    #expect(try fault(net(field(7, blob))) == .protobuf(.noLayerName))
    #expect(try fault(net(field(1, op("fc")))) == .protobuf(.onlyText))
    let small = field(7, field(1, varint(3))) + field(5, [UInt8](repeating: 0, count: 8))
    #expect(
      try fault(net(field(1, op("fc")) + field(7, small))) == .protobuf(.size(name: "fc.0", expected: 12, found: 8)))
    #expect(try fault(net(op("\u{B}"))) == .protobuf(.wireType(3, offset: 8)))
  }

  private func varint(_ value: Int) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + varint(value >> 7)
  }

  // MARK: Several files

  @Test func indices() throws {
    func index(_ map: String) throws -> CheckpointFault? { try fault(op("{\"weight_map\": \(map)}")) }
    #expect(try index("{}") == .withoutTensors(.safetensorsIndex))
    #expect(try index("{\"w\": \"../w.safetensors\"}") == .index(.badFileName("../w.safetensors")))
    #expect(try index("{\"w\": \"/etc/passwd\"}") == .index(.badFileName("/etc/passwd")))
    #expect(try index("{\"w\": \"\"}") == .index(.badFileName("")))
    #expect(try index("{\"w\": \"..\"}") == .index(.badFileName("..")))
    guard case .shard("gone.safetensors", .system) = try index("{\"w\": \"gone.safetensors\"}") else {
      Issue.record("a file that is not there")
      return
    }
    guard case .index(.json(.invalidJSON)) = try index("{\"w\": 3}") else {
      Issue.record("a number instead of a file's name")
      return
    }
    guard case .index(.json(.duplicateKey(name: "w"))) = try index("{\"w\": \"a\", \"w\": \"b\"}") else {
      Issue.record("a tensor that is listed twice")
      return
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("shards-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let own = folder.appendingPathComponent("i.json")
    func written(_ map: String) throws -> CheckpointFault? {
      try Data("{\"weight_map\": \(map)}".utf8).write(to: own)
      do throws(CheckpointError) {
        _ = try Checkpoint(own.path)
        return nil
      } catch {
        return error.fault
      }
    }
    #expect(try written("{\"w\": \"i.json\"}") == .shard(name: "i.json", .index(.nested(file: own.path))))
    try Data(try bytes(of: "net.safetensors")).write(to: folder.appendingPathComponent("a"))
    #expect(try written("{\"gone\": \"a\"}") == .index(.tensorMissing(name: "gone", file: "a")))
    #expect(try written("{\"fc.bias\": \"a\"}") == nil)
  }

  @Test func safetensors() throws {
    let head = op("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}")
    let sound = word(head.count) + word(0) + head + [0, 0, 0, 0]
    #expect(try fault(sound) == nil)
    #expect(
      try fault(Array(sound.dropLast()))
        == .safetensors(
          .metadataIncompleteBuffer(expected: sound.count, file: sound.count - 1)))
    #expect(try fault(word(2) + word(0) + op("{}")) == .withoutTensors(.safetensors))
  }

  /// Of stored entries too; a checksum of zero is none, as PyTorch writes where it is asked to hurry.
  @Test func checksumsOfStoredEntriesAreHeld() throws {
    var file = try bytes(of: "zip.pth")
    let entry = Array("zip/data/0".utf8)
    let place = try #require((0..<file.count - 10).first { Array(file[$0..<$0 + 10]) == entry })
    // Its name stands 30 bytes into its header, which says how much padding there is before its floats.
    let padding = Int(file[place - 2]) + Int(file[place - 1]) << 8
    file[place + 10 + padding] ^= 1
    guard case .zip(.checksum(let name)) = try fault(file) else {
      Issue.record("a storage whose byte was flipped")
      return
    }
    #expect(name.hasSuffix("data/0"))
    // The same file without checksums.
    var position = 0
    while position < file.count - 4 {
      if Array(file[position..<position + 4]) == [0x50, 0x4B, 1, 2] {
        file.replaceSubrange(position + 16..<position + 20, with: [0, 0, 0, 0])
      }
      position += 1
    }
    #expect(try fault(file) == nil)
  }
}
