// BN-Inception as Caffe's users and `pretrainedmodels` have it: one level of modules, called after row, branch and layer.
//
//   conv1_7x7_s2, conv1_7x7_s2_bn; inception_3a_1x1; inception_3a_3x3_reduce, inception_3a_3x3
//   inception_3a_double_3x3_reduce, _double_3x3_1, _double_3x3_2; inception_3a_pool_proj; last_linear
import ResNetDSL

struct BNInceptionNames: NameDialect {
  /// What the layers of each row's branches are called.
  private let branches: [[[String]]]

  init(_ network: Network) {
    branches = network.stages.map { stage in
      for case .branches(let branches, .concatenation) in stage.items.flatMap(\.layers).map(\.kind) {
        return branches.map(layerNames)
      }
      return []
    }
  }

  func paths(_ layer: Layer, activation: Activation, at place: ParameterPlace) -> ParameterPaths {
    switch layer.lowering.role {
    case .fullyConnected:
      return ParameterPaths(layer: "last_linear", norm: "last_linear_bn", activation: "last_linear_prelu")
    case .convolution:
      guard place.block == nil, let path = path(at: place) else { return .none }
      return ParameterPaths(layer: path, norm: "\(path)_bn", activation: "")
    default: return .none
    }
  }

  private func path(at place: ParameterPlace) -> String? {
    guard let branch = place.branches.first else { return place.rowName }
    let names = branches[place.row]
    guard place.branches.count == 1, branch.number <= names.count, names[branch.number - 1].count == branch.count else {
      return nil
    }
    return "\(place.rowName)_\(names[branch.number - 1][branch.position])"
  }
}

/// None for a branch that the network does not have.
private func layerNames(_ layers: [Layer]) -> [String] {
  let kernels = layers.map { $0.convolution?.kernel }
  let (one, three) = (Extent(square: 1), Extent(square: 3))
  switch kernels {
  case [one]: return ["1x1"]
  case [one, three]: return ["3x3_reduce", "3x3"]
  case [one, three, three]: return ["double_3x3_reduce", "double_3x3_1", "double_3x3_2"]
  case [nil, one] where layers[0].isPool: return ["pool", "pool_proj"]
  default: return []
  }
}
