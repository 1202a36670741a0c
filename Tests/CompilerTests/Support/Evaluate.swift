// Running graphs in tests.
import ResNetDSL
import Testing

@testable import ResNetCompiler

/// What is returned for the portable image and parameters, one output after another: a softmax that ends the graph is left
/// out.
func logits(_ graph: Graph, seed: UInt64 = 0) throws -> [Double] {
  let image = graph.nodes[0].shape
  let values = try interpret(
    graph, input: portableTensor("input", [image.channels, image.height, image.width], seed: seed)
  ) { portableTensor($0, $1, seed: seed) }
  return graph.results.flatMap { result in
    let output = graph[result]
    return values[output.operation == .softmax ? output.inputs[0].index : result.index]
  }
}

/// The largest difference, relative to the largest magnitude.
func distance(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  let scale = a.reduce(1e-300) { max($0, abs($1)) }
  return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
}

/// Runs pass after pass, each on the result of the one before; expects legal graphs and the same logits.
func expectPassesPreserve(_ graph: Graph, seed: UInt64 = 0, sourceLocation: SourceLocation = #_sourceLocation) throws {
  #expect(verify(graph).isEmpty, sourceLocation: sourceLocation)
  let expected = try logits(graph, seed: seed)
  #expect(expected.allSatisfy { $0.isFinite }, sourceLocation: sourceLocation)
  var current = graph
  for pass in Pass.all {
    let before = current.text
    current = pass.run(current)
    if current.text == before { continue }
    let findings = verify(current)
    #expect(findings.isEmpty, "\(pass.name): \(findings)", sourceLocation: sourceLocation)
    let error = distance(expected, try logits(current, seed: seed))
    #expect(error <= 1e-12, "\(pass.name): \(error)\n\(current.text)", sourceLocation: sourceLocation)
    // Each pass alone on what lowering gives.
    let alone = pass.run(graph)
    #expect(verify(alone).isEmpty, "\(pass.name) alone", sourceLocation: sourceLocation)
  }
}
