// ResNet-50 with 53 layers is not ResNet-50.
import ResNetDSL

extension LintRule {
  static let nameContradictsDepth = LintRule(
    "RN504", "name-contradicts-depth", .warning,
    """
    The name of a network ends in a number that is not its depth. In the paper, and since, ResNet-50 means
    50 convolutions and fully connected layers, projections not counted (Table 1). Names that begin with
    ResNet, CifarResNet, Plain, PreResNet or VGG are held against it, numbers of 10 and more.

    Correct the name, or the repeats. With a `depth` line the compiler checks the number itself
    (`depth-mismatch`).
    """,
    example: """
      model ResNet18
      input   3 x 32 x 32
      conv1   32x32   3x3, 16
      stage1  32x32   [3x3, 16; 3x3, 16] x 3
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model ResNet8
      input   3 x 32 x 32
      conv1   32x32   3x3, 16
      stage1  32x32   [3x3, 16; 3x3, 16] x 3
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      let name = network.name
      guard let prefix = ["CifarResNet", "PreResNet", "ResNet", "Plain", "VGG"].first(where: name.hasPrefix),
        let said = Int(name.dropFirst(prefix.count)), said >= 10, said != network.depth
      else { return [] }
      // A family's parameters end up in its name, whatever they mean.
      let model = network.text.model
      guard model.keyword.value == .model || network.network.variant != nil && model.parameters.isEmpty else {
        return []
      }
      let column = network.text.model.columns.first { $0.value == network.network.variant }
      return [
        Finding(
          "\(name) has \(network.depth) layers, not \(said)",
          at: Label(column?.span ?? network.network.name.span, "\(network.depth) counted"),
          notes: ["convolutions and fully connected layers count, projections do not"])
      ]
    })
}
