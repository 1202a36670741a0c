// Expands a template: a Swift file that compiles as it stands, as the smallest instance of its kernel, and that comments
// turn into every other instance.
//
//   //% strip                     lines up to the end serve the unexpanded file only
//   //% for q in rows, p in 4     lines up to the end, once for every q and p; `acc_q_p` becomes `acc_0_3`, `q` becomes 0
//   //% if kernelHeight > 1       lines up to the end, or up to `//% else`, where the condition holds
//   if hasFMA {  //% if           the same for a Swift `if`, whose own lines disappear
//   } else {  //% else
//   }  //% end
//   if row < 3 {  //% unwrap rowRuns == 1
//                                 a Swift statement whose own lines disappear, its body kept, where the condition holds
//   const(p * pixelStride)        the value, computed now
//
// Parameters are replaced wherever they stand as whole words; in comments only those that are text, and `const(...)`. One
// that is text may be named by a loop: `load_t` is `load_0` in the first turn.

/// Expands `template` with `parameters`; the result is a function of both, byte for byte.
package func expand(
  template: String, _ parameters: [String: TemplateValue]
) throws(TemplateError) -> String {
  try Template(template).expanded(parameters)
}

/// A template taken apart, which is done once for all its instances: by bytes, since characters take several times as
/// long.
struct Template: Sendable {
  fileprivate let lines: [TemplateLine]

  init(_ text: String) {
    let bytes = Array(text.utf8)
    lines = ResNetCompiler.lines(of: bytes).map { TemplateLine(bytes, $0) }
  }

  func expanded(_ parameters: [String: TemplateValue]) throws(TemplateError) -> String {
    var engine = TemplateEngine(lines: lines)
    try engine.expand(until: lines.count, parameters, loops: [], dedent: 0)
    return engine.result
  }
}

/// Where the lines of a text lie, without their ends; the last may be empty.
func lines(of bytes: [UInt8]) -> [Range<Int>] {
  var lines: [Range<Int>] = []
  var start = 0
  var index = 0
  while index < bytes.count {
    if bytes[index] == UInt8(ascii: "\n") {
      lines.append(start..<index)
      start = index + 1
    }
    index += 1
  }
  lines.append(start..<bytes.count)
  return lines
}

/// A line, and what its directive says.
private struct TemplateLine {
  enum Directive {
    case none
    case strip
    case loops([Loop])
    /// Not a list of `name in count`.
    case badLoop(String)
    /// `inSwift`: the line is also a Swift statement, so its body stands one level deeper than it should.
    case condition(TemplateExpression, inSwift: Bool)
    case otherwise
    /// A Swift statement around lines that stay either way.
    case wrapper(unless: TemplateExpression)
    case end
  }

  struct Loop {
    let name: String
    let count: TemplateExpression
  }

  enum Piece {
    /// Between words.
    case text(String)
    /// `segments`: between its underscores, if there are any.
    case word(String, segments: [String])
    case constant(TemplateExpression)
    /// A `const` whose parenthesis is not closed.
    case unclosed
  }

  /// Spaces before the first piece.
  let indent: Int
  /// Of the text before the directive.
  let pieces: [Piece]
  let isComment: Bool
  let directive: Directive

  init(_ bytes: [UInt8], _ line: Range<Int>) {
    var end = line.upperBound
    var directive = Directive.none
    if let marker = Self.marker(bytes, line) {
      let before = bytes[line.lowerBound..<marker].withoutTrailingSpaces
      directive = Self.directive(bytes[(marker + 3)..<end].trimmed, statement: before.trimmed)
      if case .none = directive {} else { end = before.endIndex }
    }
    var start = line.lowerBound
    while start < end, bytes[start] == UInt8(ascii: " ") { start += 1 }
    indent = start - line.lowerBound
    isComment = start + 1 < end && bytes[start] == UInt8(ascii: "/") && bytes[start + 1] == UInt8(ascii: "/")
    pieces = Self.pieces(bytes, start, end)
    self.directive = directive
  }

  /// Where the first `//%` stands.
  private static func marker(_ bytes: [UInt8], _ line: Range<Int>) -> Int? {
    var index = line.lowerBound + 2
    while index < line.upperBound {
      if bytes[index] == UInt8(ascii: "%"), bytes[index - 1] == UInt8(ascii: "/"),
        bytes[index - 2] == UInt8(ascii: "/")
      {
        return index - 2
      }
      index += 1
    }
    return nil
  }

