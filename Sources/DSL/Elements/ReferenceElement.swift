// The name of a definition, with arguments: its layers stand in its place.

struct ReferenceElement: ElementDefinition {
  var name: Located<String>
  var arguments: [Syntax.Expression]

  var expressions: [Syntax.Expression] { arguments }
  var noun: String { "a block" }

  func check(_ span: Span, _ checker: inout Checker) -> Bool {
    let model = checker.model
    guard let block = checker.blocks[name.value] else {
      if !model.hasDamagedBlocks, !model.suspects.contains(name.span) {
        checker.sink.report(unknownElementDiagnostic(name, blocks: model.blocks.map(\.name.value)))
      }
      return false
    }
    // A definition that could not be read counts for nothing.
    let isRead = !block.body.contains { $0.kind == .invalid }
    guard arguments.count != block.parameters.count, isRead else { return true }
    let count = block.parameters.count
    checker.sink.report(
      Diagnostic(
        .argumentCount, "'\(name.value)' takes \(counted(count, "argument")), not \(arguments.count)",
        at: Label(span, "\(arguments.count) here"), secondary: [Label(block.name.span, "\(count) here")]))
    return false
  }

  func pieces(_ element: Syntax.Element, _ resolver: inout Resolver, _ scope: Resolver.Scope) -> [Resolver.Piece] {
    resolver.expand(name, arguments, scope)
  }
}

/// What could not be read: the parser has spoken.
struct InvalidElement: ElementDefinition {
  var noun: String { "this layer" }
  func check(_ span: Span, _ checker: inout Checker) -> Bool { false }
}
