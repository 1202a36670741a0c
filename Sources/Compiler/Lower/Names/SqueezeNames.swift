// torchvision's SqueezeNets: VGG's two sequences, in which a group of layers is one module (`fire` in the paper) and the
// classifier, without a fully connected layer, begins with the last dropout.
//
//   features.0; features.3.squeeze, .expand1x1, .expand3x3; classifier.1
import ResNetDSL

struct SqueezeNames: NameDialect {
  private var features = ModuleSequence("features")
  private var classifier: Classifier
  private var block: BlockPlace?
  private var fire = ""

  init(_ network: Network) { classifier = Classifier(network, endsInConvolution: true) }

  mutating func paths(_ layer: Layer, activation: Activation, at place: ParameterPlace) -> ParameterPaths {
    if let paths = classifier.next(layer, activation: activation) { return paths }
    guard let newBlock = place.block else {
      return place.branches.isEmpty && !layer.hasBranches ? features.next(layer, activation: activation) : .none
    }
    if newBlock != block { fire = features.next() }
    block = newBlock
    guard let convolution = layer.convolution, convolution.norm == nil, place.branches.count <= 1 else {
      return .none
    }
    let name =
      place.branches.isEmpty ? "squeeze" : "expand\(convolution.kernel.height)x\(convolution.kernel.width)"
    return ParameterPaths(layer: "\(fire).\(name)", norm: "", activation: "")
  }
}
