// Branches: `{ a | b }`, side by side from one input, their values concatenated by channels.

struct BranchesElement: ElementDefinition {
  var branches: [[Syntax.Element]]

  var inner: [Syntax.Element] { branches.flatMap { $0 } }
  var channels: Syntax.Element.Channels { .ofLists(branches) }
  var noun: String { "'{ ... }'" }
  var outline: String? { "{ ... | ... }" }

  func help(in model: SourceModel) -> String? {
    "branches: each reads what enters, and their values are concatenated by channels."
  }

  func pieces(_ element: Syntax.Element, _ resolver: inout Resolver, _ scope: Resolver.Scope) -> [Resolver.Piece] {
    // All of them, because each may hold a mistake.
    let lists = branches.map { resolver.branch($0, scope, element.span) }
    guard !lists.contains(nil) else { return [] }
    return [.layer(Layer(.branches(lists.compactMap { $0 }), span: element.span))]
  }
}
