// Classifiers of OpenMMLab (mmpretrain, mmcls): torchvision's ResNet as `backbone`, and a head of its own.
//
//   backbone.layer1.0.conv1    layer1.0.conv1
//   head.fc                    fc

struct OpenMMLabDialect: Dialect {
  let name = "openmmlab"
  let title = "OpenMMLab's classifiers"

  func translate(_ name: String) -> Translation? {
    let parts = components(name)
    guard parts.count > 2 else { return nil }
    if parts[0] == "backbone" { return Translation(name: parts.dropFirst().joined(separator: ".")) }
    if parts[0] == "head", parts[1] == "fc" { return Translation(name: parts.dropFirst().joined(separator: ".")) }
    return nil
  }
}
