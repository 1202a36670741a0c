// torchvision's DenseNets. A row with braces is a dense block and each pair of braces a layer of it, a row with a
// convolution after one is a transition, and a norm in a row without a convolution is the last:
//
//   features.conv0, .norm0; features.denseblock1.denselayer1.norm1, .conv1, .norm2, .conv2
//   features.transition1.norm, .conv; features.norm5; classifier
import ResNetDSL

struct DenseNames: NameDialect {
  private enum Row { case stem, dense, transition, end }
  private let rows: [Row]
  /// Dense blocks in all rows up to each.
  private let blocks: [Int]
  private var stem = 0
  private var place: ParameterPlace?
  private var layers = 0
  private var convolutions = 0

  init(_ network: Network) {
    var rows: [Row] = []
    var blocks: [Int] = []
    for stage in network.stages {
      let layers = stage.items.flatMap(\.layers)
      let isDense = layers.contains(where: \.hasBranches)
      let hasConvolution = layers.contains(where: \.isConvolution)
      let count = blocks.last ?? 0
      rows.append(isDense ? .dense : count == 0 ? .stem : hasConvolution ? .transition : .end)
      blocks.append(isDense ? count + 1 : count)
    }
    self.rows = rows
    self.blocks = blocks
  }

  mutating func paths(_ layer: Layer, activation: Activation, at newPlace: ParameterPlace) -> ParameterPaths {
    if layer.fullyConnected != nil {
      return ParameterPaths(layer: "classifier", norm: "classifier_bn", activation: "classifier_prelu")
    }
    let number = blocks[newPlace.row]
    let row = rows[newPlace.row]
    // Only layers of dense blocks are grouped.
    guard row == .dense || newPlace.block == nil else { return .none }
    switch (row, layer.lowering.role) {
    case (.stem, .convolution):
      defer { stem += 1 }
      return paths("conv\(stem)", norm: "norm\(stem)")
    case (.dense, .convolution):
      guard newPlace.branches.count == 1 else { return .none }
      begin(newPlace)
      convolutions += 1
      let path = "denseblock\(number).denselayer\(layers)"
      return paths("\(path).conv\(convolutions)", norm: "\(path).norm\(convolutions)")
    case (.transition, .convolution):
      // What norm it has stands by itself.
      return layer.lowering.normalization == nil ? paths("transition\(number).conv") : .none
    case (.transition, .norm): return paths("transition\(number).norm")
    case (.end, .norm): return paths("norm\(number + 1)")
    default: return .none
    }
  }

  private func paths(_ layer: String, norm: String? = nil) -> ParameterPaths {
    ParameterPaths(layer: "features.\(layer)", norm: norm.map { "features.\($0)" } ?? "", activation: "")
  }

  /// Counts the braces of a dense block.
  private mutating func begin(_ newPlace: ParameterPlace) {
    if newPlace.row != place?.row { layers = 0 }
    if newPlace.row != place?.row || newPlace.item != place?.item || newPlace.block != place?.block {
      layers += 1
      convolutions = 0
    }
    place = newPlace
  }
}
