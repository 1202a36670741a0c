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

    What is missing is a norm and an activation alone, not one more convolution: `norm, relu` before the pool.
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
      head     1x1    norm, relu, average pool, 10-d fc
      """,
    look: .text { text in
      guard let order = text.model.header.order, order.value == .pre else { return [] }
      // The last residual block of the first column, and whether a convolution with a norm before it follows.
      let layers = text.firstCells.flatMap { row, elements in
        text.expanded(elements).map { (row: row, element: $0) }
      }
      guard let last = layers.lastIndex(where: { $0.element.isResidualBlock }) else { return [] }
      let isNormalized = layers[(last + 1)...].contains { layer in
        if case .norm = layer.element.kind { return true }
        guard case .convolution = layer.element.kind else { return false }
        let own = layer.element.attributes.compactMap { attribute -> Bool? in
          if case .norm(let kind) = attribute.kind { kind != nil } else { nil }
        }
        return own.last ?? (text.model.header.norm?.value != Syntax.Norm.none)
      }
      guard !isNormalized else { return [] }
      return [
        Finding(
          "nothing normalises the last sum, of \(layers[last].row)",
          at: Label(layers[last].element.span, "ends in a bare sum"),
          secondary: [Label(order.span, "norms stand before convolutions")],
          helps: ["write 'norm, relu' between the last sum and the pool"])
      ]
    })
}
