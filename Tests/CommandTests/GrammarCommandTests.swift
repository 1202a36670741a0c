// `resnetc grammar`, and the extension that is packed with it.

import Foundation
import Testing

struct GrammarCommandTests {
  @Test func itPrintsAGrammar() throws {
    let run = try Sandbox().run("grammar")
    #expect(run.code == 0 && run.err.isEmpty)
    struct Grammar: Decodable { var scopeName: String }
    #expect(try JSONDecoder().decode(Grammar.self, from: Data(run.out.utf8)).scopeName == "source.rn")
    #expect(try Sandbox().run("grammar").out == run.out)
  }

  @Test func itTakesNoOperands() throws {
    let run = try Sandbox().run("grammar", "vscode")
    #expect(run.code == 64 && run.out.isEmpty && run.err.contains("'vscode'"), "\(run.err)")
  }

  /// The extension looks for the grammar where it is written.
  @Test func theExtensionNamesTheFileThatIsWritten() throws {
    let folder = repository.appending(path: "editors/vscode")
    func text(_ name: String) throws -> String { try String(contentsOf: folder.appending(path: name), encoding: .utf8) }
    let package = try text("package.json")
    #expect(package.contains(#""path": "./rn.tmLanguage.json""#))
    #expect(package.contains("resnetc grammar > rn.tmLanguage.json"))
    #expect(try text("pack.py").contains(#""rn.tmLanguage.json""#))
  }
}
