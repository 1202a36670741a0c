// A residual function of one layer is a linear layer.
import ResNetDSL

extension LintRule {
  static let singleLayerResidual = LintRule(
    "RN104", "single-layer-residual", .warning,
    """
    A residual block with a single convolution. Section 3.2: "if F has only a single layer, Eqn. (1) is
    similar to a linear layer: y = W1 x + x, for which we have not observed advantages." The identity can
    be learned by adding one to the middle of the kernel, so the shortcut adds nothing.

    Use two layers or more between shortcuts, or group the layer with ( ).
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16
      stage1  32x32   [3x3, 16] x 4
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16
      stage1  32x32   [3x3, 16; 3x3, 16] x 2
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      guard network.hasResidualBlocks else { return [] }
      return network.blocks.compactMap { stage, block, _ in
        guard block.kind == .residual, block.layers.flatMap(\.withoutBranches).count(where: \.isConvolution) == 1 else {
          return nil
        }
        return Finding(
          "the residual function of \(stage.name.value) is a single layer",
          at: Label(block.span, "one convolution and a shortcut around it"),
          helps: ["put two layers or more between [ ], or use ( ) for no shortcut"])
      }
    })
}
