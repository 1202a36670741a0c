// torchvision's ShuffleNetV2: rows are modules by their names, and so are the groups of a row, counted from 0, and their
// branches, each a sequence of convolutions, norms and activations.
//
//   conv1.0, .1; stage2.0.branch1.0, .1, .2, .3; stage2.1.branch2.0, ...; conv5.0; fc
import ResNetDSL

struct ShuffleNames: NameDialect {
  private var place: ParameterPlace?
  private var modules = ModuleSequence("")

  mutating func paths(_ layer: Layer, activation: Activation, at newPlace: ParameterPlace) -> ParameterPaths {
    switch layer.lowering.role {
    case .fullyConnected: return ParameterPaths(layer: "fc", norm: "fc_bn", activation: "fc_prelu")
    case .convolution:
      guard newPlace.branches.count == (newPlace.block == nil ? 0 : 1) else { return .none }
      if !isSame(newPlace) {
        modules = ModuleSequence(
          ([newPlace.rowName] + (newPlace.block.map { ["\($0.index)"] } ?? [])
            + newPlace.branches.map { "branch\($0.number)" }).joined(separator: "."))
      }
      place = newPlace
      return modules.next(layer, activation: activation)
    default: return .none
    }
  }

  /// Whether it is in the sequence of the layer before.
  private func isSame(_ other: ParameterPlace) -> Bool {
    guard let place else { return false }
    return place.row == other.row && place.block == other.block
      && place.branches.map(\.number) == other.branches.map(\.number)
  }
}
