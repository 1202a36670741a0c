// Branches as a source writes them: lists of layers side by side, and what becomes of their values.
import ResNetDSL

/// `{ 1x1, 64 | 3x3, 64 }`
struct BranchesLayer: LayerLowering {
  var branches: [[Layer]]
  var combiner: Combiner
  var suffix: String? { nil }
  var activation: Activation { combiner.activation }
  /// For the slopes of a PReLU.
  var role: ParameterRole? { activation == .prelu ? .activation : nil }
  /// Lowering joins the values that its branches end in.
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? { nil }

  func tableText(_ usual: UsualAttributes) -> String {
    let texts = branches.map { branch in
      // Before a sum or a product the last convolution says what it has.
      let last =
        combiner == .concatenation ? nil : branch.lastIndex { !$0.withoutBranches.allSatisfy { !$0.isConvolution } }
      let words = branch.enumerated().filter { !$0.element.isBegin }.map { index, layer -> String in
        var own = usual
        own.activation = index == last ? nil : .relu
        return layer.lowering.tableText(own)
      }
      let begin = branch.contains(where: \.isCarry) ? "+ " : ""
      return begin + (words.isEmpty ? "identity" : words.joined(separator: "; "))
    }
    let word = combiner.word.map { " " + $0 } ?? ""
    let split = branches.first?.first?.isShare == true ? "split " : ""
    return "\(split){ \(texts.joined(separator: " | ")) }\(word)" + (activation == .linear ? "" : " \(activation.text)")
  }
}

extension Combiner {
  /// As the source and the names of nodes have it.
  fileprivate var word: String? {
    switch self {
    case .concatenation: nil
    case .sum: "sum"
    case .product: "product"
    }
  }

  /// What leaves branches that leave these values; `nil` where they do not fit together.
  func shape(of values: [Shape]) -> Shape? {
    guard let first = values.first else { return nil }
    switch self {
    case .concatenation:
      guard values.allSatisfy({ $0.extent == first.extent }) else { return nil }
      return Shape(values.reduce(0) { ResNetCompiler.sum($0, $1.channels) }, first.extent)
    case .sum: return values.allSatisfy { $0 == first } ? first : nil
    case .product:
      guard values.count == 2 else { return nil }
      return Multiply.spreads(values[1], over: first)
        ? first : Multiply.spreads(first, over: values[1]) ? values[1] : nil
    }
  }

  /// Why they do not, and what would help.
  func mismatch(_ first: Shape, _ other: Shape, in stage: String) -> (message: String, helps: [String]) {
    let sizes = "\(first.extent.text) and \(other.extent.text)"
    let shapes = "\(first.text) and \(other.text)"
    switch self {
    case .concatenation:
      return (
        "the branches of \(stage) leave \(sizes)",
        ["values are put together by channels, so their maps must have one size: write strides or padding"]
      )
    case .sum:
      let isWidth = first.extent == other.extent
      return (
        "a sum of \(stage) adds \(shapes)",
        [
          isWidth
            ? "values that are added have as many channels: write widths, or leave 'sum' away to put them together"
            : "values that are added have one shape: write widths, strides or padding"
        ]
      )
    case .product:
      return (
        "a product of \(stage) multiplies \(shapes)",
        [
          "a second value has the first's shape, or one pixel for each of its channels ('average pool'), or one channel "
            + "for each of its pixels"
        ]
      )
    }
  }
}
