// One rendered example for each code of lowering: `Fixtures/diagnostics/CODE.rn` and what the compiler says to it,
// `CODE.stderr`. `RESNETC_UPDATE_GOLDENS=1` rewrites the expectations and fails, so that nothing blesses itself.
import Foundation
import Testing

@testable import ResNetCompiler
@testable import ResNetDSL

@Suite struct DiagnosticGoldenTests {
  private static let folder = fixtures.appendingPathComponent("diagnostics")

  @Test(arguments: DiagnosticCatalog.loweringCodes.map(\.name)) func rendering(code: String) throws {
    let text = try String(contentsOf: Self.folder.appendingPathComponent("\(code).rn"), encoding: .utf8)
    let source = SourceFile(name: "\(code).rn", text: text)
    var sink = Diagnostics()
    let network = try #require(parse(source, &sink).flatMap { resolve($0, Selection(), &sink) }, "\(sink.all)")
    #expect(sink.all.isEmpty)
    #expect(lower(network, &sink) == nil)
    #expect(sink.all.contains { $0.code.name == code })
    try expectGolden(TextRenderer(source).render(sink), Self.folder.appendingPathComponent("\(code).stderr"))
  }

  @Test func everyGoldenBelongsToACode() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter { $0.hasSuffix(".rn") }
    #expect(Set(files) == Set(DiagnosticCatalog.loweringCodes.map { "\($0.name).rn" }))
  }
}
