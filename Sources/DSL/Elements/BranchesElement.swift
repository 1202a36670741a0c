// Branches: `{ a | b }`, side by side from one input, their values concatenated by channels.

struct BranchesElement: ElementDefinition {
  var branches: [[Syntax.Element]]

  var inner: [Syntax.Element] { branches.flatMap { $0 } }
  var channels: Syntax.Element.Channels { .unknown }
  var noun: String { "'{ ... }'" }
  var notBuilt: String? { "branches" }
  var outline: String? { "{ ... | ... }" }
  func help(in model: SourceModel) -> String? { "parallel branches, concatenated. Not built yet." }
}
