// A graph as text, one line a node, for `--dump-ir` and goldens:
//
//   %13  conv3_1.2  128x28x28  conv(%12) 3x3, 128, stride 2, pad 1x1, weight layer2.0.conv2.weight, relu
import ResNetDSL

extension Graph {
  /// The graph as text; stable, and equal for equal graphs.
  package var text: String {
    let rows = nodes.enumerated().map { index, node in
      let shape = "\(node.shape.channels)x\(node.shape.height)x\(node.shape.width)"
      let inputs = node.inputs.map { "%\($0.index)" }.joined(separator: ", ")
      let (operation, details) = describe(node.operation)
      let call = ["\(operation)(\(inputs))", details.joined(separator: ", ")].filter { !$0.isEmpty }
      return ["%\(index)", node.name, shape, call.joined(separator: " ")]
    }
    let widths = (0..<3).map { column in rows.map { $0[column].utf8.count }.max() ?? 0 }
    var text = "graph \(name) -> %\(output.index)\n"
    for row in rows {
      for (cell, width) in zip(row, widths) {
        text += cell + String(repeating: " ", count: width - cell.utf8.count + 2)
      }
      text += row[3] + "\n"
    }
    return text
  }
}

private func describe(_ operation: Operation) -> (String, [String]) {
  switch operation {
  case .input: return ("input", [])
  case .convolution(let convolution):
    var details = convolution.terms.enumerated().flatMap { index, term in
      describe(term, convolution.outChannels, prefix: index == 0 ? "" : "plus ")
    }
    switch convolution.residual {
    case nil: break
    case .same: details.append("plus residual")
    case .zeroPadded(let pad): details.append("plus residual zero-padded \(describe(pad))")
    }
    return ("conv", details + describe(convolution.activation))
  case .batchNorm(let norm): return ("batchnorm", describe(norm))
  case .activation(let function): return ("activation", describe(function))
  case .add(let function): return ("add", describe(function))
  case .zeroPad(let pad): return ("zeropad", [describe(pad)])
  case .maxPool(let pool): return ("maxpool", describe(pool))
  case .averagePool(let pool): return ("averagepool", describe(pool))
  case .globalAveragePool: return ("globalaveragepool", [])
  case .linear(let linear):
    return (
      "linear",
      ["\(linear.outFeatures)", "weight \(linear.weight)"] + (linear.bias.map { ["bias \($0)"] } ?? [])
        + describe(linear.activation)
    )
  case .dropout(let rate): return ("dropout", ["\(rate)"])
  case .softmax: return ("softmax", [])
  }
}

private func describe(_ term: Convolution.Term, _ channels: Int, prefix: String) -> [String] {
  var details = [prefix + term.kernel.text, "\(channels)"]
  if term.stride != 1 { details.append("stride \(term.stride)") }
  if term.padding != Extent(0, 0) { details.append("pad \(term.padding.text)") }
  if term.dilation != 1 { details.append("dilation \(term.dilation)") }
  details.append("weight \(term.weight)")
  if let bias = term.bias { details.append("bias \(bias)") }
  if let norm = term.norm { details += describe(norm) }
  return details
}

/// The module's path stands for its four tensors where they share one.
private func describe(_ norm: BatchNorm) -> [String] {
  let path = String(norm.weight.dropLast(".weight".count))
  let isModule = norm == BatchNorm(channels: norm.channels, epsilon: norm.epsilon, path: path)
  let tensors = isModule ? path : [norm.weight, norm.bias, norm.runningMean, norm.runningVar].joined(separator: " ")
  return ["norm \(tensors) eps \(norm.epsilon)"]
}

private func describe(_ function: Nonlinearity) -> [String] {
  switch function {
  case .linear: []
  case .relu, .relu6, .sigmoid, .silu, .gelu: [function.name]
  case .prelu(let weight): ["\(function.name) \(weight)"]
  }
}

private func describe(_ pad: ZeroPad) -> String {
  "stride \(pad.stride), \(pad.channelsBefore) zeros before, \(pad.channelsAfter) after"
}

private func describe(_ pool: Pooling) -> [String] {
  var details = [pool.kernel.text, "stride \(pool.stride)"]
  if pool.padding != Extent(0, 0) { details.append("pad \(pool.padding.text)") }
  if pool.ceilMode { details.append("ceil") }
  if pool.countsPadding { details.append("counted") }
  return details
}
