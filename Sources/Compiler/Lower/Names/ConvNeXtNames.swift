// torchvision's ConvNeXts: each row up to the last pool is one of `features`, a sequence of convolutions and norms, or of
// blocks. In a block the norm has a permutation before it that counts, and in the classifier what flattens counts.
//
//   features.0.0, .0.1; features.1.0.block.0, .block.2, .block.3, .block.5, .layer_scale; features.2.0, .2.1
//   classifier.0, .2
import ResNetDSL

struct ConvNeXtNames: NameDialect {
  private var row: Int?
  private var feature = -1
  private var block: BlockPlace?
  private var modules = ModuleSequence("")
  private var isClassifier = false

  mutating func paths(_ layer: Layer, activation: Activation, at place: ParameterPlace) -> ParameterPaths {
    guard place.branches.isEmpty else { return .none }
    if layer.poolsWholeMap, place.block == nil {
      isClassifier = true
      modules = ModuleSequence("classifier")
    }
    guard let role = layer.lowering.role, role == .convolution || role == .norm || role == .fullyConnected else {
      return .none
    }
    if isClassifier {
      // What flattens stands before it.
      if role == .fullyConnected { _ = modules.next() }
      return ParameterPaths(layer: modules.next(), norm: "", activation: "")
    }
    begin(place)
    guard role == .convolution else { return ParameterPaths(layer: modules.next(), norm: "", activation: "") }
    var paths = ParameterPaths(layer: modules.next(), norm: "", activation: "")
    if layer.lowering.normalization != nil {
      if place.block != nil { _ = modules.next() }
      paths.norm = modules.next()
    }
    if activation != .linear { paths.activation = modules.next() }
    return paths
  }

  /// A new sequence for each row, and for each block of one.
  private mutating func begin(_ place: ParameterPlace) {
    if place.row == row, place.block == block { return }
    if place.row != row { feature += 1 }
    (row, block) = (place.row, place.block)
    modules = ModuleSequence("features.\(feature)" + (block.map { ".\($0.index).block" } ?? ""))
  }

  func blockScale(of block: BlockPlace) -> String { "features.\(feature).\(block.index).layer_scale" }
}
