// ONNX files: the bytes of those that scripts/check_onnx.py held against PyTorch, and what a file says of itself.
import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler

struct ExportONNXTests {
  /// A file of the repository, compiled for nothing.
  private func compilation(_ path: String, _ words: [String] = []) throws -> Compilation {
    let url = repositoryModels.deletingLastPathComponent().appendingPathComponent(path)
    var selection = Selection()
    switch words.first {
    case "--variant": selection.variant = words.last
    case "--set":
      let parts = try #require(words.last).split(separator: "=")
      selection.parameters = [Selection.Setting(name: String(parts[0]), value: try #require(Int(parts[1])))]
    default: break
    }
    var sink = Diagnostics()
    let source = SourceFile(name: url.lastPathComponent, text: try String(contentsOf: url, encoding: .utf8))
    return try #require(analyze(source, CompileOptions(selection: selection, targets: []), &sink))
  }

  /// With zeros for the values of tensors.
  private func bytes(_ pieces: ArraySlice<ONNXFile.Piece>) -> [UInt8] {
    pieces.flatMap { piece in
      switch piece {
      case .bytes(let bytes): bytes
      case .values(let tensor): [UInt8](repeating: 0, count: tensor.byteCount)
      }
    }
  }

  /// `path options FNV-1a of the graph`, a line each, written where ONNX's checker, ONNX Runtime and PyTorch agreed.
  @Test func filesAreThoseThatWereChecked() throws {
    let text = try String(contentsOf: fixtures.appendingPathComponent("onnx.txt"), encoding: .utf8)
    let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines.count > 50)
    for line in lines {
      let network = try compilation(line[0], Array(line[1..<line.count - 1]))
      let file = exportONNX(network, ONNXOptions(holdsValues: false))
      #expect(
        hexadecimal(fnv1a(bytes(file.pieces.dropFirst()))) == line[line.count - 1],
        "\(line[0]): the file is another one; see that 'scripts/check_onnx.py --record' takes it")
    }
  }

  @Test func filesAreAsLongAsTheySay() throws {
    let network = try compilation("models/digits20.rn")
    for holdsValues in [false, true] {
      let file = exportONNX(network, ONNXOptions(batch: .dynamic, holdsValues: holdsValues))
      let bytes = bytes(file.pieces[...])
      #expect(bytes.count == file.byteCount && ONNXFile.isOurs(Array(bytes.prefix(64))))
      let values = file.pieces.compactMap { piece -> Tensor? in
        if case .values(let tensor) = piece { tensor } else { nil }
      }
      #expect(Set(values) == (holdsValues ? Set(network.lowered.tensors) : []))
      #expect(file.inputText == "input batchx3x32x32" && file.outputTexts == ["logits batchx10"])
    }
    #expect(!ONNXFile.isOurs([]) && !ONNXFile.isOurs(Array("\u{8}\u{8}\u{12}\u{7}pytorch".utf8)))
  }

  /// Values and tensors of one name are one thing; every input of a node was written before it.
  @Test func namesAreUnique() throws {
    let torture = ["taps", "pyramid", "bins", "norms", "branches", "attention"].map {
      "Tests/Fixtures/torture/\($0).rn"
    }
    for path in ["models/googlenet.rn", "models/resnet50d.rn", "models/mobilenet_v3_large.rn"] + torture {
      let network = try compilation(path)
      var graph = ONNXGraph(reserved: Set(network.lowered.tensors.map(\.name)))
      var values: [ONNXValue] = []
      for node in network.lowered.nodes {
        graph.name = node.name
        let inputs = node.inputs.map { values[$0.index] }
        let value = node.operation.definition.onnx(inputs, node.shape, &graph)
        values.append(inputs.contains { $0.name == value.name } ? value : graph.finish(value))
      }
      var known = Set(["", "input"] + graph.parameters.map(\.name) + graph.constants.map(\.name))
      for node in graph.nodes {
        #expect(node.inputs.allSatisfy { known.contains($0) }, "\(path): \(node.output.name)")
        #expect(known.insert(node.output.name).inserted, "\(path): \(node.output.name)")
      }
    }
  }
}

struct ProtocolBufferTests {
  /// The examples of protobuf.dev/programming-guides/encoding.
  @Test func fieldsAreThoseOfTheSpecification() {
    var message = ProtocolBuffer()
    message.add(1, 150)
    #expect(message.bytes == [0x08, 0x96, 0x01])
    var text = ProtocolBuffer()
    text.add(2, "testing")
    #expect(text.bytes == [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67])
    var outer = ProtocolBuffer()
    outer.add(3, message)
    #expect(outer.bytes == [0x1A, 0x03, 0x08, 0x96, 0x01])
    var negative = ProtocolBuffer()
    negative.add(1, -1)
    #expect(negative.bytes == [0x08] + [UInt8](repeating: 0xFF, count: 9) + [0x01])
    var float = ProtocolBuffer()
    float.add(2, Float(1.5))
    #expect(float.bytes == [0x15, 0x00, 0x00, 0xC0, 0x3F])
  }
}
