// The convolution: as lowered one term, no residual and no activation; passes fill in the rest.
package import ResNetDSL

/// A sum of convolutions, plus bias, plus residual, then the activation.
package struct Convolution: Operator {
  /// One as written; two after a projection was merged. Term `i` reads input `i`.
  package var terms: [Term]
  package var outChannels: Int
  /// Reads the input after the terms.
  package var residual: Residual?
  package var activation: Nonlinearity

  package init(
    terms: [Term], outChannels: Int, residual: Residual? = nil, activation: Nonlinearity = .linear
  ) {
    self.terms = terms
    self.outChannels = outChannels
    self.residual = residual
    self.activation = activation
  }

  /// One convolution: cross-correlation with zero padding, as in every framework.
  package struct Term: Hashable, Sendable {
    package var inChannels: Int
    package var kernel: Extent
    package var stride: Stride
    package var padding: Padding
    package var dilation: Int
    /// Channels are cut into so many groups, each of which reads its share of the input.
    package var groups: Int
    /// Name of the tensor `[outChannels, inChannels / groups, kernel.height, kernel.width]`.
    package var weight: String
    /// Of standardised weights: what is added to the variance of each output channel's. They have their mean taken away and
    /// are divided by the root of that.
    package var standardization: Double?
    /// Name of the tensor `[outChannels]`.
    package var bias: String?
    /// Applied to this term's result; set by the pass that folds batch norm.
    package var norm: BatchNorm?
    /// Name of a tensor `[outChannels]` of factors, applied last; set by the pass that folds them.
    package var scale: String?
    /// Of each input channel of the weights the channel of the value that is read, where that lies otherwise; set by the pass
    /// that reads what is shuffled.
    var order: Gather?

    package init(
      inChannels: Int, kernel: Extent, stride: Stride, padding: Padding, dilation: Int = 1, groups: Int = 1,
      weight: String, standardization: Double? = nil, bias: String? = nil, norm: BatchNorm? = nil
    ) {
      self.inChannels = inChannels
      self.kernel = kernel
      self.stride = stride
      self.padding = padding
      self.dilation = dilation
      self.groups = groups
      self.weight = weight
      self.standardization = standardization
      self.bias = bias
      self.norm = norm
    }
  }

  /// What is added before the activation.
  package enum Residual: Hashable, Sendable {
    /// A value of the output's shape.
    case same
    /// Option A: a smaller value, subsampled and zero-padded on the way.
    case zeroPadded(ZeroPad)
  }

  /// One of each channel by itself.
  var isDepthwise: Bool {
    terms.count == 1 && terms[0].groups > 1 && terms[0].groups == terms[0].inChannels && outChannels == terms[0].groups
  }

  var arity: Int { terms.count + (residual == nil ? 0 : 1) }

  func tensors(channels: Int) -> [Tensor] {
    terms.flatMap { term in
      [Tensor(name: term.weight, shape: [outChannels, term.groupChannels, term.kernel.height, term.kernel.width])]
        + vector(term.bias, outChannels) + (term.norm?.tensors ?? []) + vector(term.scale, outChannels)
    } + activation.tensors(outChannels)
  }

  // MARK: What a legal one is like

  func check(_ node: inout NodeCheck) {
    node.require((1...2).contains(terms.count), "has one or two terms")
    node.require(node.shape.channels == outChannels, "has its output channels")
    for (term, input) in zip(terms, node.inputs) {
      node.require(term.inChannels == input.channels, "a term reads its channels")
      node.require(
        term.stride.rows > 0 && term.stride.columns > 0 && term.dilation > 0, "strides and dilations are positive")
      node.require(
        term.groups > 0 && term.inChannels % term.groups == 0 && outChannels % term.groups == 0,
        "groups divide what enters and leaves")
      let extent = slid(input, term.kernel, term.stride, term.padding, dilation: term.dilation, ceiling: false)
      node.require(extent == node.shape.extent, "every term slides to its shape")
      term.norm?.check(&node, of: outChannels)
      if let order = term.order {
        let channels = order.channels(term.inChannels)
        node.require(
          term.groups == 1 && Set(channels) == Set(0..<term.inChannels), "reads each channel once, in another order")
      }
    }
    if let residual, let input = node.inputs.last {
      switch residual {
      case .same: node.require(input == node.shape, "the residual has its shape")
      case .zeroPadded(let pad): node.require(pad.padded(input) == node.shape, "the residual pads to its shape")
      }
    }
  }

  // MARK: On plain numbers

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    var result = Value(shape, [Double](repeating: 0, count: shape.count))
    for (term, input) in zip(terms, inputs) { result.add(term.value(shape, input, tensors)) }
    if let last = inputs.last {
      switch residual {
      case nil: break
      case .same: result.add(last)
      case .zeroPadded(let pad): result.add(pad.value(shape, last))
      }
    }
    return activation.value(result, tensors)
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    var sum: ONNXValue?
    func adding(_ value: ONNXValue, _ graph: inout ONNXGraph) -> ONNXValue {
      sum.map { graph.add(.add, [$0, value]) } ?? value
    }
    for (term, input) in zip(terms, inputs) {
      sum = adding(term.onnx(graph.map(input), shape, &graph), &graph)
    }
    if let last = inputs.last {
      switch residual {
      case nil: break
      case .same: sum = adding(graph.map(last), &graph)
      case .zeroPadded(let pad): sum = adding(pad.onnx([last], shape, &graph), &graph)
      }
    }
    return activation.onnx(sum ?? inputs[0], &graph)
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    terms[0].pytorch(outChannels)
  }

  // MARK: Counted

  func kind(of node: Node) -> LayerKind? { node.role == .shortcut ? .projection : .convolution }
  var quantization: Quantization? {
    guard isDepthwise else {
      // Groups share words, with weights of zero between them; of fewer channels most would be zeros.
      let isWhole = terms.allSatisfy { $0.groups == 1 || terms.count == 1 && $0.groupChannels >= 4 }
      return isWhole ? .sums(isClamped: activation.isClamp) : nil
    }
    // The kernel of channels by themselves holds sums in floats, exactly below 2^24. Option A's zeros are another's.
    if case .zeroPadded = residual { return nil }
    let isExact = terms[0].kernel.height * terms[0].kernel.width < 500 && !activation.hasSlopes
    return isExact ? .follows(isClamped: activation.isClamp) : nil
  }

  func isNonnegative(_ inputs: [Bool]) -> Bool { activation.isNonnegative }

  func cost(_ node: NodeShapes) -> Cost {
    var cost = Cost()
    for term in terms {
      let weights = product(outChannels, term.groupChannels, term.kernel.height, term.kernel.width)
      cost.parameters = sum(cost.parameters, weights, term.bias == nil ? 0 : outChannels)
      cost.macs = sum(cost.macs, product(weights, node.output.height, node.output.width))
      if term.standardization != nil { cost.standardized = sum(cost.standardized, weights) }
      if term.bias != nil { cost.biasAdds = sum(cost.biasAdds, node.output.count) }
    }
    cost.convolutionBiasAdds = cost.biasAdds
    cost.activations = node.output.count
    return cost
  }

  func window(_ node: NodeShapes) -> SlidingWindow {
    let windows = terms.map(\.window)
    return SlidingWindow(
      extent: Extent(windows.map(\.height).max() ?? 1, windows.map(\.width).max() ?? 1),
      stride: Stride(terms.map(\.stride.rows).max() ?? 1, terms.map(\.stride.columns).max() ?? 1))
  }

  func reads(_ inputs: [Shape]) -> [Double] {
    inputs.enumerated().map { position, input in
      let values = Double(input.count)
      guard position < terms.count else {
        if case .zeroPadded(let pad) = residual { return values / Double(pad.stride * pad.stride) }
        return values
      }
      // A kernel that is smaller than its stride passes over the rest.
      let term = terms[position]
      func part(_ kernel: Int, _ stride: Int) -> Double { Double(min(kernel, stride)) / Double(stride) }
      return values * part(term.kernel.height, term.stride.rows) * part(term.kernel.width, term.stride.columns)
    }
  }

  func access(toInput position: Int) -> InputAccess {
    guard terms.indices.contains(position) else { return InputAccess(order: residual == .same ? .same : .plain) }
    let term = terms[position]
    return InputAccess(halo: term.padding.halo, allowsPlanar: term.groups == 1, order: isDepthwise ? .same : .any)
  }

  func overwritable(_ inputs: [NodeID]) -> [Int] {
    guard residual == .same, let last = inputs.last else { return [] }
    // Not if a term reads the same value, in windows.
    return inputs.dropLast().contains(last) ? [] : [inputs.count - 1]
  }

  // MARK: As text

  var dump: (name: String, details: [String]) {
    var details = terms.enumerated().flatMap { index, term in
      term.dump(outChannels, prefix: index == 0 ? "" : "plus ")
    }
    switch residual {
    case nil: break
    case .same: details.append("plus residual")
    case .zeroPadded(let pad): details.append("plus residual zero-padded \(pad.text)")
    }
    return ("conv", details + activation.dump)
  }

  func unnamed() -> Self {
    var convolution = self
    for index in terms.indices {
      convolution.terms[index].weight = ""
      convolution.terms[index].bias = terms[index].bias.map { _ in "" }
      convolution.terms[index].norm = terms[index].norm?.unnamed()
      convolution.terms[index].scale = terms[index].scale.map { _ in "" }
    }
    convolution.activation = activation.unnamed
    return convolution
  }

  var table: TableRow? {
    let adds: String? =
      switch residual {
      case nil: nil
      case .same: ""
      case .zeroPadded(let pad): " stride \(pad.stride) from \(pad.channelsBefore)"
      }
    let first = terms[0]
    var tensors = first.tensorPhrases
    for term in terms.dropFirst() {
      tensors += ["and \(term.kernel.text)", "from \(term.inChannels)"] + term.windowPhrases + term.tensorPhrases
    }
    return TableRow(
      "conv \(first.kernel.text)", entering: first.inChannels, first.windowPhrases + activation.dump, tensors: tensors,
      adds: adds)
  }

  var summary: String {
    let terms = terms.map { term in
      "\(term.kernel.height)x\(term.kernel.width) convolution"
        + (term.stride != 1 ? ", stride \(term.stride.text)" : "")
        + (term.dilation > 1 ? ", dilation \(term.dilation)" : "")
        + (term.groups > 1 ? term.groups == term.inChannels ? ", depthwise" : ", \(term.groups) groups" : "")
    }
    var parts = [terms.joined(separator: " + ")]
    switch residual {
    case .same: parts.append("residual")
    case .zeroPadded: parts.append("zero-padded residual")
    case nil: break
    }
    if activation != .linear { parts.append(activation.name) }
    return parts.joined(separator: ", ")
  }

  var description: [String] {
    terms.flatMap { term in
      let grouped =
        term.groups == 1
        ? "" : term.groups == term.inChannels ? ", each by itself" : " in \(term.groups) groups"
      return ["\(term.kernel.text) convolution of \(term.inChannels) channels\(grouped)"]
        + ["stride \(term.stride.text)", "padding \(term.padding.text)"]
        + (term.dilation != 1 ? ["dilation \(term.dilation)"] : []) + (term.bias != nil ? ["bias"] : [])
        + (term.standardization != nil ? ["weights standardised"] : [])
    }
  }

  var box: (kind: DrawnBox.Kind, text: String)? {
    guard let term = terms.first else { return nil }
    let dilation = term.dilation == 1 ? "" : ", dilation \(term.dilation)"
    let groups = term.groups == 1 ? "" : term.groups == term.inChannels ? ", depthwise" : ", \(term.groups) groups"
    let kernel = "\(term.kernel.height)x\(term.kernel.width)"
    return (.convolution, "\(kernel) conv, \(outChannels)\(boxText(stride: term.stride))\(dilation)\(groups)")
  }
}

