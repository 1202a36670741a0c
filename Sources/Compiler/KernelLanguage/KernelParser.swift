// Reads an expanded template: declarations and statements. What is no part of the language of kernels is an error that
// names its line; only who works on templates ever meets it.

/// Reads a file of kernels.
func parseKernel(_ text: String) throws(TemplateError) -> KernelFile {
  var parser = KernelParser(tokens: try kernelTokens(text))
  return try parser.file()
}

struct KernelParser {
  private let tokens: [KernelToken]
  private var position = 0

  init(tokens: [KernelToken]) { self.tokens = tokens }

  // MARK: Words

  var token: KernelToken { tokens[position] }

  func error(_ message: String) -> TemplateError { TemplateError(line: token.line, message: message) }

  mutating func advance() { if position + 1 < tokens.count { position += 1 } }

  func isMark(_ mark: String) -> Bool { token.kind == .mark(mark) }

  func isName(_ name: String) -> Bool { token.kind == .name(name) }

  /// Comments within an expression say nothing to whoever reads the result.
  mutating func skipComments() {
    while case .comment = token.kind { advance() }
  }

  mutating func take(_ mark: String) -> Bool {
    guard isMark(mark) else { return false }
    advance()
    return true
  }

  mutating func takeName(_ name: String) -> Bool {
    guard isName(name) else { return false }
    advance()
    return true
  }

  mutating func expect(_ mark: String) throws(TemplateError) {
    skipComments()
    guard take(mark) else { throw error("'\(mark)' is missing") }
  }

  mutating func name() throws(TemplateError) -> String {
    guard case .name(let name) = token.kind else { throw error("a name is missing") }
    advance()
    return name
  }

  mutating func comments() -> [String] {
    var comments: [String] = []
    while case .comment(let text) = token.kind {
      comments.append(text)
      advance()
    }
    return comments
  }

  // MARK: Declarations

  mutating func file() throws(TemplateError) -> KernelFile {
    var head: [String] = []
    var functions: [KernelFunctionSyntax] = []
    while token.kind != .end {
      let comments = comments()
      if takeName("import") {
        _ = try name()
        if functions.isEmpty { head += comments }
      } else if takeName("typealias") {
        // The vector's own: its width is the target's.
        while !token.beginsLine || isMark("=") { advance() }
      } else if takeName("struct") {
        functions.append(try callable(comments))
      } else if token.kind != .end {
        functions.append(try function(comments))
      }
    }
    return KernelFile(comments: head, functions: functions)
  }

  /// `struct LeakyRelu { let slope: Float  func callAsFunction(...) }`, as a function that takes the slope first.
  private mutating func callable(_ comments: [String]) throws(TemplateError) -> KernelFunctionSyntax {
    let name = try name()
    try expect("{")
    var kept: [KernelFunctionSyntax.Parameter] = []
    guard takeName("let") else { throw error("a struct that keeps nothing") }
    repeat {
      let field = try self.name()
      try expect(":")
      kept.append(.init(name: field, type: try type()))
    } while take(",")
    let call = try function(self.comments())
    try expect("}")
    return KernelFunctionSyntax(
      comments: comments, name: name, parameters: kept + call.parameters, result: call.result,
      isInlined: call.isInlined,
      isPrivate: call.isPrivate, body: call.body)
  }

  private mutating func function(_ comments: [String]) throws(TemplateError) -> KernelFunctionSyntax {
    var (isInlined, isPrivate) = (false, false)
    while !takeName("func") {
      if take("@") {
        guard try name() == "inline", take("("), try name() == "__always" else { throw error("an unknown attribute") }
        try expect(")")
        isInlined = true
      } else if takeName("private") {
        isPrivate = true
      } else {
        throw error("a function is missing")
      }
    }
    let name = try name()
    try expect("(")
    var parameters: [KernelFunctionSyntax.Parameter] = []
    while !take(")") {
      let label = try self.name()
      let name: String
      if case .name(let own) = token.kind {
        name = own
        advance()
      } else {
        name = label
      }
      try expect(":")
      parameters.append(.init(name: name, type: try type()))
      _ = take(",")
    }
    let result = take("->") ? try type() : .none
    return KernelFunctionSyntax(
      comments: comments, name: name, parameters: parameters, result: result, isInlined: isInlined,
      isPrivate: isPrivate, body: try implicitResult(try block(), of: result))
  }

