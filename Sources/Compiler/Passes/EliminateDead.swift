// Nodes that the output does not need go away.

extension Pass {
  package static let eliminateDead = Pass("eliminate-dead", "removes what the output does not need") { graph in
    graph.withoutDeadNodes()
  }
}