extension LayerKind {
  package static let convolution = LayerKind(name: "conv")
  package static let projection = LayerKind(name: "projection")
}

extension Convolution.Term {
  /// Channels of the input that one channel of the output reads.
  var groupChannels: Int { groups == 0 ? inChannels : inChannels / groups }

  /// Dilation included.
  fileprivate var window: Extent {
    Extent((kernel.height - 1) * dilation + 1, (kernel.width - 1) * dilation + 1)
  }

  fileprivate func value(_ shape: Shape, _ input: Value, _ tensors: TensorValues) -> Value {
    let weight = standardized(tensors[weight], channels: shape.channels)
    let bias = bias.map { tensors[$0] }
    let channels = order?.channels(inChannels) ?? Array(0..<inChannels)
    let result = Value(shape) { channel, row, column in
      var sum = bias?[channel] ?? 0
      let first = channel / (shape.channels / groups) * groupChannels
      for inChannel in 0..<groupChannels {
        for kernelRow in 0..<kernel.height {
          let inRow = row * stride.rows - padding.top + kernelRow * dilation
          for kernelColumn in 0..<kernel.width {
            let inColumn = column * stride.columns - padding.left + kernelColumn * dilation
            guard input.contains(inRow, inColumn) else { continue }
            let index = (channel * groupChannels + inChannel) * kernel.height + kernelRow
            sum += weight[index * kernel.width + kernelColumn] * input[channels[first + inChannel], inRow, inColumn]
          }
        }
      }
      return sum
    }
    let normed = norm.map { $0.value(result, tensors) } ?? result
    guard let scale else { return normed }
    return ChannelScale(channels: shape.channels, weight: scale).value(shape, [normed], tensors)
  }

