// The written specification of a legal graph. Every rule is checked from the graph alone, shapes by counting window
// positions anew, so that neither lowering nor a pass can be wrong in the same way as its check.
//
//   graph       the first node, and no other, is `input`; names are unique; the output exists
//   order       a node reads only earlier nodes
//   convolution terms + residual inputs; 1...2 terms of one output shape; channels agree
//   batchNorm   1 input, of `channels` channels; epsilon > 0
//   activation, dropout, softmax, pools, linear, zeroPad: 1 input
//   add         2 inputs of one shape
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

private struct Verifier {
  let graph: Graph
  var findings: [VerifierFinding] = []
  private var names: Set<String> = []
  private var tensors: [String: [Int]] = [:]

  init(graph: Graph) { self.graph = graph }

  mutating func run() {
    guard graph.nodes.indices.contains(graph.output.index) else {
      return findings.append(VerifierFinding(node: graph.name, rule: "the output is not a node"))
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

  private mutating func require(_ condition: Bool, _ node: Node, _ rule: String) {
    if !condition { findings.append(VerifierFinding(node: node.name, rule: rule)) }
  }

  private mutating func tensor(_ name: String, _ shape: [Int], _ node: Node) {
    require(tensors.updateValue(shape, forKey: name) == nil, node, "tensor \(name) has one owner")
    require(!name.isEmpty && name.first != ".", node, "tensors have names")
  }

  private mutating func check(_ node: Node, _ inputs: [Shape]) {
    let arity = Self.arity(node.operation)
    guard inputs.count == arity else {
      return require(false, node, "has \(arity) inputs, not \(inputs.count)")
    }
    let shape = node.shape
    switch node.operation {
    case .input: break
    case .convolution(let convolution):
      check(convolution, node, inputs)
    case .batchNorm(let norm):
      require(shape == inputs[0], node, "keeps its shape")
      check(norm, shape.channels, node)
    case .activation(let function):
      require(shape == inputs[0], node, "keeps its shape")
      check(function, node)
    case .add(let function):
      require(inputs[0] == shape && inputs[1] == shape, node, "adds values of its shape")
      check(function, node)
    case .zeroPad(let pad):
      require(Self.padded(inputs[0], pad) == shape, node, "subsamples and pads to its shape")
    case .maxPool(let pool), .averagePool(let pool):
      require(pool.stride > 0, node, "stride is positive")
      require(
        2 * pool.padding.height <= pool.kernel.height && 2 * pool.padding.width <= pool.kernel.width, node,
        "pads at most half of its window")
      let extent = Self.slid(
        inputs[0], pool.kernel, pool.stride, pool.padding, dilation: 1, ceiling: pool.ceilMode)
      require(shape.extent == extent && shape.channels == inputs[0].channels, node, "slides to its shape")
    case .globalAveragePool:
      require(shape == Shape(inputs[0].channels, 1, 1), node, "has one value a channel")
    case .linear(let linear):
      require(linear.inFeatures == inputs[0].count, node, "reads all its features")
      require(shape == Shape(linear.outFeatures, 1, 1), node, "has one value a feature")
      tensor(linear.weight, [linear.outFeatures, linear.inFeatures], node)
      if let bias = linear.bias { tensor(bias, [linear.outFeatures], node) }
      check(linear.activation, node)
    case .dropout(let rate):
      require(shape == inputs[0], node, "keeps its shape")
      require(rate >= 0 && rate <= 1, node, "rate is a probability")
    case .softmax:
      require(shape == inputs[0], node, "keeps its shape")
    }
  }

  private mutating func check(_ convolution: Convolution, _ node: Node, _ inputs: [Shape]) {
    require((1...2).contains(convolution.terms.count), node, "has one or two terms")
    require(node.shape.channels == convolution.outChannels, node, "has its output channels")
    for (term, input) in zip(convolution.terms, inputs) {
      require(term.inChannels == input.channels, node, "a term reads its channels")
      require(term.stride > 0 && term.dilation > 0, node, "strides and dilations are positive")
      let extent = Self.slid(
        input, term.kernel, term.stride, term.padding, dilation: term.dilation, ceiling: false)
      require(extent == node.shape.extent, node, "every term slides to its shape")
      tensor(
        term.weight, [convolution.outChannels, term.inChannels, term.kernel.height, term.kernel.width], node)
      if let bias = term.bias { tensor(bias, [convolution.outChannels], node) }
      if let norm = term.norm { check(norm, convolution.outChannels, node) }
    }
    if let residual = convolution.residual, let input = inputs.last {
      switch residual {
      case .same: require(input == node.shape, node, "the residual has its shape")
      case .zeroPadded(let pad): require(Self.padded(input, pad) == node.shape, node, "the residual pads to its shape")
      }
    }
    check(convolution.activation, node)
  }

  private mutating func check(_ norm: BatchNorm, _ channels: Int, _ node: Node) {
    require(norm.channels == channels, node, "norms its channels")
    require(norm.epsilon > 0, node, "epsilon is positive")
    for name in [norm.weight, norm.bias, norm.runningMean, norm.runningVar] { tensor(name, [channels], node) }
  }

  private mutating func check(_ function: Nonlinearity, _ node: Node) {
    if case .prelu(let weight) = function { tensor(weight, [node.shape.channels], node) }
  }

  private static func arity(_ operation: Operation) -> Int {
    switch operation {
    case .input: 0
    case .add: 2
    case .convolution(let convolution): convolution.terms.count + (convolution.residual == nil ? 0 : 1)
    case .batchNorm, .activation, .zeroPad, .maxPool, .averagePool, .globalAveragePool, .linear, .dropout, .softmax: 1
    }
  }

  private static func padded(_ input: Shape, _ pad: ZeroPad) -> Shape? {
    guard pad.stride > 0, pad.channelsBefore >= 0, pad.channelsAfter >= 0 else { return nil }
    return Shape(
      pad.channelsBefore + input.channels + pad.channelsAfter, (input.height + pad.stride - 1) / pad.stride,
      (input.width + pad.stride - 1) / pad.stride)
  }

  /// Counts the starts -p, -p + s, ... from which a window lies inside the padded map; with ceiling, also the next
  /// start, if it lies before the map's end and so sees a part of the map.
  private static func slid(
    _ input: Shape, _ kernel: Extent, _ stride: Int, _ padding: Extent, dilation: Int, ceiling: Bool
  ) -> Extent? {
    guard stride > 0 else { return nil }
    func count(_ length: Int, _ kernel: Int, _ padding: Int) -> Int {
      let reach = (kernel - 1) * dilation
      var last = -padding
      var result = 0
      let lastFullStart = length + padding - 1 - reach
      if lastFullStart >= -padding {
        result = (lastFullStart + padding) / stride + 1
        last = -padding + (result - 1) * stride
      } else {
        last = -padding - stride
      }
      let covered = last + reach >= length + padding - 1 && result > 0
      if ceiling, !covered, last + stride < length { result += 1 }
      return result
    }
    let extent = Extent(
      count(input.height, kernel.height, padding.height), count(input.width, kernel.width, padding.width))
    return extent.height > 0 && extent.width > 0 ? extent : nil
  }
}
