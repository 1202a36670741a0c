// A norm as a source writes it by itself.
import ResNetDSL

/// `norm, relu`
extension NormLayer: LayerLowering {
  var suffix: String? { "norm" }
  var role: ParameterRole? { .norm }
  var isModule: Bool { true }

  func tableText(_ usual: UsualAttributes) -> String {
    let isUsual = epsilon == usual.norm ?? 1e-5
    return (["norm"] + (isUsual ? [] : ["eps \(epsilon)"]) + (activation == .linear ? [] : [activation.text]))
      .joined(separator: ", ")
  }

  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? {
    .batchNorm(BatchNorm(channels: sized.input.channels, epsilon: epsilon, path: paths.layer))
  }
}
