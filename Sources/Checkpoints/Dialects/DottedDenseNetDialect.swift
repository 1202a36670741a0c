// torchvision's DenseNets as they are downloaded: saved when modules could still have a full stop in their names.
//
//   features.denseblock1.denselayer2.norm.1, .conv.1    features.denseblock1.denselayer2.norm1, .conv1

struct DottedDenseNetDialect: Dialect {
  let name = "densenet_1.0"
  let title = "those of torchvision's downloads: 'denselayer1.norm.1'"
  let family = "densenet"

  func translate(_ name: String) -> Translation? {
    let parts = components(name)
    guard parts.count == 6, parts[2].hasPrefix("denselayer"), parts[3] == "norm" || parts[3] == "conv",
      let number = index(parts[4])
    else { return Translation(name: name) }
    return Translation(name: "\(parts[0]).\(parts[1]).\(parts[2]).\(parts[3])\(number).\(parts[5])")
  }
}
