// Which names a statement reads or writes: C compilers warn of parameters that nobody does.

extension KernelStatement {
  var namesRead: [String] {
    switch self {
    case .comment: []
    case .declaration(_, _, _, let value): value.namesRead
    case .assignment(let target, _, let value): target.namesRead + value.namesRead
    case .expression(let value): value.namesRead
    case .condition(let condition, let body, let otherwise):
      condition.namesRead + body.flatMap(\.namesRead) + (otherwise ?? []).flatMap(\.namesRead)
    case .whileLoop(let condition, let body), .repeatLoop(let body, let condition):
      condition.namesRead + body.flatMap(\.namesRead)
    case .result(let value): value?.namesRead ?? []
    }
  }
}

extension KernelExpression {
  var namesRead: [String] {
    switch self {
    case .int, .float, .bool, .letters, .vectorZero, .infinity: []
    case .name(let name): [name]
    case .prefix(_, let operand): operand.namesRead
    case .infix(let left, _, let right): left.namesRead + right.namesRead
    case .choice(let condition, let first, let second):
      condition.namesRead + first.namesRead + second.namesRead
    case .call(let function, let arguments): function.namesRead + arguments.flatMap(\.namesRead)
    case .member(let whole, _): whole.namesRead
    case .method(let whole, _, let arguments): whole.namesRead + arguments.flatMap(\.namesRead)
    case .element(let whole, let index): whole.namesRead + index.namesRead
    case .tuple(let parts): parts.flatMap(\.namesRead)
    }
  }
}
