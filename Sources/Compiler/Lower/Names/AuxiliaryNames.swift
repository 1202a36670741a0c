// Heads used in training only are modules by the names of their rows, whatever the rest of a network is called by:
//
//   aux1.conv1, aux1.bn1; aux1.fc, or aux1.fc1 and .fc2 where there are several
//   under `names googlenet` and `inception_v3`, as torchvision has them: aux1.conv.conv, aux1.conv.bn, or AuxLogits.conv0.conv, .conv1.conv
import ResNetDSL

struct AuxiliaryNames: NameDialect {
  private let path: String
  private let isInception: Bool
  private let hasSeveral: (convolutions: Bool, connected: Bool)
  private var convolutions = 0
  private var connected = 0
  private var others = 0

  init(_ network: Network, _ head: Stage) {
    path = head.name.value
    isInception = [.googlenet, .inceptionV3].contains(network.tensorNames?.value)
    let layers = head.items.flatMap { item -> [Layer] in
      switch item {
      case .layer(let layer): layer.withoutBranches
      case .block(let block): Array(repeatElement(block.layers, count: min(block.repeats, 2)).joined())
      }
    }
    hasSeveral = (
      layers.count { $0.convolution != nil } > 1, layers.count { $0.fullyConnected != nil } > 1
    )
  }

  mutating func paths(_ layer: Layer, activation: Activation, at place: ParameterPlace) -> ParameterPaths {
    switch layer.lowering.role {
    case .convolution:
      convolutions += 1
      if isInception {
        let module = "\(path).conv" + (hasSeveral.convolutions ? "\(convolutions - 1)" : "")
        return ParameterPaths(layer: "\(module).conv", norm: "\(module).bn", activation: "\(module).prelu")
      }
      return ParameterPaths(
        layer: "\(path).conv\(convolutions)", norm: "\(path).bn\(convolutions)",
        activation: "\(path).prelu\(convolutions)")
    case .fullyConnected:
      connected += 1
      let name = hasSeveral.connected ? "fc\(connected)" : "fc"
      return ParameterPaths(layer: "\(path).\(name)", norm: "\(path).\(name)_bn", activation: "\(path).\(name)_prelu")
    case nil: return .none
    case .activation, .squeeze, .norm, .gate:
      others += 1
      let own = "\(path).layer\(others)"
      return ParameterPaths(layer: own, norm: own, activation: own)
    }
  }

  func projection(of block: BlockPlace, pools: Bool) -> ParameterPaths {
    let own = "\(path).downsample\(block.index)"
    return ParameterPaths(layer: "\(own).0", norm: "\(own).1", activation: "\(own).2")
  }

  func blockActivation(of block: BlockPlace) -> String { "\(path).block\(block.index).prelu" }
}
