// Prints kernels in C11 that is C++17 as well. Every number but the addresses is a constant already, so there is nothing
// to decide here: each construct of the language of kernels has one form in C, and the answers are the same to the bit.
internal import ResNetDSL

/// Names of the C that is printed for one instruction set.
struct KernelNames: Sendable {
  /// Before every name that only this instruction set has: `avx512_`.
  let prefix: String
  /// `resnet_f32x16`.
  let vector: String
  let lanes: Int
  /// A macro that carries the instruction set; empty where the compiler's own is meant.
  let target: String
  /// Of the functions that other files call, before `prefix`: `resnet50_`.
  let symbolPrefix: String
}

/// Everything that a file of kernels may call.
struct KernelSignatures: Sendable {
  private(set) var functions: [String: KernelFunctionSyntax] = [:]
  /// As C names them.
  private(set) var names: [String: String] = [:]

  mutating func add(_ function: KernelFunctionSyntax, as name: String) {
    functions[function.name] = function
    names[function.name] = name
  }
}

/// Prints one file's functions.
struct KernelPrinter {
  let names: KernelNames
  let signatures: KernelSignatures
  var text = ""
  var depth = 0
  /// Types of the variables in sight.
  var variables: [String: KernelType] = [:]
  var result = KernelType.none
  /// Those that the function reads from its table.
  private(set) var numbers: [KernelExpression] = []
  private var temporaries = 0

  init(names: KernelNames, signatures: KernelSignatures) {
    self.names = names
    self.signatures = signatures
  }

  // MARK: Functions

  mutating func print(_ function: KernelFunctionSyntax) throws(TemplateError) {
    variables = [:]
    result = function.result
    temporaries = 0
    for parameter in function.parameters { variables[parameter.name] = parameter.type }
    for comment in function.comments { line(comment.isEmpty ? "//" : "// " + comment) }
    line(declaration(of: function) + " {")
    depth += 1
    let used = function.namesRead
    for parameter in function.parameters where !used.contains(parameter.name) { line("(void)\(parameter.name);") }
    try printNumbers(of: function)
    try print(function.body)
    depth -= 1
    line("}")
  }

  /// A transform's numbers, as a table. GCC keeps a vector of each constant in a register, all through the loop that the
  /// function is inlined into: twelve of 32 for Winograd's input tile of 36 vectors, whose half goes to the stack for it.
  /// From a table of which it knows nothing each number is read within the instruction that multiplies by it, which only
  /// AVX-512's can. A filter's nine vectors leave room for
  /// all of them.
  private mutating func printNumbers(of function: KernelFunctionSyntax) throws(TemplateError) {
    guard function.isInlined, names.lanes == 16, function.parameters.count > 3, case .tuple = function.result else {
      return numbers = []
    }
    numbers = function.vectorNumbers
    guard !numbers.isEmpty else { return }
    var digits: [String] = []
    for number in numbers { digits.append(try self.text(number)) }
    line("static const float table[] = {\(digits.joined(separator: ", "))};")
    line("const float *numbers = resnet_hidden_numbers(table);")
  }

  /// Without its body.
  func declaration(of function: KernelFunctionSyntax) -> String {
    let parameters = function.parameters.map { declarator($0.type, $0.name) }.joined(separator: ", ")
    let isOfOthers = !function.isPrivate && !function.isInlined
    let linkage = function.isInlined ? "RESNET_WORD " : isOfOthers ? "" : "static RESNET_UNUSED "
    let target = names.target.isEmpty ? "" : names.target + " "
    let name = signatures.names[function.name] ?? function.name
    return linkage + target + declarator(function.result, name) + "(\(parameters.isEmpty ? "void" : parameters))"
  }

  func type(_ type: KernelType) -> String {
    switch type {
    case .none: "void"
    case .int: "ptrdiff_t"
    case .bool: "bool"
    case .float: "float"
    case .vector: names.vector
    case .floats(isMutable: false): "const float *"
    case .floats(isMutable: true): "float *"
    case .bytes(isMutable: false): "const char *"
    case .bytes(isMutable: true): "char *"
    case .letters: "const unsigned char *"
    case .letter: "unsigned char"
    case .tuple(let fields): tupleName(fields)
    case .function(let name): name
    }
  }

  private func declarator(_ type: KernelType, _ name: String) -> String {
    let text = self.type(type)
    return text.hasSuffix("*") ? text + name : "\(text) \(name)"
  }

  /// Tuples of the same parts are one type: `avx512_vectors6`, `avx512_power_rest`.
  func tupleName(_ fields: [KernelField]) -> String {
    if fields.allSatisfy({ $0.name == nil && $0.type == .vector }) { return names.prefix + "vectors\(fields.count)" }
    return names.prefix + fields.enumerated().map { $1.name ?? "part\($0)" }.joined(separator: "_")
  }

