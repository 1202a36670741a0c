// The written specification of a legal graph. Every rule is checked from the graph alone, shapes by counting window
// positions anew, so that neither lowering nor a pass can be wrong in the same way as its check.
//
//   graph       the first node, and no other, is `input`; names are unique; what is returned exists, the output among it;
//               a head used in training only is a graph whose input has the shape of what it reads
//   order       a node reads only earlier nodes
//   convolution terms + residual inputs; 1...2 terms of one output shape; channels agree
//   batchNorm   1 input, of `channels` channels; epsilon > 0
//   sampleNorm  1 input, of `channels` channels that groups divide; epsilon > 0
//   scale       1 input, of `channels` channels
//   activation, dropout, softmax, pools, linear, zeroPad: 1 input
//   add         2 inputs of one shape
//   concatenate inputs of one height and width, whose channels add up
//   multiply    2 inputs, the second of the first's shape, or with one pixel or one channel
//   tensors     one name, one shape, one owner
import ResNetDSL

/// A violation of the rules.
package struct VerifierFinding: Hashable, Sendable, CustomStringConvertible {
  package var node: String
  package var rule: String
  package var description: String { "\(node): \(rule)" }
}

/// What is illegal about a graph; empty for a legal one.
package func verify(_ graph: Graph) -> [VerifierFinding] {
  var verifier = Verifier(graph: graph)
  verifier.run()
  return verifier.findings
}

private struct Verifier: ~Copyable {
  let graph: Graph
  var findings: [VerifierFinding] = []
  private var names: Set<String> = []
  private var tensors: Set<String> = []

  init(graph: Graph) { self.graph = graph }

  mutating func run() {
    guard graph.nodes.indices.contains(graph.output.index) else {
      return findings.append(VerifierFinding(node: graph.name, rule: "the output is not a node"))
    }
    guard graph.results.allSatisfy({ graph.nodes.indices.contains($0.index) }), graph.results.contains(graph.output)
    else { return findings.append(VerifierFinding(node: graph.name, rule: "what is returned is not a node")) }
    if Set(graph.named.map(\.name)).count != graph.named.count {
      findings.append(VerifierFinding(node: graph.name, rule: "outputs have names of their own"))
    }
    for head in graph.auxiliary {
      let isInPlace =
        graph.nodes.indices.contains(head.source.index)
        && head.graph.nodes.first?.shape == graph[head.source].shape && head.graph.auxiliary.isEmpty
      if !isInPlace { findings.append(VerifierFinding(node: head.name, rule: "reads a node")) }
      findings += verify(head.graph)
    }
    for (index, node) in graph.nodes.enumerated() {
      require((node.operation == .input) == (index == 0), node, "the first node, and no other, is the input")
      require(names.insert(node.name).inserted, node, "names are unique")
      let shape = node.shape
      require(shape.channels > 0 && shape.height > 0 && shape.width > 0, node, "dimensions are positive")
      guard node.inputs.allSatisfy({ (0..<index).contains($0.index) }) else {
        require(false, node, "a node reads only earlier nodes")
        continue
      }
      check(node, node.inputs.map { graph[$0].shape })
    }
  }

  private mutating func require(_ condition: Bool, _ node: Node, _ rule: @autoclosure () -> String) {
    if !condition { findings.append(VerifierFinding(node: node.name, rule: rule())) }
  }

  private mutating func check(_ node: Node, _ inputs: [Shape]) {
    let definition = node.operation.definition
    guard inputs.count == definition.arity else {
      return require(false, node, "has \(definition.arity) inputs, not \(inputs.count)")
    }
    var check = NodeCheck(node, inputs)
    definition.check(&check)
    for rule in check.broken { require(false, node, rule) }
    for tensor in definition.tensors(channels: node.shape.channels) {
      require(tensors.insert(tensor.name).inserted, node, "tensor \(tensor.name) has one owner")
      require(!tensor.name.isEmpty && tensor.name.first != ".", node, "tensors have names")
    }
  }
}

/// Counts the starts -p, -p + s, ... from which a window lies inside the padded map; with ceiling, also the next
/// start, if it lies before the map's end and so sees a part of the map.
func slid(
  _ input: Shape, _ kernel: Extent, _ stride: Stride, _ padding: Padding, dilation: Int, ceiling: Bool
) -> Extent? {
  guard stride.rows > 0, stride.columns > 0 else { return nil }
  func count(_ length: Int, _ kernel: Int, _ stride: Int, _ before: Int, _ after: Int) -> Int {
    let reach = (kernel - 1) * dilation
    var last = -before
    var result = 0
    let lastFullStart = length + after - 1 - reach
    if lastFullStart >= -before {
      result = (lastFullStart + before) / stride + 1
      last = -before + (result - 1) * stride
    } else {
      last = -before - stride
    }
    let covered = last + reach >= length + after - 1 && result > 0
    if ceiling, !covered, last + stride < length { result += 1 }
    return result
  }
  let extent = Extent(
    count(input.height, kernel.height, stride.rows, padding.top, padding.bottom),
    count(input.width, kernel.width, stride.columns, padding.left, padding.right))
  return extent.height > 0 && extent.width > 0 ? extent : nil
}
