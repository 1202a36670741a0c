// A network's rows as Table 1 prints them: what a reader of the paper looks for, and every attribute that a layer of the
// network would not have without saying so, so that rows that differ read differently.
package import ResNetDSL

extension Network {
  /// `[1x1, 64; 3x3, 64; 1x1, 256] x 3`.
  package func tableText(_ stage: Stage) -> String {
    let norm = commonNorm
    return stage.items.map { $0.tableText(norm) }.joined(separator: ", ")
  }

  /// The epsilon that most convolutions have, `nil` for none: rows do not repeat it.
  var commonNorm: Double? {
    var counts: [(norm: Double?, count: Int)] = []
    for case .convolution(let convolution) in stages.flatMap(\.items).flatMap(\.layers).map(\.kind) {
      if let index = counts.firstIndex(where: { $0.norm == convolution.normEpsilon }) {
        counts[index].count += 1
      } else {
        counts.append((convolution.normEpsilon, 1))
      }
    }
    // The first of as many.
    return counts.reduce(counts.first) { most, next in next.count > (most?.count ?? 0) ? next : most }?.norm
  }
}

extension Item {
  fileprivate var layers: [Layer] {
    switch self {
    case .layer(let layer): [layer]
    case .block(let block): block.layers
    }
  }

  func tableText(_ norm: Double?) -> String {
    switch self {
    case .layer(let layer): layer.tableText(implied: .relu, norm)
    case .block(let block): block.tableText(norm)
    }
  }
}

extension Block {
  fileprivate func tableText(_ norm: Double?) -> String {
    let inner = layerTexts(norm).joined(separator: "; ")
    switch kind {
    case .residual: return "[\(inner)]\(repeatText)"
    case .plain: return "(\(inner))\(repeatText)"
    }
  }

  /// ` x 3`, and what follows the sum where it is not what the paper has.
  var repeatText: String {
    " x \(repeats)" + (kind == .residual && activation != .relu ? ", \(activation.rawValue)" : "")
  }

  /// Its layers, one each.
  func layerTexts(_ norm: Double?) -> [String] {
    let last = layers.lastIndex { if case .convolution = $0.kind { true } else { false } }
    return layers.enumerated().map { index, layer in
      layer.tableText(implied: kind == .residual && index == last ? .linear : .relu, norm)
    }
  }
}

extension Layer {
  /// - Parameter implied: the activation that a convolution here has without saying so.
  /// - Parameter norm: the same for its norm's epsilon.
  fileprivate func tableText(implied: Activation, _ norm: Double?) -> String {
    switch kind {
    case .convolution(let convolution):
      var words = ["\(convolution.kernel.height)x\(convolution.kernel.width)", "\(convolution.width.value)"]
      if let stride = convolution.stride, stride.value != 1 { words.append("stride \(stride.value)") }
      words += convolution.padding.padText(unless: convolution.usualPadding)
      if convolution.dilation != 1 { words.append("dilation \(convolution.dilation)") }
      words += convolution.normText(unless: norm)
      if convolution.bias != (convolution.normEpsilon == nil) { words.append(convolution.bias ? "bias" : "no bias") }
      if convolution.activation != implied { words.append(convolution.activation.rawValue) }
      return words.joined(separator: ", ")
    case .maxPool(let pool): return pool.tableText("max")
    case .averagePool(let pool): return pool.tableText("average")
    case .globalAveragePool: return "average pool"
    case .fullyConnected(let layer):
      let activation = layer.activation == .linear ? "" : ", \(layer.activation.rawValue)"
      return "\(layer.width.value)-d fc\(layer.bias ? "" : ", no bias")\(activation)"
    case .activation(let activation): return activation.rawValue
    case .dropout(let rate): return "dropout \(rate)"
    case .softmax: return "softmax"
    case .branches: return "branches"
    }
  }
}

extension ConvolutionLayer {
  fileprivate func normText(unless common: Double?) -> [String] {
    guard let epsilon = normEpsilon else { return common == nil ? [] : ["no norm"] }
    let isUsual = epsilon == (common ?? 1e-5)
    return (common == nil ? ["norm batch"] : []) + (isUsual ? [] : ["eps \(epsilon)"])
  }
}

extension PoolLayer {
  fileprivate func tableText(_ kind: String) -> String {
    var words = ["\(kernel.height)x\(kernel.width) \(kind) pool"]
    if let stride { words.append("stride \(stride.value)") }
    // An even window has none unless it says so; an odd one's depends on the map.
    let isEven = kernel.height % 2 == 0 && kernel.width % 2 == 0
    words += padding.padText(unless: isEven ? Extent(0, 0) : nil)
    if ceilMode { words.append("ceil") }
    if let countsPadding { words.append(countsPadding ? "counted" : "uncounted") }
    return words.joined(separator: ", ")
  }
}

extension Extent? {
  fileprivate func padText(unless usual: Extent?) -> [String] {
    guard let pad = self, pad != usual else { return [] }
    return ["pad \(pad.height)" + (pad.width == pad.height ? "" : "x\(pad.width)")]
  }
}
