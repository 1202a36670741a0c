// torchvision's GoogLeNet: the rows of the table are its modules, by the names that the source gives them.
//
//   conv1.conv, .bn; inception3a.branch1.conv, .bn for a branch of one layer, and in a longer one, where each layer counts,
//   inception3a.branch2.0.conv; fc
import ResNetDSL

struct InceptionNames: NameDialect {
  func paths(_ layer: Layer, activation: Activation, at place: ParameterPlace) -> ParameterPaths {
    switch layer.lowering.role {
    case .fullyConnected: return ParameterPaths(layer: "fc", norm: "fc_bn", activation: "fc_prelu")
    case .convolution:
      guard place.block == nil, place.branches.count <= 1 else { return .none }
      var path = place.rowName
      if let branch = place.branches.first {
        path += ".branch\(branch.number)" + (branch.count > 1 ? ".\(branch.position)" : "")
      }
      return ParameterPaths(layer: "\(path).conv", norm: "\(path).bn", activation: "")
    default: return .none
    }
  }
}
