// The text of a graph after lowering and after each pass, against files.
import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct DumpTests {
  static let networks: [(file: String, option: ShortcutOption, bottleneck: Bool)] = [
    ("dump-projections", .projectWhereShapeChanges, true), ("dump-zero-pads", .identityZeroPadded(.both), false),
    ("dump-plain", .none, false),
  ]

  @Test(arguments: networks.indices) func everyPass(index: Int) throws {
    let (file, option, bottleneck) = Self.networks[index]
    let graph = try lowered(PassTests.small(option, bottleneck: bottleneck))
    var text = "== lowered\n\(graph.text)"
    var before = graph.text
    _ = runPasses(graph) { pass, result in
      text += "\n== \(pass.name)\n\(result.text == before ? "(unchanged)\n" : result.text)"
      before = result.text
    }
    try expectGolden(text, fixtures.appendingPathComponent("\(file).txt"))
  }
}
