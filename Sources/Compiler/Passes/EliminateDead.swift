// Nodes that the output does not need go away.

extension Pass {
  package static let eliminateDead = Pass("eliminate-dead", "removes what no output needs") { graph in
    graph.withoutDeadNodes()
  }
}
