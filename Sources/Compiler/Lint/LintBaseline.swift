// Findings that are known: a baseline file names each by its fingerprint, its rule and its file, so that a project can
// begin with rules that it does not follow everywhere yet. Errors of the language are never known: what does not compile
// does not pass.
package import ResNetDSL

/// What a baseline file holds.
package struct LintBaseline: Sendable {
  private var known: Set<Entry>

  private struct Entry: Hashable, Comparable {
    var file: String
    var fingerprint: String
    var code: String
    static func < (a: Entry, b: Entry) -> Bool { (a.file, a.code, a.fingerprint) < (b.file, b.code, b.fingerprint) }
  }

  static let head = "resnetc lint baseline 1"

  /// Nothing is known.
  package init() { known = [] }

  /// What these files have.
  package init(_ files: [LintedFile]) {
    known = Set(
      files.flatMap { file in
        file.findings.filter { LintRule.named($0.diagnostic.code.name) != nil }.map {
          Entry(file: file.name, fingerprint: $0.fingerprint, code: $0.diagnostic.code.name)
        }
      })
  }

  /// As a baseline file says it; `nil` if `sink` then holds an error.
  package init?(_ file: SourceFile, _ sink: inout Diagnostics) {
    known = []
    guard file.isText(upTo: lintFileLimit, .lintBaseline, help: "write it anew with --write-baseline", &sink) else {
      return nil
    }
    guard file.text(file.contents(ofLine: 0)) == Self.head else {
      sink.report(
        Diagnostic(
          .lintBaseline, "a baseline begins with '\(Self.head)'", at: Label(file.contents(ofLine: 0)),
          helps: ["write it anew with --write-baseline"]))
      return nil
    }
    for line in file.lineStarts.indices.dropFirst() {
      let contents = file.contents(ofLine: line)
      let parts = file.text(contents).split(separator: " ", maxSplits: 2).map(String.init)
      if parts.isEmpty { continue }
      guard parts.count == 3 else {
        sink.report(
          Diagnostic(
            .lintBaseline, "a line is a fingerprint, a code and a file", at: Label(contents),
            helps: ["write it anew with --write-baseline"]))
        return nil
      }
      known.insert(Entry(file: parts[2], fingerprint: parts[0], code: parts[1]))
    }
  }

  /// Whether a file may be replaced by a baseline: it is one.
  package static func isBaseline(_ bytes: [UInt8]) -> Bool {
    let file = SourceFile(name: "", bytes: bytes)
    return file.text(file.contents(ofLine: 0)) == head
  }

  package var text: String {
    Self.head + "\n" + known.sorted().map { "\($0.fingerprint) \($0.code) \($0.file)\n" }.joined()
  }

  package var count: Int { known.count }

  /// Whether a finding is known; each entry stands for one.
  mutating func take(_ finding: LintFinding, in file: String) -> Bool {
    known.remove(Entry(file: file, fingerprint: finding.fingerprint, code: finding.diagnostic.code.name)) != nil
  }
}
