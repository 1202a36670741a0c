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
// Parameters are replaced wherever they stand as whole words; in comments only those that are text, and `const(...)`.

/// Expands `template` with `parameters`; the result is a function of both, byte for byte.
package func expand(
  template: String, _ parameters: [String: TemplateValue]
) throws(TemplateError) -> String {
  let lines = template.split(separator: "\n", omittingEmptySubsequences: false).map(TemplateLine.init)
  var output = ""
  var engine = TemplateEngine(lines: lines)
  try engine.expand(until: lines.count, parameters, loops: [], dedent: 0, into: &output)
  return withoutRunsOfBlankLines(output)
}

/// What directives leave behind reads like a file that was written: no two blank lines together, none at the end.
private func withoutRunsOfBlankLines(_ text: String) -> String {
  var lines: [Substring] = []
  for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
    if line.isEmpty, lines.last?.isEmpty ?? true { continue }
    lines.append(line)
  }
  return lines.joined(separator: "\n")
}

/// A line, and what its directive says.
private struct TemplateLine {
  enum Directive {
    case none
    case strip
    case loops(String)
    /// `inSwift`: the line is also a Swift statement, so its body stands one level deeper than it should.
    case condition(String, inSwift: Bool)
    case otherwise
    /// A Swift statement around lines that stay either way.
    case wrapper(unless: String)
    case end
  }
  let text: Substring
  /// The text before the directive.
  let code: Substring
  let directive: Directive

  init(_ text: Substring) {
    self.text = text
    // Most lines have none, and bytes are quickly looked at.
    guard text.utf8.contains(UInt8(ascii: "%")), let marker = text.range(ofMarker: "//%") else {
      directive = .none
      code = text
      return
    }
    let before = text[..<marker.lowerBound]
    code = before.dropLast(before.reversed().prefix { $0 == " " }.count)
    let body = text[marker.upperBound...].trimmed
    let statement = code.trimmed
    let word = body.prefix { $0.isWordCharacter }
    let rest = body.dropFirst(word.count).trimmed
    switch word {
    case "strip": directive = .strip
    case "for": directive = .loops(String(rest))
    case "if" where statement.isEmpty: directive = .condition(String(rest), inSwift: false)
    case "if": directive = .condition(String(statement.dropFirst(2).dropLast(1).trimmed), inSwift: true)
    case "else": directive = .otherwise
    case "unwrap": directive = .wrapper(unless: String(rest))
    case "end": directive = .end
    default: directive = .none
    }
  }
}

private struct TemplateEngine {
  let lines: [TemplateLine]
  var position = 0

  init(lines: [TemplateLine]) { self.lines = lines }

  /// Expands lines from `position` up to `end`.
  mutating func expand(
    until end: Int, _ values: [String: TemplateValue], loops: [String], dedent: Int, into output: inout String
  ) throws(TemplateError) {
    while position < end {
      let line = lines[position]
      let number = position + 1
      position += 1
      switch line.directive {
      case .none:
        try append(line.text, values, loops: loops, dedent: dedent, line: number, to: &output)
      case .strip:
        position = try matchingEnd(from: position, opened: number).end + 1
      case .loops(let header):
        let body = position
        let close = try matchingEnd(from: body, opened: number).end
        try expandLoops(
          header.split(separator: ",").map { $0.trimmed }[...], body: body, end: close, values, loops: loops,
          dedent: dedent, line: number, into: &output)
        position = close + 1
      case .condition(let condition, let inSwift):
        let holds = try TemplateExpression.evaluate(condition, values, line: number) != 0
        let close = try matchingEnd(from: position, opened: number)
        let inner = dedent + (inSwift ? 2 : 0)
        if holds {
          try expand(until: close.otherwise ?? close.end, values, loops: loops, dedent: inner, into: &output)
        } else if let otherwise = close.otherwise {
          position = otherwise + 1
          try expand(until: close.end, values, loops: loops, dedent: inner, into: &output)
        }
        position = close.end + 1
      case .wrapper(let condition):
        let unwrapped = try TemplateExpression.evaluate(condition, values, line: number) != 0
        let close = try matchingEnd(from: position, opened: number).end
        if !unwrapped { try append(line.code, values, loops: loops, dedent: dedent, line: number, to: &output) }
        try expand(until: close, values, loops: loops, dedent: dedent + (unwrapped ? 2 : 0), into: &output)
        if !unwrapped {
          try append(lines[close].code, values, loops: loops, dedent: dedent, line: close + 1, to: &output)
        }
        position = close + 1
      case .otherwise, .end:
        throw TemplateError(line: number, message: "nothing is open here")
      }
    }
  }

