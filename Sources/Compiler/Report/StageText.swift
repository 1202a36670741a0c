// A network's rows as Table 1 prints them: what a reader of the paper looks for, and no more. Norms and biases are left
// out, as there.
internal import ResNetDSL

extension Stage {
  /// `[1x1, 64; 3x3, 64; 1x1, 256] x 3`.
  package var tableText: String { items.map(\.tableText).joined(separator: ", ") }
}

extension Item {
  var tableText: String {
    switch self {
    case .layer(let layer): layer.tableText(implied: .relu)
    case .block(let block): block.tableText
    }
  }
}

extension Block {
  fileprivate var tableText: String {
    let inner = layerTexts.joined(separator: "; ")
    switch kind {
    case .residual: return "[\(inner)] x \(repeats)"
    case .plain: return "(\(inner)) x \(repeats)"
    }
  }

  /// Its layers, one each.
  var layerTexts: [String] {
    let last = layers.lastIndex { if case .convolution = $0.kind { true } else { false } }
    return layers.enumerated().map { index, layer in
      layer.tableText(implied: kind == .residual && index == last ? .linear : .relu)
    }
  }
}

extension Layer {
  /// - Parameter implied: the activation that a convolution here has without saying so.
  fileprivate func tableText(implied: Activation) -> String {
    switch kind {
    case .convolution(let convolution):
      var words = ["\(convolution.kernel.height)x\(convolution.kernel.width)", "\(convolution.width.value)"]
      if let stride = convolution.stride, stride.value != 1 { words.append("stride \(stride.value)") }
      if convolution.dilation != 1 { words.append("dilation \(convolution.dilation)") }
      if convolution.activation != implied { words.append(convolution.activation.rawValue) }
      return words.joined(separator: ", ")
    case .maxPool(let pool): return pool.tableText("max")
    case .averagePool(let pool): return pool.tableText("average")
    case .globalAveragePool: return "average pool"
    case .fullyConnected(let layer):
      let activation = layer.activation == .linear ? "" : ", \(layer.activation.rawValue)"
      return "\(layer.width.value)-d fc\(activation)"
    case .activation(let activation): return activation.rawValue
    case .dropout(let rate): return "dropout \(rate)"
    case .softmax: return "softmax"
    }
  }
}

extension PoolLayer {
  fileprivate func tableText(_ kind: String) -> String {
    let stride = stride.map { ", stride \($0.value)" } ?? ""
    return "\(kernel.height)x\(kernel.width) \(kind) pool\(stride)"
  }
}