  private static func directive(_ body: ArraySlice<UInt8>, statement: ArraySlice<UInt8>) -> Directive {
    let word = body.prefix { $0.isWordByte }
    let rest = body.dropFirst(word.count).trimmed
    switch String(decoding: word, as: UTF8.self) {
    case "strip": return .strip
    case "for": return loops(rest)
    case "if" where statement.isEmpty: return .condition(TemplateExpression(rest), inSwift: false)
    case "if":
      return .condition(TemplateExpression(statement.dropFirst(2).dropLast(1).trimmed), inSwift: true)
    case "else": return .otherwise
    case "unwrap": return .wrapper(unless: TemplateExpression(rest))
    case "end": return .end
    default: return .none
    }
  }

  private static func loops(_ header: ArraySlice<UInt8>) -> Directive {
    var loops: [Loop] = []
    for part in header.split(separator: UInt8(ascii: ",")) {
      let words = part.trimmed.split(separator: UInt8(ascii: " "), maxSplits: 2)
      guard words.count == 3, words[1].elementsEqual("in".utf8) else {
        return .badLoop(String(decoding: part.trimmed, as: UTF8.self))
      }
      loops.append(Loop(name: String(decoding: words[0], as: UTF8.self), count: TemplateExpression(words[2])))
    }
    return .loops(loops)
  }

  private static func pieces(_ bytes: [UInt8], _ begin: Int, _ limit: Int) -> [Piece] {
    var pieces: [Piece] = []
    var start = begin
    while start < limit {
      let isWord = bytes[start].isWordByte
      var hasUnderscore = false
      var end = start
      while end < limit, bytes[end].isWordByte == isWord {
        if bytes[end] == UInt8(ascii: "_") { hasUnderscore = true }
        end += 1
      }
      let piece = String(decoding: bytes[start..<end], as: UTF8.self)
      start = end
      if !isWord {
        pieces.append(.text(piece))
      } else if piece == "const", end < limit, bytes[end] == UInt8(ascii: "(") {
        guard let close = closing(bytes, end, limit) else { return pieces + [.unclosed] }
        pieces.append(.constant(TemplateExpression(bytes[(end + 1)..<close])))
        start = close + 1
      } else {
        let segments = hasUnderscore ? piece.split(separator: "_", omittingEmptySubsequences: false) : []
        pieces.append(.word(piece, segments: segments.map(String.init)))
      }
    }
    return pieces
  }

