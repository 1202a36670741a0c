// A branch that ends in ReLU can only add.
import ResNetDSL

extension LintRule {
  static let activationBeforeSum = LintRule(
    "RN103", "activation-before-sum", .warning,
    """
    The last layer of a residual block has an activation of its own before the sum. After a ReLU the
    residual function is never negative: it can add to the shortcut and take nothing away, so values grow
    from block to block.

    In the paper the second nonlinearity stands after the sum (Figure 2, Section 3.2). "Identity Mappings
    in Deep Residual Networks" (He et al., 2016), Section 4.1, measured ReLU before the sum on CIFAR-10
    with 110 layers: 7.84 % error instead of 6.61 %.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16
      stage1  32x32   [3x3, 16; 3x3, 16, relu] x 2
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
        guard block.kind == .residual, let last = block.layers.last(where: \.changesValues),
          let activation = last.ownActivation, activation.isOneSided
        else { return nil }
        let attributes = network.text.attributes(of: last.span)
        let written = attributes.last { $0.kind == .activation(activation) }
        let edit = written.flatMap { network.text.removal(of: $0.span) }
        return Finding(
          "the blocks of \(stage.name.value) end in \(activation.text) before the sum",
          at: Label(written?.span ?? last.span, "the residual can only add"),
          helps: [
            block.statesActivation
              ? "the activation after the sum is '\(block.activation.text)', behind the bracket"
              : "the activation after the sum is the header's: `activation \(block.activation.text)`"
          ],
          fixIts: edit.map { [FixIt("remove '\(activation.text)'", [$0])] } ?? [])
      }
    })
}

extension Layer {
  /// Neither a pool nor dropout, which leave values on their side of zero.
  fileprivate var changesValues: Bool {
    switch kind {
    case .convolution, .fullyConnected, .activation, .norm, .softmax, .branches: true
    default: false
    }
  }

  fileprivate var ownActivation: Activation? {
    switch kind {
    case .convolution(let convolution): convolution.isPreActivated ? .linear : convolution.activation
    case .norm(let norm): norm.activation
    case .activation(let activation): activation
    case .branches(let branches, .concatenation): branches.commonActivation
    case .branches(_, let combiner): combiner.activation
    default: nil
    }
  }
}

extension [[Layer]] {
  /// That of the first branch, where all end in one of its kind: values of one side of zero stay there side by side.
  fileprivate var commonActivation: Activation? {
    let ends = map { $0.last(where: \.changesValues)?.ownActivation }
    guard let first = ends.first ?? nil, ends.allSatisfy({ $0?.isOneSided == first.isOneSided }) else { return nil }
    return first
  }
}
