// Comments that suppress findings:
//
//     conv3_x  28x28  [1x1, 128; 3x3, 128] x 4     # lint: allow RN101, as in the paper's own networks
//     # lint: allow plain-too-deep
//     model Plain34
//     # lint: allow-file RN401
//
// After a statement a comment is about its line, on a line of its own about the next statement; a finding is suppressed in
// any line that it points to. The first word is a rule, a group or the beginning of a code; codes and names may follow,
// and what is neither begins a reason for the reader.
import ResNetDSL

/// The suppressions of a file, and whether they were needed.
struct Suppressions {
  private var all: [Suppression] = []
  /// Comments that mean to order something and do not.
  private var faults: [Finding] = []
  private let source: SourceFile

  private struct Suppression {
    /// One word and where it stands.
    var selector: LintSelector?
    var word: Located<String>
    /// `nil` for the whole file.
    var line: Int?
    /// The comment, and how many rules it names.
    var comment: Span
    var count: Int
    var isUsed = false
  }

  init(_ source: SourceFile) {
    self.source = source
    // From the end, so that the next statement is known at each comment.
    var statement = source.lineStarts.count
    for line in source.lineStarts.indices.reversed() {
      let comment = source.comment(ofLine: line)
      let end = comment?.start ?? source.contents(ofLine: line).end
      if !source.isBlank(before: end, line: line) { statement = line }
      guard let comment else { continue }
      let order: Order
      switch Order.read(source, comment) {
      case nil: continue
      case .failure(let fault)?:
        faults.append(fault.finding)
        continue
      case .success(let found)?: order = found
      }
      for word in order.words {
        all.append(
          Suppression(
            selector: LintSelector(word.value), word: word, line: order.isForFile ? nil : statement, comment: comment,
            count: order.words.count))
      }
    }
    all.reverse()
    faults.reverse()
  }

  /// Whether a finding is suppressed, by each comment that says so.
  mutating func suppress(_ rule: LintRule, _ finding: Finding) -> Bool {
    guard !all.isEmpty else { return false }
    let lines = ([finding.primary] + finding.secondary).map { source.line(at: $0.span.start) }
    var isSuppressed = false
    for index in all.indices where all[index].selector?.selects(rule) ?? false {
      guard all[index].line.map(lines.contains) ?? true else { continue }
      all[index].isUsed = true
      isSuppressed = true
    }
    return isSuppressed
  }

  /// Words that suppressed nothing although one of their rules ran, or that select nothing.
  func unused(among rules: [LintRule]) -> [Finding] {
    faults
      + all.filter { !$0.isUsed }.compactMap { suppression in
        let word = quoted(suppression.word.value)
        guard let selector = suppression.selector else {
          let near = suggestion(for: suppression.word.value, among: LintSelector.words)
          return Finding(
            "no rule is called \(word)", at: Label(suppression.word.span, "suppresses nothing"),
            helps: ["'resnetc explain' lists the rules"],
            fixIts: near.map { [FixIt("write '\($0)'", [.init(suppression.word.span, $0)])] } ?? [])
        }
        guard rules.contains(where: selector.selects) else { return nil }
        return Finding(
          "\(word) is suppressed here, but there is nothing to suppress",
          at: Label(suppression.word.span, "no longer needed"), fixIts: [removal(suppression)])
      }
  }

  /// Of the whole comment if it names one rule, with its line if that holds nothing else.
  private func removal(_ suppression: Suppression) -> FixIt {
    let message = "remove \(quoted(suppression.word.value))"
    guard suppression.count == 1 else {
      return FixIt(message, [.init(source.withSeparator(suppression.word.span), "")], isSafe: true)
    }
    let line = source.line(at: suppression.comment.start)
    var span = suppression.comment
    if source.isBlank(before: span.start, line: line) {
      span.start = source.contents(ofLine: line).start
      if line + 1 < source.lineStarts.count { span.end = source.lineStarts[line + 1] }
    } else {
      while span.start > 0, " \t".utf8.contains(source.bytes[span.start - 1]) { span.start -= 1 }
    }
    return FixIt("remove the comment", [.init(span, "")], isSafe: true)
  }
}

/// What a comment orders: `lint: allow WORDS`.
private struct Order {
  var isForFile: Bool
  var words: [Located<String>]

  struct Fault: Error {
    var finding: Finding
  }

  private static let verbs = ["allow", "allow-file"]

  /// `nil` for a comment that speaks to people alone.
  static func read(_ source: SourceFile, _ comment: Span) -> Result<Order, Fault>? {
    let prefix = "lint:"
    let words = source.words(comment, separators: " \t,#")
    guard let first = words.first, first.value.lowercased().hasPrefix(prefix) else { return nil }
    // A blank after the colon may be missing.
    let start = first.span.start + prefix.utf8.count
    let order = source.words(Span(start, comment.end), separators: " \t,#")
    guard let verb = order.first, let isForFile = ["allow": false, "allow-file": true][verb.value] else {
      let span = order.first?.span ?? first.span
      let near = order.first.flatMap { suggestion(for: $0.value, among: verbs) }
      return .failure(
        Fault(
          finding: Finding(
            "'lint:' is followed by allow or allow-file" + (order.first.map { ", not \(quoted($0.value))" } ?? ""),
            at: Label(span, "orders nothing"), fixIts: near.map { [FixIt("write '\($0)'", [.init(span, $0)])] } ?? [])))
    }
    guard let rule = order.dropFirst().first else {
      return .failure(Fault(finding: Finding("'\(verb.value)' names no rule", at: Label(verb.span, "orders nothing"))))
    }
    let more = order.dropFirst(2).prefix { word in
      LintRule.named(word.value) != nil || word.value.wholeMatch(of: /RN[0-9]+/) != nil
    }
    return .success(Order(isForFile: isForFile, words: [rule] + more))
  }
}

extension SourceFile {
  /// The comment of a line, from its `#`; one inside a string is none.
  fileprivate func comment(ofLine line: Int) -> Span? {
    let contents = contents(ofLine: line)
    var isInString = false
    for (index, byte) in text(contents).utf8.enumerated() {
      if byte == UInt8(ascii: "\"") { isInString.toggle() }
      if byte == UInt8(ascii: "#"), !isInString { return Span(contents.start + index, contents.end) }
    }
    return nil
  }

  /// Whether nothing stands in a line before an offset.
  fileprivate func isBlank(before offset: Int, line: Int) -> Bool {
    text(Span(contents(ofLine: line).start, offset)).utf8.allSatisfy { " \t".utf8.contains($0) }
  }

  /// A word with the commas and the spaces after it.
  fileprivate func withSeparator(_ word: Span) -> Span {
    var end = word.end
    while end < bytes.count, " \t,".utf8.contains(bytes[end]) { end += 1 }
    return Span(word.start, end)
  }
}
