// Values side by side begin with vectors of their own, so a width that is no multiple of one leaves lanes empty between.
import ResNetDSL

extension LintRule {
  /// Lanes left empty, in per cent of all, from which on a concatenation is worth a word.
  private static let emptyPercent = 10

  static let concatenationLanes = LintRule(
    "RN405", "concatenation-lanes", .note,
    """
    Branches whose widths leave lanes of vectors empty where they are put together. A concatenation is no
    copy: each branch's channels begin with a vector of their own (16 floats with AVX-512, 8 with AVX2, 4
    with NEON), and whoever reads the value multiplies the empty lanes too. The message says how many per
    cent of what is read that is; less than 10 % is not reported.

    Widths of branches that are multiples of 16 leave none.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 64
      mix     32x32   { 1x1, 20 | 3x3, 20 | 1x1, 24 }
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 64
      mix     32x32   { 1x1, 16 | 3x3, 16 | 1x1, 32 }
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      network.concatenations.compactMap { stage, sized in
        let parts = sized.branches.map { ChannelOrder.plain(($0.last?.output ?? sized.input).channels) }
        let channels = sized.output.channels
        let wasted = [Target.avx512, .avx2, .neon].compactMap { target -> String? in
          let lanes = ChannelOrder.joined(parts, lanes: target.lanes).blocks(lanes: target.lanes) * target.lanes
          // Of one value the width itself says so, which is another rule's.
          let alone = (channels + target.lanes - 1) / target.lanes * target.lanes
          guard lanes > alone, (lanes - channels) * 100 >= emptyPercent * lanes else { return nil }
          return "\(percent(lanes - channels, of: lanes)) on \(target.moduleSuffix) (\(target.lanes) lanes)"
        }
        guard !wasted.isEmpty else { return nil }
        return Finding(
          "branches of \(alternatives(parts.map { "\($0.channels)" }, joiner: "and")) channels leave lanes empty in "
            + stage.name.value,
          at: Label(sized.layer.span, alternatives(wasted, joiner: "and")),
          helps: ["widths of branches that are multiples of 16 leave none"])
      }
    })
}

extension LintedNetwork {
  /// Branches that are put together, each once where they are written, with the shapes of their first use.
  fileprivate var concatenations: [(stage: Stage, layer: SizedLayer)] {
    func inside(_ layer: SizedLayer) -> [SizedLayer] {
      let inner = layer.branches.joined().flatMap(inside)
      if case .branches(_, .concatenation) = layer.layer.kind { return [layer] + inner }
      return inner
    }
    return stages.flatMap { sized in
      sized.items.flatMap { item -> [SizedLayer] in
        switch item {
        case .layer(let layer): inside(layer)
        case .block(_, let repetitions): (repetitions.first?.layers ?? []).flatMap(inside)
        }
      }.map { (sized.stage, $0) }
    }
  }
}
