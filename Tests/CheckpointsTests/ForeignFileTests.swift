// What people pass by mistake is recognised and said, whatever it is called.
import Foundation
import ResNetRuntime
import Testing

@testable import ResNetCheckpoints

@Suite struct ForeignFileTests {
  private static let foreign: [(content: [UInt8], fault: CheckpointFault)] = [
    ([], .empty),
    (op("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab\nsize 102530333\n"), .gitLFSPointer),
    (op("\n  <!DOCTYPE html><html><head><title>404"), .htmlPage),
    ([0xEF, 0xBB, 0xBF] + op("<html>Sign in"), .htmlPage),
    (op("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"), .htmlPage),
    ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0], .compressed(.gzip)),
    (op("BZh91AY&SY"), .compressed(.bzip2)),
    ([0xFD] + op("7zXZ") + [0, 0], .compressed(.xz)),
    ([0x28, 0xB5, 0x2F, 0xFD, 0], .compressed(.zstd)),
    (op("7z") + [0xBC, 0xAF, 0x27, 0x1C], .compressed(.sevenZip)),
    ([0x89] + op("HDF\r\n") + [0x1A, 0x0A], .hdf5),
    ([0x93] + op("NUMPY") + [1, 0, 0, 0], .loneArray),
    ([UInt8](repeating: 0, count: 257) + op("ustar  ") + [UInt8](repeating: 0, count: 300), .tar),
    ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], .unknown(start: [1, 2, 3, 4, 5, 6, 7, 8])),
    (op("hello"), .unknown(start: op("hello"))),
    (op("{\"error\": \"Repository not found\"}"), .index(.notAnIndex)),
    (zip([]), .foreignArchive(names: [])),
    (zip([("readme.txt", op("hello")), ("a/b", [])]), .foreignArchive(names: ["readme.txt", "a/b"])),
  ]

  @Test func isRecognised() throws {
    for (content, expected) in Self.foreign { #expect(try fault(content) == expected) }
  }

  @Test func aFileThatIsNotThereIsSaidByTheSystem() throws {
    #expect(throws: CheckpointError.self) { try Checkpoint("/nowhere/at/all.pth") }
    #expect(throws: CheckpointError.self) { try Checkpoint(NSTemporaryDirectory()) }
  }

  @Test func everySentenceHasAWayOut() {
    for (_, fault) in Self.foreign {
      let text = CheckpointError(path: "w.pth", fault: fault).description
      #expect(text.hasPrefix("cannot use 'w.pth': "))
      #expect(!text.hasSuffix("."))
      #expect(text.contains(";") || text.contains(":"), "\(text)")
    }
  }

  /// The beginning of a file is what is left of a download that broke off. Each is either refused or, where what is missing
  /// held no tensor, whole.
  @Test(arguments: [
    "zip.pth", "legacy.pth.tar", "arrays.npz", "arrays4.pkl", "net.onnx", "net.caffemodel", "net.safetensors",
    "shards.safetensors.index.json", "script.pt",
  ])
  func aCutFileIsRefused(file: String) throws {
    let whole = try bytes(of: file)
    for count in Swift.stride(from: 1, to: whole.count, by: max(whole.count / 40, 1)) {
      let found = try fault(Array(whole[..<count]))
      // Protocol buffers say nowhere how long they are: cut between two fields, what is left is sound.
      if found == nil, file.hasSuffix(".caffemodel") { continue }
      #expect(found != nil, "\(file), \(count) bytes")
    }
  }
}
