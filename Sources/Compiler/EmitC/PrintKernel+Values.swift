// Values in C, and what they are: Swift infers the types of variables, C is told them.
internal import ResNetDSL

/// As both languages have them.
private let strengths = [
  "||": 1, "&&": 2, "<": 3, ">": 3, "<=": 3, ">=": 3, "==": 3, "!=": 3, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5,
]

extension KernelPrinter {
  // MARK: Types

  func type(of value: KernelExpression) throws(TemplateError) -> KernelType {
    switch value {
    case .int: return .int
    case .float, .infinity: return .float
    case .bool: return .bool
    case .letters: return .letters
    case .vectorZero: return .vector
    case .name(let name):
      guard let type = variables[name] else { throw TemplateError(line: 0, message: "'\(name)' is not known") }
      return type
    case .prefix(let mark, let operand): return mark == "!" ? .bool : try type(of: operand)
    case .infix(let left, let mark, let right): return try type(left, mark, right)
    case .choice(_, let first, let second):
      let type = try type(of: first)
      return type == .int ? try self.type(of: second) : type
    case .tuple(let parts):
      var fields: [KernelField] = []
      for part in parts { fields.append(KernelField(name: nil, type: try type(of: part))) }
      return .tuple(fields)
    case .element(let whole, _):
      return try type(of: whole) == .letters ? .letter : .float
    case .member(let whole, let name):
      if name == "utf8Start" { return .letters }
      guard case .tuple(let fields) = try type(of: whole), let field = fields.first(where: { $0.name == name }) else {
        throw TemplateError(line: 0, message: "nothing has a part '\(name)'")
      }
      return field.type
    case .method(_, let name, _):
      switch name {
      case "squareRoot": return .float
      case "loadUnaligned": return .vector
      case "storeBytes": return .none
      default: throw TemplateError(line: 0, message: "'\(name)' is no method of kernels")
      }
    case .call(let function, let arguments): return try type(ofCall: function, arguments)
    }
  }

  private func type(
    _ left: KernelExpression, _ mark: String, _ right: KernelExpression
  ) throws(TemplateError) -> KernelType {
    guard let strength = strengths[mark], strength > 3 else { return .bool }
    let (a, b) = (try type(of: left), try type(of: right))
    switch (a, b) {
    case (.vector, _), (_, .vector): return .vector
    case (.float, _), (_, .float): return .float
    default: return a
    }
  }

  private func type(
    ofCall function: KernelExpression, _ arguments: [KernelExpression]
  ) throws(TemplateError) -> KernelType {
    // A callable struct, made and called at once.
    if case .call(let made, _) = function { return try type(ofCall: made, arguments) }
    guard case .name(let name) = function else { throw TemplateError(line: 0, message: "nothing to call") }
    switch name {
    case "V": return .vector
    case "Int": return .int
    case "Float": return .float
    case "UnsafePointer": return .floats(isMutable: false)
    case "UnsafeRawPointer": return .bytes(isMutable: false)
    case "UnsafeMutableRawPointer": return .bytes(isMutable: true)
    default: break
    }
    if let function = signatures.functions[name] { return function.result }
    guard let word = simdWord(name) else { throw TemplateError(line: 0, message: "'\(name)' is not known") }
    switch word {
    case "hidden": return .int
    case "total", "lane": return .float
    case "store", "prefetch", "offset": return .none
    default: return .vector
    }
  }

  /// `fma` of `resnet_fma_16`.
  private func simdWord(_ name: String) -> String? {
    guard name.hasPrefix("resnet_") else { return nil }
    let word = name.dropFirst("resnet_".count)
    for family in ["prefetch", "store", "lane", "offset"] where word.hasPrefix(family + "_") { return family }
    return word == "hidden" ? "hidden" : word.lastIndex(of: "_").map { String(word[..<$0]) }
  }

  // MARK: Text

  func vectorWord(_ mark: String) throws(TemplateError) -> String {
    let words = ["+": "add", "-": "subtract", "*": "multiply", "/": "divide"]
    guard let word = words[mark] else { throw TemplateError(line: 0, message: "vectors know no '\(mark)'") }
    return "resnet_\(word)_\(names.lanes)"
  }