  /// Of each output channel: less their mean, over the root of their variance.
  private func standardized(_ weight: [Double], channels: Int) -> [Double] {
    guard let standardization else { return weight }
    let length = weight.count / channels
    return (0..<channels).flatMap { channel -> [Double] in
      let row = weight[channel * length..<(channel + 1) * length]
      let mean = row.reduce(0, +) / Double(length)
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(length)
      return row.map { ($0 - mean) / (variance + standardization).squareRoot() }
    }
  }

  /// In a dump and in a layer table: what is not usual.
  fileprivate var windowPhrases: [String] {
    var phrases: [String] = []
    if stride != 1 { phrases.append("stride \(stride.text)") }
    if padding != .zero { phrases.append("pad \(padding.text)") }
    if dilation != 1 { phrases.append("dilation \(dilation)") }
    if groups != 1 { phrases.append("groups \(groups)") }
    return phrases
  }

  /// In a layer table.
  fileprivate var tensorPhrases: [String] {
    ["weight \(weight)"] + (order?.phrases ?? []) + (standardization.map { ["standardized \($0)"] } ?? [])
      + (bias.map { ["bias \($0)"] } ?? []) + (norm?.phrases ?? []) + (scale.map { ["scale \($0)"] } ?? [])
  }

  fileprivate func dump(_ channels: Int, prefix: String) -> [String] {
    var details = [prefix + kernel.text, "\(channels)"] + windowPhrases
    details.append("weight \(weight)")
    if let standardization { details.append("standardized eps \(standardization)") }
    if let bias { details.append("bias \(bias)") }
    if let norm { details.append(norm.text) }
    if let scale { details.append("scale \(scale)") }
    details += order?.phrases ?? []
    return details
  }
}
