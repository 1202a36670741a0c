// Fixtures, files that last as long as a closure runs, and what a checkpoint holds as plain values.
import Foundation
import ResNetRuntime
import Testing

@testable import ResNetCheckpoints

private let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

func fixture(_ name: String) -> String { fixtures.appendingPathComponent(name).path }

func bytes(of name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: fixture(name)))) }

/// Runs `body` with the path of a file of these bytes.
func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("checkpoint-\(UUID().uuidString)")
  try Data(bytes).write(to: url)
  defer { try? FileManager.default.removeItem(at: url) }
  return try body(url.path)
}

/// A tensor as it would be written out.
struct Plain: Equatable {
  var name: String
  var dtype: String
  var shape: [Int]
  var bytes: [UInt8]
}

func plain(_ tensors: [CheckpointTensor]) -> [Plain] {
  tensors.map { tensor in
    Plain(
      name: tensor.name, dtype: tensor.dtype.rawValue, shape: tensor.shape,
      bytes: tensor.withContiguousBytes { Array($0) })
  }
}

/// What the safetensors package wrote, by the runtime's reader.
func expected(_ name: String) throws -> [Plain] {
  let file = try Safetensors(fixture("\(name).safetensors"))
  return file.entries.map { entry in
    Plain(name: entry.name, dtype: entry.dtype.rawValue, shape: entry.shape, bytes: Array(file.data(entry)))
  }
}

/// The fault of a file of these bytes; `nil` if it can be read.
func fault(_ bytes: [UInt8], key: String? = nil) throws -> CheckpointFault? {
  try withFile(bytes) { path in
    do throws(CheckpointError) {
      let checkpoint = try Checkpoint(path, key: key)
      for tensor in checkpoint.tensors { _ = tensor.withContiguousBytes { $0.count } }
      return nil
    } catch {
      return error.fault
    }
  }
}

func fault(fixture name: String) throws -> CheckpointFault? { try fault(bytes(of: name)) }

/// A zip archive of stored entries, with a table of contents; checksums are zero, which readers of stored entries here do
/// not look at.
func zip(_ entries: [(name: String, content: [UInt8])]) -> [UInt8] {
  var file: [UInt8] = []
  var directory: [UInt8] = []
  for (name, content) in entries {
    let sizes = word(content.count) + word(content.count)
    let common = half(20) + half(0) + half(0) + half(0) + half(0) + word(0) + sizes + half(name.utf8.count) + half(0)
    directory += word(0x0201_4B50) + half(20) + common + half(0) + half(0) + half(0) + word(0) + word(file.count)
    directory += Array(name.utf8)
    file += word(0x0403_4B50) + common + Array(name.utf8) + content
  }
  let count = half(entries.count)
  let start = file.count
  let end = word(0x0605_4B50) + half(0) + half(0) + count + count + word(directory.count) + word(start) + half(0)
  return file + directory + end
}

func half(_ value: Int) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8 & 0xFF)] }
func word(_ value: Int) -> [UInt8] { half(value & 0xFFFF) + half(value >> 16) }

/// An archive as torch.save writes it, of a pickle and storages.
func torchFile(_ pickle: [UInt8], storages: [[UInt8]] = []) -> [UInt8] {
  var entries: [(String, [UInt8])] = [("archive/data.pkl", pickle)]
  for (index, bytes) in storages.enumerated() { entries.append(("archive/data/\(index)", bytes)) }
  return zip(entries)
}

/// The opcodes that a text stands for, each character one; longer parts are added as bytes.
func op(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A short text as a pickle has it.
func pickled(_ text: String) -> [UInt8] { op("X") + word(text.utf8.count) + Array(text.utf8) }

/// `module` and `name` as GLOBAL has them.
func global(_ module: String, _ name: String) -> [UInt8] { op("c\(module)\n\(name)\n") }

/// A tensor of floats of a storage.
func pickledTensor(
  key: String = "0", type: String = "FloatStorage", count: Int = 4, offset: Int = 0, shape: [Int] = [4],
  strides: [Int] = [1]
) -> [UInt8] {
  func tuple(_ numbers: [Int]) -> [UInt8] { op("(") + numbers.flatMap { op("J") + word($0) } + op("t") }
  let storage =
    op("(") + pickled("storage") + global("torch", type) + pickled(key) + pickled("cpu") + op("J") + word(count)
    + op("tQ")
  let rest = op("J") + word(offset) + tuple(shape) + tuple(strides) + [0x89] + op("}t")
  return global("torch._utils", "_rebuild_tensor_v2") + op("(") + storage + rest + op("R")
}

/// A dictionary of one tensor.
func pickledState(_ tensor: [UInt8]) -> [UInt8] { [0x80, 2] + op("}") + pickled("weight") + tensor + op("s.") }

/// Numbers that are the same on every run: splitmix64.
struct Generator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
