// `+` at the begin of a branch: it reads what enters it and what the branch before it leaves, added. Res2Net's hierarchy of
// residual connections within a block (Gao et al., 2019) is
//
//     split { 3x3, 26 | + 3x3, 26 | + 3x3, 26 | identity }

struct CarryElement: ElementDefinition {
  var channels: Syntax.Element.Channels { .kept }
  var noun: String { "'+'" }
  func help(in model: SourceModel) -> String? {
    "what enters this branch and what the branch before it leaves, added."
  }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? { .carry }
}

extension Parser {
  /// "+", where a branch begins.
  mutating func carry() -> [Element] {
    guard current.kind == .plus else { return [] }
    return [Element(kind: .carry, span: advance().span)]
  }
}

extension BranchesElement {
  /// A first branch has none before it.
  func checkCarry(_ checker: inout Checker) {
    guard let begin = branches.first?.first, case .carry = begin.kind else { return }
    checker.sink.report(
      Diagnostic(
        .unexpectedToken, "no branch stands before the first", at: Label(begin.span, "added to what?"),
        helps: ["a '+' adds what the branch before leaves: '{ 3x3, 26 | + 3x3, 26 }'"]))
  }
}
