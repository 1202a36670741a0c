// torchvision's RegNets: the stem, then each row with blocks as a module of the trunk, its blocks named after it.
//
//   stem.0, .1; trunk_output.block1.block1-0.proj.0, .1; .f.a.0, .1; .f.b.0, .1; .f.se.fc1, .fc2; .f.c.0, .1; fc
import ResNetDSL

struct RegNetNames: NameDialect {
  private var block: BlockPlace?
  private var convolutions = 0

  mutating func paths(_ layer: Layer, activation: Activation, at place: ParameterPlace) -> ParameterPaths {
    guard place.branches.isEmpty else { return .none }
    guard let newBlock = place.block else {
      switch layer.lowering.role {
      case .convolution: return parts(of: "stem")
      case .fullyConnected: return ParameterPaths(layer: "fc", norm: "fc_bn", activation: "fc_prelu")
      default: return .none
      }
    }
    if newBlock != block { convolutions = 0 }
    block = newBlock
    let path = path(newBlock)
    switch layer.lowering.role {
    case .convolution:
      convolutions += 1
      return convolutions <= 3 ? parts(of: "\(path).f.\(["a", "b", "c"][convolutions - 1])") : .none
    case .squeeze: return ParameterPaths(layer: "\(path).f.se", norm: "", activation: "")
    default: return .none
    }
  }

  func projection(of block: BlockPlace, pools: Bool) -> ParameterPaths {
    pools ? .none : parts(of: "\(path(block)).proj")
  }

  private func path(_ block: BlockPlace) -> String {
    "trunk_output.block\(block.row).block\(block.row)-\(block.index)"
  }

  private func parts(of path: String) -> ParameterPaths {
    ParameterPaths(layer: "\(path).0", norm: "\(path).1", activation: "\(path).2")
  }
}
