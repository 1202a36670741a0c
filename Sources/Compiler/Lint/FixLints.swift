// Applies the fixes of findings. A safe fix leaves the network as it is, and that is not taken on trust: the graphs of
// all variants before and after are compared.
package import ResNetDSL

/// What came of fixing a file.
package struct LintFixes: Sendable {
  package let source: SourceFile
  /// How many fixes were applied.
  package let count: Int
}

/// Why a file stays as it is.
package enum LintFixFault: Error, Sendable {
  /// A file with errors has no network to hold a fix against.
  case hasErrors
  /// A fix that calls itself safe changes the network: a mistake of the rule.
  case changesNetwork
  /// With the fixes the file would have errors that it had not.
  case addsErrors
}

/// Applies fixes until there are none.
///
/// - Parameter includesUnsafe: Also those that change the network, and guesses at what an error meant.
package func fixLints(
  in source: SourceFile, _ settings: LintSettings, includesUnsafe: Bool
) throws(LintFixFault) -> LintFixes {
  var result = source
  var count = 0
  let before = networks(of: source)
  // What is wrong may have a fix all the same; nothing could tell whether it is safe.
  if before == nil, !includesUnsafe { throw .hasErrors }
  // One fix may make room for the next; a circle of fixes ends here.
  for _ in 0..<8 {
    let fixes = chosen(lint(result, Selection(), settings), in: result, includesUnsafe: includesUnsafe)
    if fixes.isEmpty { break }
    result = result.applying(fixes)
    count += fixes.count
  }
  guard count > 0 else { return LintFixes(source: source, count: 0) }
  let after = networks(of: result)
  if after == nil, before != nil || errors(in: result) > errors(in: source) { throw .addsErrors }
  if !includesUnsafe, before != after { throw .changesNetwork }
  return LintFixes(source: result, count: count)
}

/// The first fix of each finding, as far as they do not overlap and change something. While there are errors, theirs
/// alone: they may be why a rule finds something.
private func chosen(_ diagnostics: Diagnostics, in source: SourceFile, includesUnsafe: Bool) -> [FixIt] {
  var taken: [Span] = []
  var fixes: [FixIt] = []
  for diagnostic in diagnostics.inSourceOrder where !diagnostics.hasErrors || diagnostic.severity == .error {
    guard let fix = diagnostic.fixIts.first(where: { includesUnsafe || $0.isSafe }) else { continue }
    guard fix.edits.contains(where: { source.text($0.span) != $0.replacement }) else { continue }
    let isFree = fix.edits.allSatisfy { edit in
      taken.allSatisfy { edit.span.end < $0.start || $0.end < edit.span.start }
    }
    guard isFree else { continue }
    taken += fix.edits.map(\.span)
    fixes.append(fix)
  }
  return fixes
}

private func errors(in source: SourceFile) -> Int {
  lint(source).all.count { $0.severity == .error }
}

/// All that decides what is computed, of each variant; `nil` for a file with errors.
private func networks(of source: SourceFile) -> [String]? {
  var sink = Diagnostics()
  guard let model = parse(source, &sink) else { return nil }
  var result: [String] = []
  analyzeEach(model, Selection(), &sink) { _, compilation in
    guard let compilation else { return false }
    let network = compilation.network
    result.append("\(compilation.lowered.text)\(network.preprocess) \(network.labels?.value ?? "")\n")
    return true
  }
  return sink.hasErrors ? nil : result
}
