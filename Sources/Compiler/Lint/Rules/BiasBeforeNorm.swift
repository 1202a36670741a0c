// Batch normalisation subtracts what a bias adds.
import ResNetDSL

extension LintRule {
  static let biasBeforeNorm = LintRule(
    "RN201", "bias-before-norm", .warning,
    """
    A convolution with a bias, and batch normalisation after it. The normalisation subtracts the mean,
    the bias with it, and has a shift of its own: the bias is a parameter without effect. The paper's
    networks have none (Section 3.4: BN "right after each convolution").

    Remove it. Not a safe fix: weights that were trained with a bias hold one, and the compiler folds it
    at no cost.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16, bias
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      network.layers.compactMap { stage, sized in
        guard case .convolution(let convolution) = sized.layer.kind, convolution.bias, convolution.norm?.kind == .batch,
          !convolution.isPreActivated
        else { return nil }
        let written = network.text.attributes(of: sized.layer.span).last { $0.kind == .bias(true) }
        let edit = written.flatMap { network.text.removal(of: $0.span) }
        return Finding(
          "batch normalisation cancels the bias of \(stage.name.value)",
          at: Label(written?.span ?? sized.layer.span, "\(convolution.width.value) parameters without effect"),
          fixIts: edit.map { [FixIt("remove 'bias'", [$0])] } ?? [])
      }
    })
}
