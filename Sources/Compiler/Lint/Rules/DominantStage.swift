// Where to begin when a network is too slow.
import ResNetDSL

extension LintRule {
  /// Share of the multiply-adds, in per cent, that is most of the cost.
  private static let mostPercent = 60

  static let dominantStage = LintRule(
    "RN403", "dominant-stage", .note,
    """
    One row has more than 60 % of the network's multiply-adds. That is where a change of depth or width
    shows, and nowhere else. The paper's rows of 18 to 50 layers stay below; ResNet-101 and 152 put most
    of their blocks into conv4_x, as Table 1 shows.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16
      stage1  32x32   [3x3, 16; 3x3, 16] x 9
      stage2  16x16   [3x3, 32; 3x3, 32] x 1
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16
      stage1  32x32   [3x3, 16; 3x3, 16] x 3
      stage2  16x16   [3x3, 32; 3x3, 32] x 3
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      let cost = network.compilation.cost
      // In a network of a few rows, one has most of the work by need.
      guard cost.stages.count > 3, let most = cost.stages.max(by: { $0.macs < $1.macs }),
        product(most.macs, 100) > product(mostPercent, cost.macs), cost.macs < .max,
        let stage = network.network.stages.first(where: { $0.name.value == most.name })
      else { return [] }
      return [
        Finding(
          "\(most.name) has \(percent(most.macs, of: cost.macs)) of the multiply-adds of \(network.name)",
          at: Label(stage.name.span, "\(scaled(most.macs)) of \(scaled(cost.macs))"))
      ]
    })
}
