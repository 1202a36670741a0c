// Norms as a source writes them: by themselves, and the text of all of them.
import ResNetDSL

/// `norm, relu`
extension NormLayer: LayerLowering {
  var suffix: String? { "norm" }
  var role: ParameterRole? { .norm }
  var isModule: Bool { true }

  func tableText(_ usual: UsualAttributes) -> String {
    let text = Optional(norm).text(unless: usual.norm)
    // Where others have none, a batch norm by itself needs no word.
    let words = usual.norm == nil && norm.kind == .batch ? Array(text.dropFirst()) : text
    let kind = words.first.flatMap { $0.hasPrefix("norm") ? $0 : nil }
    return ([kind ?? "norm"] + words.dropFirst(kind == nil ? 0 : 1) + (activation == .linear ? [] : [activation.text]))
      .joined(separator: ", ")
  }

  func faults(_ layer: Layer, in place: LayerPlace, entering input: Shape, leaving extent: Extent) -> [Diagnostic] {
    norm.faults(layer, in: place, of: input.channels)
  }

  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? {
    norm.operation(channels: sized.input.channels, path: paths.layer)
  }
}

extension Normalization {
  /// Of a value with so many channels.
  func operation(channels: Int, path: String) -> Operation {
    switch kind {
    case .batch: .batchNorm(BatchNorm(channels: channels, epsilon: epsilon, path: path))
    case .layer: .sampleNorm(SampleNorm(channels: channels, extent: .pixel, epsilon: epsilon, path: path))
    case .group(let count):
      .sampleNorm(SampleNorm(channels: channels, extent: .groups(count), epsilon: epsilon, path: path))
    }
  }

  /// What its node is called after the layer's name.
  var suffix: String { kind == .batch ? "bn" : "norm" }

  /// What is wrong with it behind, or before, a layer.
  func faults(_ layer: Layer, in place: LayerPlace, of channels: Int) -> [Diagnostic] {
    guard case .group(let count) = kind, channels % count != 0 else { return [] }
    return [
      Diagnostic(
        .error, .groupsDoNotDivide,
        "\(count) groups do not divide the \(channels) channels that a norm of \(place.stage.name.value) reads",
        at: Label(layer.span, "\(channels) / \(count) leaves \(channels % count)"),
        helps: ["write a number of groups that divides \(channels)"])
    ]
  }
}

extension Normalization? {
  /// `norm group 32`, `eps 1e-6`, where it is not what a table has without saying so.
  func text(unless common: Normalization?) -> [String] {
    guard let norm = self else { return common == nil ? [] : ["no norm"] }
    let isCommon = common?.kind == norm.kind
    let standard = common?.isOfKind(norm.kind) == true ? common?.epsilon : Normalization.standardEpsilon
    return (isCommon ? [] : ["norm \(norm.word)"]) + (norm.epsilon == standard ? [] : ["eps \(norm.epsilon)"])
  }
}
