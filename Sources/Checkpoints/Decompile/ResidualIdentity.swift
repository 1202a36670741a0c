// What a residual network is called, by its depth and by what sets it apart: ResNet50, ResNeXt101_32x8d, WideResNet50_2,
// SEResNet50, ResNet50D, ResNetV2_50, WRN28_10.

struct ResidualIdentity {
  /// The model's name.
  let name: String
  /// For people.
  let title: String

  init(
    _ parts: ResidualParts, isPreActivated: Bool, isSmall: Bool, naming: ResidualRecognizer.Naming
  ) {
    let depth =
      1 + parts.blocks.reduce(0) { $0 + $1.convolutions.count } + (parts.head == nil ? 0 : 1)
    let first = parts.stages.first?.first
    let middle = first?.convolutions.count == 3 ? first?.convolutions[1] : first?.convolutions.first
    let groups = middle?.groups ?? 1
    let width = middle?.out ?? 0
    let prefix =
      switch parts.blocks.lazy.compactMap(\.attention).first {
      case .squeeze: "SE"
      case .channels: "ECA"
      case nil: ""
      }
    let suffix = parts.blocks.contains { $0.projection?.isSecond ?? false } ? "D" : ""
    if naming == .resnetv2 {
      name = "ResNetV2_\(depth)"
      title = "ResNetV2-\(depth)"
    } else if isSmall, isPreActivated, first?.isBottleneck == false, width >= 32, width % 16 == 0 {
      // Its authors count projections, of which there is one a row.
      name = "WRN\(depth + 2)_\(width / 16)"
      title = "WRN-\(depth + 2)-\(width / 16)"
    } else if isPreActivated {
      name = "\(prefix)PreResNet\(depth)"
      title = "Pre-activation \(prefix)ResNet-\(depth)"
    } else if groups > 1 {
      name = "\(prefix)ResNeXt\(depth)\(suffix.lowercased())_\(groups)x\(width / groups)d"
      title = "\(prefix.isEmpty ? "" : "SE-")ResNeXt-\(depth) (\(groups)x\(width / groups)d)"
    } else if !isSmall, first?.isBottleneck == true, width > 64, width % 64 == 0 {
      name = "\(prefix)WideResNet\(depth)\(suffix.lowercased())_\(width / 64)"
      title = "Wide \(prefix)ResNet-\(depth)-\(width / 64)"
    } else {
      name = "\(prefix)ResNet\(depth)\(suffix)"
      title = "\(prefix.isEmpty ? "" : "SE-")ResNet-\(depth)" + (suffix.isEmpty ? "" : "-D")
    }
  }
}
