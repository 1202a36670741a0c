// A diagnostic is data first: a code, a sentence, labelled places, notes, fixes. Renderers turn it into text, colour or
// JSON. No stage prints.

/// How bad it is, the worst first. Only errors stop the compiler; a note is worth knowing and asks for nothing.
package enum Severity: String, Hashable, CaseIterable, Sendable {
  case error, warning, note
}

/// A stable code with a catalogue entry that `resnetc explain` prints.
package struct DiagnosticCode: Hashable, Sendable {
  /// For example `size-mismatch`; of a lint rule its number, `RN101`.
  package let name: String
  /// A few words where the name is a number: `strided-1x1`.
  package let title: String?
  /// What it means, why it matters, an example and its remedy: a few short paragraphs.
  package let explanation: String

  package init(_ name: String, title: String? = nil, _ explanation: String) {
    self.name = name
    self.title = title
    self.explanation = explanation
  }

  /// As messages show it: `size-mismatch`, `RN101 strided-1x1`.
  package var text: String { title.map { "\(name) \($0)" } ?? name }

  package static func == (a: DiagnosticCode, b: DiagnosticCode) -> Bool { a.name == b.name }
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// A place with a few words about it.
package struct Label: Hashable, Sendable {
  package var span: Span
  package var text: String
  package init(_ span: Span, _ text: String = "") {
    self.span = span
    self.text = text
  }
}

/// Replacements that together are one obvious, correct remedy.
package struct FixIt: Hashable, Sendable {
  package struct Edit: Hashable, Sendable {
    package var span: Span
    package var replacement: String
    package init(_ span: Span, _ replacement: String) {
      self.span = span
      self.replacement = replacement
    }
  }
  /// An imperative without full stop: `write 14x14`.
  package var message: String
  package var edits: [Edit]
  /// Whether the network stays the same, so that nobody need look. A guess at what was meant is not safe.
  package var isSafe: Bool
  package init(_ message: String, _ edits: [Edit], isSafe: Bool = false) {
    self.message = message
    self.edits = edits
    self.isSafe = isSafe
  }
}

/// One finding: what is wrong, where, and, where one remedy is right, the remedy.
package struct Diagnostic: Hashable, Sendable {
  package var severity: Severity
  package var code: DiagnosticCode
  /// One lowercase sentence that names the things involved, without a full stop.
  package var message: String
  package var primary: Label
  package var secondary: [Label]
  package var notes: [String]
  /// Ways out that are not a mechanical edit.
  package var helps: [String]
  package var fixIts: [FixIt]

  package init(
    _ severity: Severity, _ code: DiagnosticCode, _ message: String, at primary: Label,
    secondary: [Label] = [], notes: [String] = [], helps: [String] = [], fixIts: [FixIt] = []
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.primary = primary
    self.secondary = secondary
    self.notes = notes
    self.helps = helps
    self.fixIts = fixIts
  }

  /// An error.
  package init(
    _ code: DiagnosticCode, _ message: String, at primary: Label, secondary: [Label] = [], notes: [String] = [],
    helps: [String] = [], fixIts: [FixIt] = []
  ) {
    self.init(
      .error, code, message, at: primary, secondary: secondary, notes: notes, helps: helps, fixIts: fixIts)
  }
}

/// Collects diagnostics; every stage reports here and goes on.
package struct Diagnostics: Sendable {
  package private(set) var all: [Diagnostic] = []
  package private(set) var hasErrors = false
  /// Reported past the capacity: counted, not kept.
  package private(set) var dropped = 0
  /// Far more than is ever shown; a mangled file could otherwise report one for each byte.
  private let capacity: Int

  package init(capacity: Int = 1_000) { self.capacity = capacity }

  /// Nothing more is kept: time for a stage to stop looking.
  package var isFull: Bool { all.count >= capacity }

  package mutating func report(_ diagnostic: Diagnostic) {
    if diagnostic.severity == .error { hasErrors = true }
    if isFull { dropped += 1 } else { all.append(diagnostic) }
  }

  /// In source order; equal places keep the order of reporting.
  package var inSourceOrder: [Diagnostic] { order.map { all[$0] } }

  private var order: [Int] {
    // Places and not findings, which are large to move.
    let starts = all.map(\.primary.span.start)
    return starts.indices.sorted { (starts[$0], $0) < (starts[$1], $1) }
  }

  /// What a renderer shows, and how many more there are.
  package var shown: (diagnostics: [Diagnostic], more: Int) {
    let first = order.prefix(Limits.diagnostics).map { all[$0] }
    return (first, all.count - first.count + dropped)
  }

  /// `and 12 more findings are not shown`, if any are not.
  package static func moreMessage(_ count: Int) -> String? {
    guard count > 0 else { return nil }
    return count == 1 ? "one more finding is not shown" : "\(count) more findings are not shown"
  }
}
