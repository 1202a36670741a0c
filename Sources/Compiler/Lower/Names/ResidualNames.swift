// torchvision's ResNets: `conv1`, `bn1` for layers outside blocks, `layer{s}.{b}.conv{j}`, `.bn{j}` and `.downsample.0/.1`
// in block b (from 0) of the s-th row that has blocks (from 1), `fc` for the classifier.
//
// timm's ResNet-D is the same but for its stem: convolutions before the blocks, their norms and activations are modules
// `conv1.0`, `conv1.1` ... of one sequence, except for the last norm, which is `bn1`. And so is its Res2Net, but for the
// convolutions in the braces of a block: `layer{s}.{b}.convs.{j}` and `.bns.{j}`, j from 0, in place of `conv2`, `bn2`.
import ResNetDSL

struct ResidualNames: NameDialect {
  private var block: BlockPlace?
  private var outside = Counters()
  private var inside = Counters()
  private var stem: Stem?
  /// Convolutions in the braces of the block so far; `nil` where they are named like others.
  private var scales: Int?
  private let numbersConnected: Bool

  private struct Counters {
    var convolutions = 0
    var connected = 0
    var activations = 0
    var squeezes = 0
    var gates = 0
    var norms = 0
  }

  private struct Stem {
    var modules = ModuleSequence("conv1")
    /// Convolutions that have still to come.
    var left: Int
  }

  init(_ network: Network, hasDeepStem: Bool = false, hasScales: Bool = false) {
    scales = hasScales ? 0 : nil
    let items = network.stages.flatMap(\.items)
    let connected = items.count { item in
      if case .layer(let layer) = item, case .fullyConnected = layer.kind { true } else { false }
    }
    numbersConnected = connected > 1
    let before = items.prefix { if case .layer = $0 { true } else { false } }
    let convolutions = before.flatMap(\.layers).count(where: \.isConvolution)
    if hasDeepStem, convolutions > 1 { stem = Stem(left: convolutions) }
  }

  mutating func paths(_ layer: Layer, activation: Activation, at place: ParameterPlace) -> ParameterPaths {
    guard let newBlock = place.block else {
      if layer.isConvolution, let paths = nextOfStem(layer, activation) { return paths }
      return Self.next(layer, &outside, prefix: "", numbersConnected: numbersConnected)
    }
    if newBlock != block {
      inside = Counters()
      scales = scales.map { _ in 0 }
    }
    block = newBlock
    if layer.isConvolution, !place.branches.isEmpty, let number = scales {
      scales = number + 1
      inside.convolutions = 2
      let path = newBlock.path
      return ParameterPaths(
        layer: "\(path).convs.\(number)", norm: "\(path).bns.\(number)", activation: "\(path).prelus.\(number)")
    }
    return Self.next(layer, &inside, prefix: "\(newBlock.path).", numbersConnected: true)
  }

  private mutating func nextOfStem(_ layer: Layer, _ activation: Activation) -> ParameterPaths? {
    guard var stem, stem.left > 0 else { return nil }
    var paths = stem.modules.next(layer, activation: activation)
    stem.left -= 1
    if stem.left == 0 {
      outside.convolutions = 1
      paths.norm = "bn1"
      paths.activation = "prelu1"
    }
    self.stem = stem
    return paths
  }

  private static func next(
    _ layer: Layer, _ counters: inout Counters, prefix: String, numbersConnected: Bool
  ) -> ParameterPaths {
    switch layer.lowering.role {
    case .convolution:
      counters.convolutions += 1
      let number = counters.convolutions
      return ParameterPaths(
        layer: "\(prefix)conv\(number)", norm: "\(prefix)bn\(number)", activation: "\(prefix)prelu\(number)")
    case .fullyConnected:
      counters.connected += 1
      let name = numbersConnected ? "fc\(counters.connected)" : "fc"
      return ParameterPaths(layer: prefix + name, norm: "\(prefix)\(name)_bn", activation: "\(prefix)\(name)_prelu")
    case .activation:
      counters.activations += 1
      let path = "\(prefix)act\(counters.activations)"
      return ParameterPaths(layer: path, norm: path, activation: path)
    case .norm:
      counters.norms += 1
      let path = "\(prefix)norm\(counters.norms)"
      return ParameterPaths(layer: path, norm: path, activation: "\(path)_prelu")
    case .gate:
      counters.gates += 1
      let path = "\(prefix)gate\(counters.gates)"
      return ParameterPaths(layer: path, norm: path, activation: path)
    case .squeeze:
      counters.squeezes += 1
      let path = "\(prefix)se" + (counters.squeezes == 1 ? "" : "\(counters.squeezes)")
      return ParameterPaths(layer: path, norm: path, activation: path)
    case nil: return .none
    }
  }

  func projection(of block: BlockPlace, pools: Bool) -> ParameterPaths {
    let path = "\(block.path).downsample"
    let first = pools ? 1 : 0
    return ParameterPaths(
      layer: "\(path).\(first)", norm: "\(path).\(first + 1)", activation: "\(path).\(first + 2)")
  }

  func blockActivation(of block: BlockPlace) -> String { "\(block.path).prelu" }
  func blockScale(of block: BlockPlace) -> String { "\(block.path).layer_scale" }
}

extension BlockPlace {
  fileprivate var path: String { "layer\(row).\(index)" }
}
