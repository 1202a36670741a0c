// Every format is read to the bytes that the libraries themselves say are in it.
import Foundation
import ResNetRuntime
import Testing

@testable import ResNetCheckpoints

@Suite struct FormatTests {
  @Test(arguments: [
    ("zip.pth", CheckpointFormat.torchZip, "net"), ("legacy.pth.tar", .torchLegacy, "net"),
    ("protocol4.pt", .torchZip, "net"), ("parameters.bin", .torchZip, "net"), ("deflated.pth", .torchZip, "net"),
    ("average.ckpt", .torchZip, "net"), ("net.safetensors", .safetensors, "net"),
    ("views.pth", .torchZip, "views"), ("views_legacy.pth", .torchLegacy, "views"),
    ("types.pth", .torchZip, "types"), ("types_legacy.pth", .torchLegacy, "types"),
    ("arrays.npz", .npz, "arrays"), ("arrays_compressed.npz", .npz, "arrays"), ("arrays2.pkl", .pickle, "arrays"),
    ("arrays4.pkl", .pickle, "arrays"), ("net.onnx", .onnx, "onnx"), ("net.caffemodel", .caffe, "caffe"),
    ("shards.safetensors.index.json", .safetensorsIndex, "shards"),
  ])
  func holdsWhatTheLibraryWrote(file: String, format: CheckpointFormat, values: String) throws {
    var checkpoint = try Checkpoint(fixture(file))
    #expect(checkpoint.format == format)
    let found = plain(checkpoint.tensors)
    #expect(found.map(\.name) == (try expected(values)).map(\.name))
    #expect(found == (try expected(values)))
    // By its content, not by its name.
    checkpoint = try withFile(bytes(of: file)) { path in
      format == .safetensorsIndex ? checkpoint : try Checkpoint(path)
    }
    #expect(checkpoint.format == format)
  }

  @Test func scriptsHoldTheTensorsOfTheirModules() throws {
    let checkpoint = try Checkpoint(fixture("script.pt"))
    #expect(checkpoint.format == .torchScript)
    let names = try expected("net").map(\.name)
    #expect(checkpoint.tensors.map(\.name) == names)
    #expect(plain(checkpoint.tensors) == (try expected("net")))
  }

  @Test func theOldFormOfCaffeModelsHasSizesInsteadOfShapes() throws {
    let tensors = plain(try Checkpoint(fixture("old.caffemodel")).tensors)
    #expect(tensors == (try expected("caffe").filter { !$0.name.hasPrefix("bn") }))
  }

  @Test func theChoiceAmongDictionariesIsSaid() throws {
    #expect(try Checkpoint(fixture("zip.pth")).notes == ["took 'state_dict', 8 tensors"])
    let average = try Checkpoint(fixture("average.ckpt"))
    #expect(average.notes == ["took 'model', 8 tensors; there is also --key model_ema"])
    let chosen = try Checkpoint(fixture("average.ckpt"), key: "model_ema")
    #expect(plain(chosen.tensors) == (try expected("average")))
    #expect(chosen.notes == [])
  }

  @Test func aKeyMustNameADictionary() throws {
    #expect(throws: CheckpointError.self) { try Checkpoint(fixture("average.ckpt"), key: "ema") }
    #expect(
      try fault(bytes(of: "average.ckpt"), key: "ema")
        == .keyMissing(key: "ema", available: ["model", "model_ema"]))
    #expect(try fault(bytes(of: "arrays.npz"), key: "model") == .keyUnused(key: "model", format: .npz))
  }

  /// What the compiler's own writer makes of a file, the safetensors package's reader of the runtime reads.
  @Test(arguments: ["zip.pth", "views.pth", "types.pth", "arrays.npz", "net.onnx", "net.caffemodel"])
  func writtenAsSafetensorsItStaysTheSame(file: String) throws {
    let checkpoint = try Checkpoint(fixture(file))
    try withFile([]) { path in
      try writeSafetensors(checkpoint.tensors, to: path)
      let copy = try Checkpoint(path)
      #expect(copy.format == .safetensors)
      #expect(plain(copy.tensors) == plain(checkpoint.tensors))
    }
  }

  /// Names that JSON must escape.
  @Test func anyNameCanBeWritten() throws {
    let tensor = try #require(Checkpoint(fixture("net.safetensors")).tensors.first)
    let names = ["", "a\"b", "c\\d", "e\u{1}\n", "\u{e9}", "e\u{301}", "\u{1F600}"]
    try withFile([]) { path in
      try writeSafetensors(names.map { tensor.named($0) }, to: path)
      #expect(Set(try Safetensors(path).entries.map { Array($0.name.utf8) }) == Set(names.map { Array($0.utf8) }))
    }
  }

  @Test func viewsOfViews() throws {
    let views = try Checkpoint(fixture("views.pth")).tensors
    let whole = try #require(views.first { $0.name == "whole" })
    let turned = try #require(views.first { $0.name == "turned" })
    #expect(plain([whole.transposed([2, 0, 1]).named("turned")]) == plain([turned]))
    let backwards = try #require(whole.reversed(1).values())
    #expect(Array(backwards[..<6]) == [15, 16, 17, 18, 19, 10])
    #expect(Array(backwards[20..<22]) == [35, 36])
    #expect(whole.reversed(1).reversed(1).values() == whole.values())
    #expect(try #require(whole.reshaped([3, 1, 4, 5, 1])).values() == whole.values())
    #expect(whole.reshaped([3, 20]) == nil)
  }
}
