// Comments that suppress findings:
//
//     conv3_x  28x28  [1x1, 128; 3x3, 128] x 4     # lint: allow RN101, as in the paper's own networks
//     # lint: allow plain-too-deep
//     model Plain34
//     # lint: allow-file RN401
//
// After a statement a comment is about its line, on a line of its own about the next statement. Words up to the first that
// selects no rule are rules; the rest is for the reader.
import ResNetDSL

/// The suppressions of a file, and whether they were needed.
struct Suppressions {
  private var all: [Suppression] = []
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
      guard let comment, let order = Order(source, comment) else { continue }
      for word in order.words {
        all.append(
          Suppression(
            selector: LintSelector(word.value), word: word, line: order.isForFile ? nil : statement, comment: comment,
            count: order.words.count))
      }
    }
    all.reverse()
  }

  /// Whether a finding here is suppressed, by each comment that says so.
  mutating func suppress(_ rule: LintRule, at span: Span) -> Bool {
    let line = source.line(at: span.start)
    var isSuppressed = false
    for index in all.indices where all[index].selector?.selects(rule) ?? false {
      guard all[index].line == nil || all[index].line == line else { continue }
      all[index].isUsed = true
      isSuppressed = true
    }
    return isSuppressed
  }

  /// Words that suppressed nothing although one of their rules ran, or that select nothing.
  func unused(among rules: [LintRule]) -> [Finding] {
    all.filter { !$0.isUsed }.compactMap { suppression in
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
      while span.start > 0, source.text(Span(span.start - 1, span.start)) == " " { span.start -= 1 }
    }
    return FixIt("remove the comment", [.init(span, "")], isSafe: true)
  }
}

/// What a comment orders: `lint: allow WORDS`.
private struct Order {
  var isForFile: Bool
  var words: [Located<String>] = []

  init?(_ source: SourceFile, _ comment: Span) {
    var words = source.words(comment, separators: " \t,#")[...]
    guard words.popFirst()?.value == "lint:", let verb = words.popFirst()?.value else { return nil }
    guard verb == "allow" || verb == "allow-file" else { return nil }
    isForFile = verb == "allow-file"
    // The first word is meant to be a rule; the rest while they are.
    for word in words {
      guard self.words.isEmpty || LintSelector(word.value) != nil else { break }
      self.words.append(word)
    }
    if self.words.isEmpty { return nil }
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
    while end < bytes.count, " ,".utf8.contains(bytes[end]) { end += 1 }
    return Span(word.start, end)
  }
}
