// Residual networks by torchvision's names and timm's: ResNet, ResNeXt, Wide ResNet, SE, ResNet-D, those for CIFAR, and
// pre-activated ones, also ResNetV2 and BiT.

struct ResidualRecognizer: Recognizer {
  enum Naming { case resnet, resnetv2 }
  let naming: Naming

  var name: String { naming == .resnet ? "resnet" : "resnetv2" }
  var title: String { naming == .resnet ? "those of torchvision's and timm's ResNets" : "those of timm's ResNetV2" }
  var family: String { naming == .resnet ? "a ResNet by torchvision's or timm's names" : "a ResNetV2 by timm's names" }

  func recognize(_ tensors: inout ShapeTable, _ facts: DialectFacts) throws(RecognitionFault)
    -> Recognized?
  {
    let original = tensors
    if naming == .resnetv2 { tensors = original.renamed(Self.classic) }
    var reader = ResidualReader(table: tensors, family: family)
    defer { tensors = reader.table }
    guard let parts = try reader.parts() else { return nil }
    var drafting = ResidualDraft(parts: parts, naming: naming, facts: facts, family: family)
    return Recognized(draft: try drafting.draft(), understood: parts.summary)
  }

  /// ResNetV2's names in torchvision's words, `nil` for others:
  ///
  ///     stem.conv, stem.conv2, stem.norm2               conv1, conv2, bn2
  ///     stages.0.blocks.1.norm2, .conv2                 layer1.1.bn2, .conv2
  ///     stages.0.blocks.0.downsample.conv, .norm        layer1.0.downsample.0, .1
  ///     norm, head.fc                                   norm1, fc
  private static func classic(_ name: String) -> String? {
    let parts = components(name)
    guard let field = parts.last else { return nil }
    func numbered(_ module: Substring, _ word: String, as new: String) -> String? {
      guard module.hasPrefix(word) else { return nil }
      let number = module.dropFirst(word.count)
      return number.isEmpty || index(number) != nil ? new + number : nil
    }
    if parts.count == 2, parts[0] == "norm" { return "norm1.\(field)" }
    if parts.count == 3, parts[0] == "head", parts[1] == "fc" { return "fc.\(field)" }
    if parts.count == 3, parts[0] == "stem" {
      if parts[1] == "conv" { return "conv1.\(field)" }
      let module = numbered(parts[1], "conv", as: "conv") ?? numbered(parts[1], "norm", as: "bn")
      return module.map { "\($0).\(field)" }
    }
    guard parts.count >= 6, parts[0] == "stages", let stage = index(parts[1]), parts[2] == "blocks"
    else { return nil }
    let path = "layer\(stage + 1).\(parts[3])"
    if parts.count == 7, parts[4] == "downsample" {
      return parts[5] == "conv"
        ? "\(path).downsample.0.\(field)"
        : parts[5] == "norm" ? "\(path).downsample.1.\(field)" : nil
    }
    guard parts.count == 6 else { return nil }
    let module = numbered(parts[4], "conv", as: "conv") ?? numbered(parts[4], "norm", as: "bn")
    return module.map { "\(path).\($0).\(field)" }
  }
}

extension ShapeTable {
  /// The same tensors under other names; those without one keep a name that nobody asks for.
  func renamed(_ rename: (String) -> String?) -> ShapeTable {
    ShapeTable(
      entries.map { entry in (rename(entry.name) ?? "?" + entry.name, entry.fileName, entry.shape) }
    )
  }
}
