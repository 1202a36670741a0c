// What a run of the linter has to print: the findings of some files, each with a fingerprint that stays the same while
// the lines around it change.
package import ResNetDSL

/// A file and what was found in it.
package struct LintedFile: Sendable {
  package let source: SourceFile
  package private(set) var findings: [LintFinding]
  /// Found past what is kept.
  package let dropped: Int

  /// As a baseline calls it: the path from the baseline's folder.
  let name: String

  /// - Parameters:
  ///   - name: The path from the baseline's folder; without one, the path as given.
  ///   - baseline: What is known, and left out.
  package init(
    _ source: SourceFile, named name: String? = nil, _ diagnostics: Diagnostics, baseline: inout LintBaseline
  ) {
    self.source = source
    self.name = uri(of: name ?? source.name)
    dropped = diagnostics.dropped
    var seen: [String: Int] = [:]
    let all = diagnostics.inSourceOrder.map { diagnostic in
      let line = source.text(source.contents(ofLine: source.line(at: diagnostic.primary.span.start)))
      // Without spaces, which `fmt` may change.
      let words = line.filter { $0 != " " && $0 != "\t" }
      let hash = fnv1a(Array("\(diagnostic.code.name)\n\(words)".utf8))
      let fingerprint = hexadecimal(hash)
      // Equal lines with equal findings differ by their number.
      seen[fingerprint, default: 0] += 1
      return LintFinding(diagnostic: diagnostic, fingerprint: "\(fingerprint):\(seen[fingerprint] ?? 1)")
    }
    let path = self.name
    findings = all.filter { !baseline.take($0, in: path) }
  }
}

extension LintedFile {
  /// What was asked for, a variant or a value of a parameter, is not in the file.
  package var isMisaddressed: Bool {
    findings.contains { ["unknown-variant", "unknown-setting"].contains($0.diagnostic.code.name) }
  }
}

/// One finding with its fingerprint.
package struct LintFinding: Sendable {
  package let diagnostic: Diagnostic
  /// Of its code and its line's words, and which of several alike it is: `9f1b2c3d4e5f6071:1`.
  package let fingerprint: String
}

extension [LintedFile] {
  package func count(_ severity: Severity) -> Int {
    reduce(0) { $0 + $1.findings.count { $0.diagnostic.severity == severity } }
  }

  /// `2 errors, 1 warning and 3 notes in 2 files; 1 can be fixed with --fix`.
  package var summary: String {
    let counts = Severity.allCases.map { ($0, count($0)) }.filter { $0.1 > 0 }
    let files = "\(self.count) file\(self.count == 1 ? "" : "s")"
    guard !counts.isEmpty else { return "no findings in \(files)" }
    let parts = counts.map { "\($0.1) \($0.0.rawValue)\($0.1 == 1 ? "" : "s")" }
    let fixes = flatMap(\.findings).filter { $0.diagnostic.fixIts.contains(where: \.isSafe) }.count
    return alternatives(parts, joiner: "and") + " in \(files)" + (fixes > 0 ? "; \(fixes) can be fixed with --fix" : "")
  }
}
