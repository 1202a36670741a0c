// Pre-activation networks end in a sum that nothing has normalised.
import ResNetDSL

extension LintRule {
  static let missingFinalNorm = LintRule(
    "RN107", "missing-final-norm", .warning,
    """
    With `order pre`, normalisation and activation stand before each convolution, so the last block ends
    in a bare sum. "Identity Mappings in Deep Residual Networks" (He et al., 2016), Section 4 and
    the implementation details of its appendix, put one more normalisation and activation after the last
    sum, before the pool. Without them
    the classifier gets values that grow with depth, and the last block has no nonlinearity.

    End the last row of blocks, or begin the head, with a layer that normalises and activates. Its spelling
    is a 1x1 convolution's norm until `order pre` is built, which the compiler refuses today.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      order   pre
      conv1   32x32   3x3, 16
      stage1  32x32   [3x3, 16; 3x3, 16] x 2
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      order   pre
      conv1   32x32   3x3, 16
      stage1  32x32   [3x3, 16; 3x3, 16] x 2
      last    32x32   1x1, 16, norm batch, relu
      head     1x1    average pool, 10-d fc
      """,
    look: .text { text in
      guard let order = text.model.header.order, order.value == .pre else { return [] }
      // The last residual block of the first column, and whether a convolution follows it before the head's layers.
      let layers = text.firstCells.flatMap { row, elements in
        text.expanded(elements).map { (row: row, element: $0) }
      }
      guard let last = layers.lastIndex(where: { $0.element.isResidualBlock }) else { return [] }
      let isNormalized = layers[(last + 1)...].contains { layer in
        if case .convolution = layer.element.kind { true } else { false }
      }
      guard !isNormalized else { return [] }
      return [
        Finding(
          "nothing normalises the last sum, of \(layers[last].row)",
          at: Label(layers[last].element.span, "ends in a bare sum"),
          secondary: [Label(order.span, "norms stand before convolutions")],
          helps: ["put a layer with norm and activation between the last block and the pool"])
      ]
    })
}
