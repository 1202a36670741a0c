// timm's ResNetV2 and BiT: `stem.conv`, `stages.{s}.blocks.{b}.norm{j}`, `.conv{j}` and `.downsample.conv` in block b of the
// s-th row that has blocks (both from 0), `norm` for the last norm, `head.fc` for the classifier, which timm makes a
// convolution. Several convolutions before the blocks are `stem.conv1`, `stem.norm1`, `stem.conv2` ...
import ResNetDSL

struct ResNetV2Names: NameDialect {
  private var block: BlockPlace?
  private var convolutions = 0
  private let numbersStem: Bool

  init(_ network: Network) {
    let before = network.stages.flatMap(\.items).prefix { if case .layer = $0 { true } else { false } }
    numbersStem = before.flatMap(\.layers).count(where: \.isConvolution) > 1
  }

  mutating func paths(_ layer: Layer, activation: Activation, at place: ParameterPlace) -> ParameterPaths {
    guard place.branches.isEmpty else { return .none }
    if place.block != block, let newBlock = place.block {
      block = newBlock
      convolutions = 0
    }
    switch layer.lowering.role {
    case .convolution:
      // Behind the blocks it is the classifier.
      if place.block == nil, block != nil { return ParameterPaths(layer: "head.fc", norm: "", activation: "") }
      convolutions += 1
      let (path, number) = (place.block?.path ?? "stem", place.block != nil || numbersStem ? "\(convolutions)" : "")
      return ParameterPaths(layer: "\(path).conv\(number)", norm: "\(path).norm\(number)", activation: "")
    case .norm where place.block == nil: return ParameterPaths(layer: "norm", norm: "", activation: "")
    case .fullyConnected: return ParameterPaths(layer: "head.fc", norm: "", activation: "")
    default: return .none
    }
  }

  func projection(of block: BlockPlace, pools: Bool) -> ParameterPaths {
    let path = "\(block.path).downsample"
    return ParameterPaths(layer: "\(path).conv", norm: "\(path).norm", activation: "")
  }
}

extension BlockPlace {
  fileprivate var path: String { "stages.\(row - 1).blocks.\(index)" }
}
