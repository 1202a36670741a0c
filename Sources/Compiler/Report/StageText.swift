// A network's rows as Table 1 prints them: what a reader of the paper looks for, and every attribute that a layer of the
// network would not have without saying so, so that rows that differ read differently.
package import ResNetDSL

extension Network {
  /// `[1x1, 64; 3x3, 64; 1x1, 256] x 3`.
  package func tableText(_ stage: Stage) -> String {
    let usual = usualAttributes
    return (stage.sourceText + stage.items.map { $0.tableText(usual) }).joined(separator: ", ")
  }

  /// The norm that most convolutions have, `nil` for none: rows do not repeat it.
  var commonNorm: Normalization? { commonest(\.norm) }

  /// The same of what is added to the variance of standardised weights.
  var commonStandardization: Double? { commonest(\.standardization) }

  var usualAttributes: UsualAttributes {
    UsualAttributes(activation: .relu, norm: commonNorm, standardization: commonStandardization)
  }

  private func commonest<Value: Equatable>(_ value: (ConvolutionLayer) -> Value?) -> Value? {
    var counts: [(value: Value?, count: Int)] = []
    for convolution in stages.flatMap(\.items).flatMap(\.layers).flatMap(\.withoutBranches).compactMap(\.convolution) {
      let value = value(convolution)
      if let index = counts.firstIndex(where: { $0.value == value }) {
        counts[index].count += 1
      } else {
        counts.append((value, 1))
      }
    }
    // The first of as many.
    return counts.reduce(counts.first) { most, next in next.count > (most?.count ?? 0) ? next : most }?.value
  }
}

extension Stage {
  /// `from conv4_x`, where it reads another row than the one above.
  var sourceText: [String] { source.map { ["from \($0.value)"] } ?? [] }
}

extension Item {
  func tableText(_ usual: UsualAttributes) -> String {
    switch self {
    case .layer(let layer): layer.lowering.tableText(usual)
    case .block(let block): block.tableText(usual)
    }
  }
}

extension Block {
  fileprivate func tableText(_ usual: UsualAttributes) -> String {
    let inner = layerTexts(usual).joined(separator: "; ")
    switch kind {
    case .residual: return "[\(inner)]\(repeatText)"
    case .plain: return "(\(inner))\(repeatText)"
    }
  }

  /// ` linear x 3`: the repeats, before them what the bracket says and what follows the sum where it is not what the paper
  /// has.
  var repeatText: String {
    let words =
      kind == .plain
      ? []
      : (isScaled ? ["scale"] : []) + (survival.map { ["survival \($0)"] } ?? [])
        + (shortcut.map { ["shortcut \($0.text)"] } ?? [])
        + (activation == .relu || isPreActivated && !statesActivation ? [] : [activation.text])
    return (words + ["x \(repeats)"]).map { " " + $0 }.joined()
  }

  /// Nothing follows its sum by itself.
  private var isPreActivated: Bool {
    layers.flatMap(\.withoutBranches).contains { $0.convolution?.isPreActivated == true }
  }

  /// Its layers, one each.
  func layerTexts(_ usual: UsualAttributes) -> [String] {
    // Behind braces no convolution is linear without saying so, and neither is any in them.
    let last = layers.lastIndex { $0.withoutBranches.contains(where: \.isConvolution) }
    return layers.enumerated().map { index, layer in
      let endsBlock =
        kind == .residual && index == last && layer.isConvolution && layer.convolution?.isPreActivated != true
      var own = usual
      own.activation = endsBlock ? .linear : .relu
      return layer.lowering.tableText(own)
    }
  }
}

extension WrittenPadding? {
  /// `pad 1`, where it is not what the layer has without saying so.
  func padText(unless usual: Padding?) -> [String] {
    switch self {
    case nil: []
    case .same: ["pad same"]
    case .sides(let sides): sides == usual ? [] : ["pad \(sides.written)"]
    }
  }
}

extension Padding {
  /// As a source has it: `1`, `0x3`, `0 0 1 1`.
  var written: String { !isEven ? text : top == left ? "\(top)" : "\(top)x\(left)" }
}