  /// The declaration of such a type.
  func tuple(_ fields: [KernelField]) -> String {
    let parts = fields.enumerated().map { "  \(declarator($1.type, $1.name ?? "part\($0)"));\n" }.joined()
    return "typedef struct {\n\(parts)} \(tupleName(fields));\n"
  }

  // MARK: Statements

  mutating func print(_ statements: [KernelStatement]) throws(TemplateError) {
    for statement in statements { try print(statement) }
  }

  private mutating func print(_ statement: KernelStatement) throws(TemplateError) {
    switch statement {
    case .comment(let text): line("// " + text)
    case .declaration(let names, let isMutable, let type, let value):
      try printDeclaration(names, isMutable, type, value)
    case .assignment(let target, let mark, let value):
      let type = try self.type(of: target)
      if type == .vector, mark != "=" {
        let word = try vectorWord(String(mark.dropLast()))
        line("\(try text(target)) = \(word)(\(try text(target)), \(try text(value)));")
      } else {
        line("\(try text(target)) \(mark) \(try text(value));")
      }
    case .expression(let value): line(try text(value) + ";")
    case .condition(let condition, let body, let otherwise): try printCondition(condition, body, otherwise)
    case .whileLoop(let condition, let body): try printBlock("while (\(try text(condition))) {", body, "}")
    case .repeatLoop(let body, let condition): try printBlock("do {", body, "} while (\(try text(condition)));")
    case .result(let value): try printResult(value)
    }
  }

  private mutating func printBlock(
    _ open: String, _ body: [KernelStatement], _ close: String
  ) throws(TemplateError) {
    let outside = variables
    line(open)
    depth += 1
    try print(body)
    depth -= 1
    line(close)
    variables = outside
  }

  private mutating func printCondition(
    _ condition: KernelExpression, _ body: [KernelStatement], _ otherwise: [KernelStatement]?
  ) throws(TemplateError) {
    try printBlock("if (\(try text(condition))) {", body, otherwise == nil ? "}" : "} else {")
    guard let otherwise else { return }
    let outside = variables
    depth += 1
    try print(otherwise)
    depth -= 1
    line("}")
    variables = outside
  }

  private mutating func printResult(_ value: KernelExpression?) throws(TemplateError) {
    guard let value else { return line("return;") }
    guard case .tuple(let parts) = value, case .tuple(let fields) = result else {
      return line("return \(try text(value));")
    }
    line("\(type(result)) result;")
    for (index, part) in parts.enumerated() {
      line("result.\(fields[index].name ?? "part\(index)") = \(try text(part));")
    }
    line("return result;")
  }

  private mutating func printDeclaration(
    _ names: [String], _ isMutable: Bool, _ type: KernelType?, _ value: KernelExpression
  ) throws(TemplateError) {
    if names.count == 1 {
      let inferred = try self.type(of: value)
      return try printVariable(names[0], isMutable, type ?? inferred, value)
    }
    if case .tuple(let parts) = value {
      for (name, part) in zip(names, parts) { try printVariable(name, isMutable, try self.type(of: part), part) }
      return
    }
    guard case .tuple(let fields) = try self.type(of: value), fields.count == names.count else {
      throw TemplateError(line: 0, message: "\(names.count) names for one value")
    }
    let whole = "parts\(temporaries)"
    temporaries += 1
    line("const \(self.type(.tuple(fields))) \(whole) = \(try text(value));")
    for (index, (name, field)) in zip(names, fields).enumerated() {
      variables[name] = field.type
      line("\(isMutable ? "" : "const ")\(declarator(field.type, name)) = \(whole).\(field.name ?? "part\(index)");")
    }
  }

  private mutating func printVariable(
    _ name: String, _ isMutable: Bool, _ type: KernelType, _ value: KernelExpression
  ) throws(TemplateError) {
    defer { variables[name] = type }
    if case .letters(let letters) = value {
      let numbers = letters.utf8.map { "\($0)" }.joined(separator: ", ")
      return line("static const unsigned char \(name)[] = {\(numbers)};")
    }
    let text = declarator(type, name)
    let isPointer = self.type(type).hasSuffix("*")
    line("\(isMutable || isPointer ? "" : "const ")\(text) = \(try self.text(value));")
  }

  // MARK: Lines

  /// Cut after commas where it would be longer than a hundred and twenty characters.
  mutating func line(_ content: String) {
    let indentation = String(repeating: "  ", count: depth)
    var line = indentation[...] + content[...]
    while line.utf8.count > 120, let cut = breakPoint(line) {
      text += line[..<cut] + "\n"
      line = indentation[...] + "    " + line[cut...].drop { $0 == " " }
    }
    text += line + "\n"
  }

  /// Behind the last comma that leaves a line short enough; nothing within a comment.
  private func breakPoint(_ line: Substring) -> Substring.Index? {
    guard !line.drop(while: { $0 == " " }).hasPrefix("//") else { return nil }
    let limit = line.utf8.index(line.startIndex, offsetBy: 118)
    guard let comma = line[..<limit].lastIndex(of: ",") else { return nil }
    return line.index(after: comma)
  }
}