  private func append(
    _ text: Substring, _ values: [String: TemplateValue], loops: [String], dedent: Int, line: Int,
    to output: inout String
  ) throws(TemplateError) {
    let dedented = text.prefix(dedent).allSatisfy { $0 == " " } ? text.dropFirst(dedent) : text
    output += try substitute(dedented, values, loops: loops, line: line)
    output += "\n"
  }

  private mutating func expandLoops(
    _ variables: ArraySlice<Substring>, body: Int, end: Int, _ values: [String: TemplateValue], loops: [String],
    dedent: Int, line: Int, into output: inout String
  ) throws(TemplateError) {
    guard let first = variables.first else {
      position = body
      return try expand(until: end, values, loops: loops, dedent: dedent, into: &output)
    }
    let words = first.split(separator: " ", maxSplits: 2)
    guard words.count == 3, words[1] == "in" else {
      throw TemplateError(line: line, message: "a loop reads 'name in count', not '\(first)'")
    }
    let name = String(words[0])
    let count = try TemplateExpression.evaluate(words[2], values, line: line)
    // One copy a loop, not one a turn.
    var inner = values
    for index in 0..<max(0, count) {
      inner[name] = .int(index)
      try expandLoops(
        variables.dropFirst(), body: body, end: end, inner, loops: loops + [name], dedent: dedent, line: line,
        into: &output)
    }
  }

  private func matchingEnd(from start: Int, opened: Int) throws(TemplateError) -> (otherwise: Int?, end: Int) {
    var depth = 0
    var otherwise: Int?
    for index in start..<lines.count {
      switch lines[index].directive {
      case .strip, .loops, .condition, .wrapper: depth += 1
      case .otherwise where depth == 0: otherwise = index
      case .end where depth == 0: return (otherwise, index)
      case .end: depth -= 1
      case .none, .otherwise: break
      }
    }
    throw TemplateError(line: opened, message: "no '//% end' closes this")
  }

  /// Replaces parameters and loop variables in one line, then the `const(...)` in it.
  private func substitute(
    _ text: Substring, _ values: [String: TemplateValue], loops: [String], line: Int
  ) throws(TemplateError) -> String {
    let isComment = text.trimmed.hasPrefix("//")
    var result = ""
    var rest = text
    while !rest.isEmpty {
      // By bytes: comparing characters of a megabyte of text takes most of a second.
      let between = Substring(rest.utf8.prefix { !$0.isWordByte })
      let word = Substring(rest.utf8.dropFirst(between.utf8.count).prefix { $0.isWordByte })
      result += between
      rest = Substring(rest.utf8.dropFirst(between.utf8.count + word.utf8.count))
      if word == "const", rest.first == "(" {
        let argument = try parenthesized(rest, line: line)
        result += String(try TemplateExpression.evaluate(argument, values, line: line))
        rest = rest.dropFirst(argument.count + 2)
      } else {
        result += replacement(of: word, values, loops: loops, isComment: isComment)
      }
    }
    return result
  }

  private func replacement(
    of word: Substring, _ values: [String: TemplateValue], loops: [String], isComment: Bool
  ) -> String {
    switch values[String(word)] {
    case .int(let value): return isComment ? String(word) : String(value)
    case .text(let text): return text
    case .list, nil: break
    }
    guard word.utf8.contains(UInt8(ascii: "_")) else { return String(word) }
    return word.split(separator: "_", omittingEmptySubsequences: false).map { segment in
      if loops.contains(String(segment)), case .int(let value)? = values[String(segment)] { return String(value) }
      if case .text(let text)? = values[String(segment)] { return text }
      return String(segment)
    }.joined(separator: "_")
  }

  /// What stands between `text`'s first character, a parenthesis, and the one that closes it.
  private func parenthesized(_ text: Substring, line: Int) throws(TemplateError) -> Substring {
    var depth = 0
    for index in text.indices {
      if text[index] == "(" { depth += 1 }
      if text[index] == ")" { depth -= 1 }
      if depth == 0 { return text[text.index(after: text.startIndex)..<index] }
    }
    throw TemplateError(line: line, message: "a parenthesis is not closed")
  }
}

extension Substring {
  var trimmed: Substring {
    var text = self
    while text.utf8.first == UInt8(ascii: " ") { text = text.dropFirst() }
    while text.utf8.last == UInt8(ascii: " ") { text = text.dropLast() }
    return text
  }

  func range(ofMarker marker: String) -> Range<Index>? {
    for start in utf8.indices where utf8[start...].starts(with: marker.utf8) {
      return start..<utf8.index(start, offsetBy: marker.utf8.count)
    }
    return nil
  }
}
