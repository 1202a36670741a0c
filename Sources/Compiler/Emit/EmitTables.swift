// The two kinds of tables that a generated package reads when a model is loaded: its layers, and for each instruction set
// its steps. Text, so that a network of a thousand layers compiles as fast as one of ten. `LayerTable.swift` and
// `StepTable.swift` of the runtime read them.
internal import ResNetDSL

/// One line for each node of the fused graph: what is computed.
func layerTable(_ graph: Graph) -> String {
  var lines = ["# name operation channels height width inputs... details"]
  for node in graph.nodes {
    let inputs = ["\(node.inputs.count)"] + node.inputs.map { "\($0.index)" }
    let words =
      [node.name, node.operation.word, "\(node.shape.channels)", "\(node.shape.height)", "\(node.shape.width)"]
      + inputs + node.operation.details
    lines.append(words.joined(separator: " "))
  }
  return lines.joined(separator: "\n")
}

/// One line for each node: its kernel and units, where its value lies, where its weights begin. A convolution that a pool
/// computes has no kernel, but it has its weights.
func stepTable(_ plan: Plan) -> String {
  var lines = ["# kernel units offset lanes halo-height halo-width weights vectors winograd-tile transformed points..."]
  var stepOf = [Int?](repeating: nil, count: plan.graph.nodes.count)
  var weightsOf = [PackedWeights?](repeating: nil, count: plan.graph.nodes.count)
  for (index, step) in plan.steps.enumerated() {
    stepOf[step.node.index] = index
    weightsOf[(step.convolution ?? step.node).index] = step.weights
  }
  for index in plan.graph.nodes.indices {
    let layout = plan.layouts[index]
    let step = stepOf[index].map { plan.steps[$0] }
    let weights = weightsOf[index]
    let numbers = [
      step?.kernel ?? -1, step.map { plan.kernels[$0.kernel].units } ?? 0, plan.arena.slots[index].offset,
      layout.pixelPitch, layout.halo.height, layout.halo.width, weights?.offset ?? 0, weights?.vectors ?? 0,
    ]
    var words = numbers.map(String.init)
    if let step, case .winograd(let kernel) = plan.kernels[step.kernel] {
      let transform = kernel.transform
      words += ["\(transform.tile)", kernel.filters == .packed ? "1" : "0", "\(transform.points.count)"]
      words += transform.points.map { "\($0)" }
    } else {
      words.append("0")
    }
    lines.append(words.joined(separator: " "))
  }
  return lines.joined(separator: "\n")
}

extension Operation {
  fileprivate var word: String {
    switch self {
    case .input: "input"
    case .convolution: "conv"
    case .linear: "linear"
    case .maxPool: "maxpool"
    case .averagePool(let pooling): pooling.countsPadding ? "avgpool-counted" : "avgpool"
    case .globalAveragePool: "globalavgpool"
    case .add: "add"
    case .activation: "activation"
    case .zeroPad: "zeropad"
    case .batchNorm, .dropout, .softmax: preconditionFailure("the passes leave no such node")
    }
  }

  fileprivate var details: [String] {
    switch self {
    case .input, .globalAveragePool, .batchNorm, .dropout, .softmax:
      return []
    case .convolution(let convolution):
      var words = [convolution.activation.word]
      switch convolution.residual {
      case nil: words.append("none")
      case .same: words.append("same")
      case .zeroPadded(let pad): words += ["pad", "\(pad.stride)", "\(pad.channelsBefore)"]
      }
      words.append("\(convolution.terms.count)")
      for term in convolution.terms {
        words += [term.kernel.height, term.kernel.width, term.stride, term.padding.height, term.padding.width]
          .map(String.init)
        words += ["\(term.dilation)", "\(term.inChannels)", term.weight, term.bias ?? "-"]
        words += [term.norm?.path ?? "-", "\(term.norm?.epsilon ?? 0)"]
      }
      return words
    case .linear(let linear):
      return [linear.activation.word, linear.weight, linear.bias ?? "-"]
    case .maxPool(let pooling), .averagePool(let pooling):
      return [
        pooling.kernel.height, pooling.kernel.width, pooling.stride, pooling.padding.height, pooling.padding.width,
      ].map(String.init)
    case .add(let nonlinearity), .activation(let nonlinearity):
      return [nonlinearity.word]
    case .zeroPad(let pad):
      return ["\(pad.stride)", "\(pad.channelsBefore)"]
    }
  }
}

extension Nonlinearity {
  fileprivate var word: String {
    if case .prelu(let weight) = self { return "prelu:" + weight }
    return ActivationKind(self).rawValue
  }
}

extension BatchNorm {
  /// The module's path, of which the tensors' names are made.
  fileprivate var path: String { String(weight.dropLast(".weight".count)) }
}
