// More than three hundred files, each wrong in a way of its own, and each with a sentence of its own: what is wrong, where, and
// in most the way out. None is read, none crashes, none runs anything.
import Testing

@testable import ResNetCheckpoints

@Suite struct MalformedCorpusTests {
  @Test func eachFileHasASentenceOfItsOwn() throws {
    let files = try MalformedFile.all()
    var seen: [String: String] = [:]
    for file in files {
      let title = "\(file.kind.rawValue): \(file.name)"
      guard let message = try file.message() else {
        Issue.record("\(title) is read")
        continue
      }
      #expect(message.contains(file.says), "\(title): \(message)")
      #expect(!message.hasSuffix(".") && message.utf8.count > 20, "\(title): \(message)")
      if let other = seen.updateValue(title, forKey: message) {
        Issue.record("\(title) and \(other) are told by the same words: \(message)")
      }
    }
    #expect(seen.count >= 300, "\(seen.count) sentences of \(files.count) files")
    // Without numbers and names: the checks that there are.
    let checks = Set(seen.keys.map(withoutParticulars))
    #expect(checks.count >= 150, "\(checks.count) checks")
    for kind in MalformedKind.allCases { #expect(files.contains { $0.kind == kind }, "\(kind)") }
  }

  /// A sentence without what stands in quotation marks, and without numbers.
  private func withoutParticulars(_ message: String) -> String {
    var text = ""
    var isQuoted = false
    for character in message {
      if character == "'" { isQuoted.toggle() }
      if !isQuoted, !character.isNumber { text.append(character) }
    }
    return text
  }
}