  func text(_ value: KernelExpression) throws(TemplateError) -> String {
    switch value {
    case .int(let digits): return digits
    case .float(let digits): return digits + "f"
    case .bool(let isTrue): return isTrue ? "true" : "false"
    case .infinity: return "RESNET_INFINITY"
    case .letters: throw TemplateError(line: 0, message: "a table that nothing is called by")
    case .vectorZero: return "resnet_fill_\(names.lanes)(0.0f)"
    case .name(let name): return name
    case .prefix(let mark, let operand): return mark + (try text(operand, within: 6))
    case .infix(let left, let mark, let right): return try text(left, mark, right)
    case .choice(let condition, let first, let second):
      return "\(try text(condition, within: 1)) ? \(try text(first, within: 1)) : \(try text(second))"
    case .tuple: throw TemplateError(line: 0, message: "several values where one is meant")
    case .element(let whole, let index): return "\(try text(whole, within: 7))[\(try text(index))]"
    case .member(let whole, "utf8Start"): return try text(whole)
    case .member(let whole, let name): return "\(try text(whole, within: 7)).\(name)"
    case .method(let whole, let name, let arguments): return try text(whole, name, arguments)
    case .call(let function, let arguments): return try text(call: function, arguments)
    }
  }

  /// In brackets, if it binds less than what it stands in.
  private func text(_ value: KernelExpression, within strength: Int) throws(TemplateError) -> String {
    let own: Int
    switch value {
    case .choice: own = 0
    case .infix(let left, let mark, _): own = try type(of: left) == .vector ? 8 : strengths[mark] ?? 0
    case .prefix: own = 6
    default: own = 8
    }
    return own < strength ? "(\(try text(value)))" : try text(value)
  }

  private func text(
    _ left: KernelExpression, _ mark: String, _ right: KernelExpression
  ) throws(TemplateError) -> String {
    if try type(left, mark, right) == .vector {
      return "\(try vectorWord(mark))(\(try text(left)), \(try text(right)))"
    }
    let own = strengths[mark] ?? 0
    // Compilers warn of `&&` between `||`, though it binds more.
    let least = mark == "||" ? 3 : own
    return "\(try text(left, within: least)) \(mark) \(try text(right, within: max(least, own + 1)))"
  }

  private func text(
    _ whole: KernelExpression, _ method: String, _ arguments: [KernelExpression]
  ) throws(TemplateError) -> String {
    func place(_ offset: KernelExpression?, _ pointer: String) throws(TemplateError) -> String {
      let at = offset == nil || offset == .int("0") ? whole : .infix(whole, "+", offset ?? .int("0"))
      return "(\(pointer))(\(try text(at)))"
    }
    switch method {
    case "squareRoot": return "sqrtf(\(try text(whole)))"
    case "loadUnaligned": return "resnet_load_\(names.lanes)(\(try place(arguments.first, "const float *")))"
    case "storeBytes":
      let to = try place(arguments.count > 1 ? arguments[1] : nil, "float *")
      return "resnet_store_\(names.lanes)(\(try text(arguments[0])), \(to))"
    default: throw TemplateError(line: 0, message: "'\(method)' is no method of kernels")
    }
  }

  private func text(
    call function: KernelExpression, _ arguments: [KernelExpression]
  ) throws(TemplateError) -> String {
    // What a callable struct is made of comes first.
    if case .call(let made, let kept) = function { return try text(call: made, kept + arguments) }
    guard case .name(let name) = function else { throw TemplateError(line: 0, message: "nothing to call") }
    var parts: [String] = []
    for argument in arguments { parts.append(try text(argument)) }
    let list = parts.joined(separator: ", ")
    switch name {
    case "V":
      if let index = numbers.firstIndex(of: arguments[0]) { return "resnet_splat_\(names.lanes)(numbers + \(index))" }
      return "resnet_fill_\(names.lanes)(\(list))"
    case "Int": return "(ptrdiff_t)(\(list))"
    case "Float": return "(float)(\(list))"
    case "UnsafePointer": return list
    case "UnsafeRawPointer": return "(const char *)(\(list))"
    case "UnsafeMutableRawPointer": return "(char *)(\(list))"
    default: return "\(signatures.names[name] ?? name)(\(list))"
    }
  }
}