  /// The only expression of a function is its result.
  private func implicitResult(
    _ body: [KernelStatement], of result: KernelType
  ) throws(TemplateError) -> [KernelStatement] {
    guard result != .none, body.count == 1, case .expression(let value) = body[0] else { return body }
    return [.result(value)]
  }

  private mutating func type() throws(TemplateError) -> KernelType {
    if take("(") {
      var fields: [KernelField] = []
      while !take(")") {
        let first = token
        if case .name(let label) = first.kind, case .mark(":") = tokens[position + 1].kind {
          advance()
          advance()
          fields.append(KernelField(name: label, type: try type()))
        } else {
          fields.append(KernelField(name: nil, type: try type()))
        }
        _ = take(",")
      }
      return .tuple(fields)
    }
    let name = try name()
    switch name {
    case "Int": return .int
    case "Bool": return .bool
    case "Float": return .float
    case "V": return .vector
    case "StaticString": return .letters
    case "UnsafeRawPointer": return .bytes(isMutable: false)
    case "UnsafeMutableRawPointer": return .bytes(isMutable: true)
    case "UnsafePointer", "UnsafeMutablePointer":
      guard take("<"), takeName("Float"), take(">") else { throw error("a pointer to something else than numbers") }
      return .floats(isMutable: name == "UnsafeMutablePointer")
    default: throw error("'\(name)' is no type of kernels")
    }
  }

  // MARK: Statements

  private mutating func block() throws(TemplateError) -> [KernelStatement] {
    try expect("{")
    var statements: [KernelStatement] = []
    while !take("}") {
      guard token.kind != .end else { throw error("'}' is missing") }
      statements.append(try statement())
    }
    return statements
  }

  private mutating func statement() throws(TemplateError) -> KernelStatement {
    if case .comment(let text) = token.kind {
      advance()
      return .comment(text)
    }
    if takeName("let") { return try declaration(isMutable: false) }
    if takeName("var") { return try declaration(isMutable: true) }
    if takeName("if") { return try condition() }
    if takeName("guard") {
      let condition = try conditions()
      guard takeName("else") else { throw error("'else' is missing") }
      return .condition(.prefix("!", condition), try block(), otherwise: nil)
    }
    if takeName("while") {
      let condition = try conditions()
      return .whileLoop(condition, try block())
    }
    if takeName("repeat") {
      let body = try block()
      guard takeName("while") else { throw error("'while' is missing") }
      return .repeatLoop(body, try expression())
    }
    if takeName("return") {
      return .result(isMark("}") || token.beginsLine ? nil : try expression())
    }
    let target = try expression()
    for mark in ["=", "+=", "-=", "*=", "/="] where take(mark) {
      return .assignment(target, mark, try expression())
    }
    return .expression(target)
  }

  private mutating func declaration(isMutable: Bool) throws(TemplateError) -> KernelStatement {
    var names: [String] = []
    if take("(") {
      repeat { names.append(try name()) } while take(",")
      try expect(")")
    } else {
      names = [try name()]
    }
    let type = take(":") ? try type() : nil
    try expect("=")
    return .declaration(names: names, isMutable: isMutable, type: type, value: try expression())
  }

  private mutating func condition() throws(TemplateError) -> KernelStatement {
    let condition = try conditions()
    let body = try block()
    guard takeName("else") else { return .condition(condition, body, otherwise: nil) }
    if takeName("if") { return .condition(condition, body, otherwise: [try self.condition()]) }
    return .condition(condition, body, otherwise: try block())
  }

  /// Several with commas hold together.
  private mutating func conditions() throws(TemplateError) -> KernelExpression {
    var condition = try expression()
    while take(",") { condition = .infix(condition, "&&", try expression()) }
    return condition
  }
}
