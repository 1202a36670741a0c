// The passes, in order. Each is a function from a legal graph to a legal graph that computes the same.

/// A rewriting of the graph.
package struct Pass: Sendable {
  /// Kebab-case, for `--dump-ir`.
  package let name: String
  /// What it does, in a line.
  package let summary: String
  package let run: @Sendable (Graph) -> Graph

  package init(_ name: String, _ summary: String, _ run: @escaping @Sendable (Graph) -> Graph) {
    self.name = name
    self.summary = summary
    self.run = run
  }

  /// All passes, in the order in which they run.
  package static let all: [Pass] = [
    .dropInferenceNoops, .foldBatchNorm, .foldScale, .fuseActivation, .fuseResidualAdd, .mergeProjection,
    .fuseZeroPad, .eliminateDead, .gatherChannels, .readShuffled, .separateParts, .orderForMemory,
  ]
}

/// Runs all passes, or those up to and including the one named.
///
/// - Parameter dump: Called after each pass with its result.
package func runPasses(
  _ graph: Graph, upTo last: String? = nil, dump: (Pass, Graph) -> Void = { _, _ in }
) -> Graph {
  var result = graph
  for pass in Pass.all {
    result = pass.run(result)
    assert(verify(result).isEmpty, "\(pass.name): \(verify(result))")
    dump(pass, result)
    if pass.name == last { break }
  }
  return result
}