  /// Where the parenthesis closes that opens at `begin`.
  private static func closing(_ bytes: [UInt8], _ begin: Int, _ limit: Int) -> Int? {
    var depth = 0
    for index in begin..<limit {
      if bytes[index] == UInt8(ascii: "(") { depth += 1 }
      if bytes[index] == UInt8(ascii: ")") { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }
}

private struct TemplateEngine: ~Copyable {
  let lines: [TemplateLine]
  var position = 0
  private var output = ""
  /// What directives leave behind reads like a file that was written: no two blank lines together, none at the end.
  private var endsBlank = true

  init(lines: [TemplateLine]) { self.lines = lines }

  var result: String { endsBlank ? String(output.dropLast()) : output }

  /// Expands lines from `position` up to `end`.
  mutating func expand(
    until end: Int, _ values: [String: TemplateValue], loops: [String], dedent: Int
  ) throws(TemplateError) {
    while position < end {
      let line = lines[position]
      let number = position + 1
      position += 1
      switch line.directive {
      case .none:
        try append(line, values, loops: loops, dedent: dedent, line: number)
      case .strip:
        position = try matchingEnd(from: position, opened: number).end + 1
      case .loops(let header):
        let body = position
        let close = try matchingEnd(from: body, opened: number).end
        try expandLoops(header[...], body: body, end: close, values, loops: loops, dedent: dedent, line: number)
        position = close + 1
      case .badLoop(let text):
        _ = try matchingEnd(from: position, opened: number)
        throw TemplateError(line: number, message: "a loop reads 'name in count', not '\(text)'")
      case .condition(let condition, let inSwift):
        let holds = try condition.value(values, line: number) != 0
        let close = try matchingEnd(from: position, opened: number)
        let inner = dedent + (inSwift ? 2 : 0)
        if holds {
          try expand(until: close.otherwise ?? close.end, values, loops: loops, dedent: inner)
        } else if let otherwise = close.otherwise {
          position = otherwise + 1
          try expand(until: close.end, values, loops: loops, dedent: inner)
        }
        position = close.end + 1
      case .wrapper(let condition):
        let unwrapped = try condition.value(values, line: number) != 0
        let close = try matchingEnd(from: position, opened: number).end
        if !unwrapped { try append(line, values, loops: loops, dedent: dedent, line: number) }
        try expand(until: close, values, loops: loops, dedent: dedent + (unwrapped ? 2 : 0))
        if !unwrapped { try append(lines[close], values, loops: loops, dedent: dedent, line: close + 1) }
        position = close + 1
      case .otherwise, .end:
        throw TemplateError(line: number, message: "nothing is open here")
      }
    }
  }

  private mutating func expandLoops(
    _ headers: ArraySlice<TemplateLine.Loop>, body: Int, end: Int, _ values: [String: TemplateValue], loops: [String],
    dedent: Int, line: Int
  ) throws(TemplateError) {
    guard let first = headers.first else {
      position = body
      return try expand(until: end, values, loops: loops, dedent: dedent)
    }
    let count = try first.count.value(values, line: line)
    // One copy a loop, not one a turn.
    var inner = values
    for index in 0..<max(0, count) {
      inner[first.name] = .int(index)
      try expandLoops(
        headers.dropFirst(), body: body, end: end, inner, loops: loops + [first.name], dedent: dedent, line: line)
    }
  }

  private func matchingEnd(from start: Int, opened: Int) throws(TemplateError) -> (otherwise: Int?, end: Int) {
    var depth = 0
    var otherwise: Int?
    for index in start..<lines.count {
      switch lines[index].directive {
      case .strip, .loops, .badLoop, .condition, .wrapper: depth += 1
      case .otherwise where depth == 0: otherwise = index
      case .end where depth == 0: return (otherwise, index)
      case .end: depth -= 1
      case .none, .otherwise: break
      }
    }
    throw TemplateError(line: opened, message: "no '//% end' closes this")
  }

  /// One line with its parameters, loop variables and `const(...)` replaced.
  private mutating func append(
    _ line: TemplateLine, _ values: [String: TemplateValue], loops: [String], dedent: Int, line number: Int
  ) throws(TemplateError) {
    var text = ""
    var isLong = false
    // Less than there is to take away stays, unless there is nothing else.
    let indent = line.indent >= dedent ? line.indent - dedent : line.pieces.isEmpty ? 0 : line.indent
    if indent > 0 { text = String(repeating: " ", count: indent) }
    for piece in line.pieces {
      switch piece {
      case .text(let between): text += between
      case .word(let word, let segments):
        switch values[word] {
        case .int(let value): text += line.isComment ? word : String(value)
        case .text(let value):
          text += value
          isLong = true
        case .list, nil:
          if segments.isEmpty {
            text += word
          } else {
            // What loops make of it may be a parameter in turn: `load_t`, of which each turn has another.
            let name = replaced(segments, values, loops: loops)
            if case .text(let value) = values[name] { text += value } else { text += name }
            isLong = true
          }
        }
      case .constant(let expression): text += String(try expression.value(values, line: number))
      case .unclosed: throw TemplateError(line: number, message: "a parenthesis is not closed")
      }
    }
    // A parameter may be several lines.
    if isLong, text.utf8.contains(UInt8(ascii: "\n")) {
      for part in text.split(separator: "\n", omittingEmptySubsequences: false) { append(String(part)) }
    } else {
      append(text)
    }
  }

  private mutating func append(_ line: String) {
    if line.isEmpty, endsBlank { return }
    output += line
    output += "\n"
    endsBlank = line.isEmpty
  }

  private func replaced(_ segments: [String], _ values: [String: TemplateValue], loops: [String]) -> String {
    var result = ""
    for (index, segment) in segments.enumerated() {
      if index > 0 { result += "_" }
      switch values[segment] {
      case .int(let value) where loops.contains(segment): result += String(value)
      case .text(let text): result += text
      case .int, .list, nil: result += segment
      }
    }
    return result
  }
}

extension ArraySlice<UInt8> {
  fileprivate var withoutTrailingSpaces: Self {
    var text = self
    while text.last == UInt8(ascii: " ") { text.removeLast() }
    return text
  }

  fileprivate var trimmed: Self { withoutTrailingSpaces.drop { $0 == UInt8(ascii: " ") } }
}
