// timm's EfficientNets and MobileNetV2, which it builds of the same blocks: each row with blocks is a stage, and layers are
// called by what they do.
//
//   conv_stem, bn1; blocks.1.0.conv_pw, .bn1, .conv_dw, .bn2, .se.conv_reduce, .se.conv_expand, .conv_pwl, .bn3
//   without an expansion: blocks.0.0.conv_dw, .bn1, .conv_pw, .bn2; conv_head, bn2; classifier
import ResNetDSL

struct TimmNames: NameDialect {
  private var block: BlockPlace?
  /// In the block so far.
  private var norms = 0
  private var expands = false
  private var hasDepthwise = false

  let squeezeParts = (reduce: "conv_reduce", expand: "conv_expand")

  mutating func paths(_ layer: Layer, activation: Activation, at place: ParameterPlace) -> ParameterPaths {
    guard place.branches.isEmpty else { return .none }
    guard let newBlock = place.block else {
      switch layer.lowering.role {
      case .convolution:
        let names = block == nil ? ("conv_stem", "bn1") : ("conv_head", "bn2")
        return ParameterPaths(layer: names.0, norm: names.1, activation: "")
      case .fullyConnected: return ParameterPaths(layer: "classifier", norm: "", activation: "")
      default: return .none
      }
    }
    if newBlock != block { (norms, expands, hasDepthwise) = (0, false, false) }
    block = newBlock
    let path = "blocks.\(newBlock.row - 1).\(newBlock.index)"
    switch layer.lowering.role {
    case .convolution:
      norms += 1
      let name: String
      if case .depthwise? = layer.convolution?.grouping {
        (name, hasDepthwise) = ("conv_dw", true)
      } else if hasDepthwise {
        name = expands ? "conv_pwl" : "conv_pw"
      } else {
        (name, expands) = ("conv_pw", true)
      }
      return ParameterPaths(layer: "\(path).\(name)", norm: "\(path).bn\(norms)", activation: "")
    case .squeeze: return ParameterPaths(layer: "\(path).se", norm: "", activation: "")
    default: return .none
    }
  }
}
