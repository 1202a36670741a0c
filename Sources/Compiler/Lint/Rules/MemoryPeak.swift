// One layer can decide how much memory a network needs.
import ResNetDSL

extension LintRule {
  /// How far below the peak all other layers must stay, in per cent of it.
  private static let othersPercent = 66

  static let memoryPeak = LintRule(
    "RN402", "memory-peak", .note,
    """
    While one layer runs, its inputs, its output, and what later layers still need must all be in memory;
    the largest such sum is what the network needs. Here one row alone sets it, and every other stays a
    third or more below: a smaller map or another width there lowers the memory of the whole network. The
    compiler has already put the layers of each block into the order that needs least.

    Downsample earlier, or make the layers around the peak narrower. `resnetc report --format html` draws
    memory over time.
    """,
    example: """
      model Net
      input   3 x 64 x 64
      conv1   64x64   3x3, 64
      conv2   64x64   3x3, 64
      pool1   32x32   3x3 max pool
      stage1  32x32   [3x3, 64; 3x3, 64] x 2
      stage2  16x16   [3x3, 128; 3x3, 128] x 2
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 64 x 64
      conv1   32x32   3x3, 32
      conv2   32x32   3x3, 32
      pool1   32x32   3x3 max pool
      stage1  32x32   [3x3, 64; 3x3, 64] x 2
      stage2  16x16   [3x3, 128; 3x3, 128] x 2
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      // In a network of a few rows, one stands out by need.
      guard network.stages.count > 3 else { return [] }
      let graph = network.compilation.fused
      let live = Liveness(graph).liveFloats
      guard let peak = live.max(), let at = live.firstIndex(of: peak), let row = graph.nodes[at].stage else {
        return []
      }
      let others = zip(graph.nodes, live).filter { $0.0.stage != row }.map(\.1).max() ?? 0
      guard others > 0, product(others, 100) <= product(othersPercent, peak),
        let stage = network.network.stages.first(where: { $0.name.value == row })
      else { return [] }
      return [
        Finding(
          "\(row) sets the memory peak of \(network.name): \(bytes(peak)), and all other rows need \(bytes(others)) or less",
          at: Label(stage.name.span, "reached at \(graph.nodes[at].name)"),
          helps: ["a smaller map or fewer channels here would save up to \(percent(peak - others, of: peak))"])
      ]
    })

  private static func bytes(_ floats: Int) -> String { "\(grouped(product(floats, 4))) bytes" }
}
