// Every value within a statement, in the order in which they are written. Printers ask which names a function reads, because
// C compilers warn of parameters that nobody does, and which numbers it makes vectors of.

extension KernelStatement {
  /// All values of the statement, those within others too.
  var values: [KernelExpression] {
    switch self {
    case .comment: []
    case .declaration(_, _, _, let value), .expression(let value): value.values
    case .assignment(let target, _, let value): target.values + value.values
    case .condition(let condition, let body, let otherwise):
      condition.values + body.flatMap(\.values) + (otherwise ?? []).flatMap(\.values)
    case .whileLoop(let condition, let body), .repeatLoop(let body, let condition):
      condition.values + body.flatMap(\.values)
    case .result(let value): value?.values ?? []
    }
  }
}

extension KernelExpression {
  /// The value and all within.
  var values: [KernelExpression] { [self] + parts.flatMap(\.values) }

  private var parts: [KernelExpression] {
    switch self {
    case .int, .float, .bool, .letters, .vectorZero, .infinity, .name: []
    case .prefix(_, let operand): [operand]
    case .infix(let left, _, let right): [left, right]
    case .choice(let condition, let first, let second): [condition, first, second]
    case .call(let function, let arguments): [function] + arguments
    case .member(let whole, _): [whole]
    case .method(let whole, _, let arguments): [whole] + arguments
    case .element(let whole, let index): [whole, index]
    case .tuple(let parts): parts
    }
  }
}

extension KernelFunctionSyntax {
  /// The names that are read or written.
  var namesRead: Set<String> {
    var names: Set<String> = []
    for case .name(let name) in body.flatMap(\.values) { names.insert(name) }
    return names
  }

  /// The numbers that vectors are made of, `V(repeating: 2.25)`, each once.
  var vectorNumbers: [KernelExpression] {
    var numbers: [KernelExpression] = []
    for case .call(.name("V"), let arguments) in body.flatMap(\.values) {
      guard let number = arguments.first, !numbers.contains(number) else { continue }
      switch number {
      case .float, .prefix("-", .float): numbers.append(number)
      default: break
      }
    }
    return numbers
  }
}
