// A share of a split that begins and ends with a vector lies in what it is cut from. Any other is copied.
import ResNetDSL

extension LintRule {
  static let splitLanes = LintRule(
    "RN406", "split-lanes", .note,
    """
    A split that cuts within vectors. A branch whose share of the channels begins and ends with a vector (16
    floats with AVX-512, 8 with AVX2, 4 with NEON) reads it where it is; any other is copied first, lane by
    lane. The message says how many values of an image that is. Behind a shuffle nothing is said, because
    channels in another order are copied anyhow.

    Shares whose widths are multiples of 16 suit all of them.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 24
      mix     32x32   split { 3x3, 16 | 1x1, 16 }
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 32
      mix     32x32   split { 3x3, 16 | 1x1, 16 }
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      let graph = network.compilation.fused
      let cuts = [Target.avx512, .avx2, .neon].map { target in (target, graph.copiedShares(on: target)) }
      return network.splits.compactMap { stage, split in
        let copied = cuts.compactMap { target, shares -> String? in
          let values = shares.filter { $0.origin == split }.reduce(0) { $0 + $1.values }
          guard values > 0 else { return nil }
          return "\(grouped(values)) values on \(target.moduleSuffix) (\(target.lanes) lanes)"
        }
        guard !copied.isEmpty else { return nil }
        return Finding(
          "the split of \(stage.name.value) cuts within vectors, and copies what its branches read",
          at: Label(split, alternatives(copied, joiner: "and")),
          helps: ["shares whose widths are multiples of 16 are read where they are"])
      }
    })
}

extension LintedNetwork {
  /// The words, each once where it is written.
  fileprivate var splits: [(stage: Stage, span: Span)] {
    var seen: Set<Span> = []
    return layers.compactMap { stage, sized in
      sized.layer.isShare && seen.insert(sized.layer.span).inserted ? (stage, sized.layer.span) : nil
    }
  }
}

extension Graph {
  /// Consecutive channels that begin or end within a vector of what they are read from, and are copied.
  fileprivate func copiedShares(on target: Target) -> [(origin: Span, values: Int)] {
    let lanes = target.lanes
    let shares = nodes.indices.filter { index in
      guard case .gather(let gather) = nodes[index].operation, gather.runs.count == 1, let run = gather.runs.first,
        run.times == 1, run.count < 2 || run.step == 1 && run.outStep == 1, let input = nodes[index].inputs.first
      else { return false }
      let end = run.from + run.count
      return run.from % lanes != 0 || end % lanes != 0 && end != self[input].shape.channels
    }
    guard !shares.isEmpty else { return [] }
    let cuts = ValueLayouts(self, target: target).cuts
    return shares.filter { !cuts.contains(NodeID($0)) }.map { index in
      (nodes[index].origin, product(nodes[index].shape.channels, nodes[index].shape.height, nodes[index].shape.width))
    }
  }
}
