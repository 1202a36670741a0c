// The ResNets that the paper's authors released for Caffe. Blobs have no names but their layer's and a number.
//
//   conv1.0, .1           the kernel; in ResNet-50 alone a bias that nobody needs
//   bn_conv1.0, .1, .2    mean and variance, both to be divided by the number in the third
//   scale_conv1.0, .1     factor and offset, which PyTorch keeps in the norm
//   res2a_branch2b, bn2a_branch2b, scale2a_branch2b    layer1.0.conv2, .bn2; branch1 is the projection
//   res3b7, res4b22: in long rows blocks behind the first are numbered
//   fc1000

struct CaffeDialect: Dialect {
  let name = "caffe"
  let title = "the Caffe release's"
  let epsilon: Double? = 1e-5
  let isBGR = true
  let stridesOnFirst = true
  let poolsWithoutPadding = true

  func translate(_ name: String) -> Translation? {
    let parts = components(name)
    guard parts.count == 2, let blob = index(parts[1]) else { return nil }
    let layer = parts[0]
    if layer == "fc1000" || layer == "fc" { return field(blob, "fc", ["weight", "bias"]) }
    let kinds: [(String, Kind)] = [("bn", .norm), ("scale", .scale), ("res", .convolution)]
    if layer == "conv1" { return field(blob, "conv1", ["weight", "bias"]) }
    if layer == "bn_conv1" { return norm(blob, "bn1", layer) }
    if layer == "scale_conv1" { return field(blob, "bn1", ["weight", "bias"]) }
    for (prefix, kind) in kinds where layer.hasPrefix(prefix) {
      guard let place = place(layer.dropFirst(prefix.count)) else { return nil }
      switch kind {
      case .convolution: return field(blob, place.convolution, ["weight", "bias"])
      case .norm: return norm(blob, place.norm, layer)
      case .scale: return field(blob, place.norm, ["weight", "bias"])
      }
    }
    return nil
  }

  private enum Kind { case convolution, norm, scale }

  private func field(_ blob: Int, _ module: String, _ fields: [String]) -> Translation? {
    fields.indices.contains(blob) ? Translation(name: "\(module).\(fields[blob])") : nil
  }

  private func norm(_ blob: Int, _ module: String, _ layer: Substring) -> Translation? {
    switch blob {
    case 0: Translation(name: "\(module).running_mean", change: .divided(by: "\(layer).2"))
    case 1: Translation(name: "\(module).running_var", change: .divided(by: "\(layer).2"))
    case 2: Translation(name: "\(module).factor", change: .divisor)
    default: nil
    }
  }

  /// `3b7_branch2c` as modules of torchvision's.
  private func place(_ text: Substring) -> (convolution: String, norm: String)? {
    let halves = text.split(separator: "_", maxSplits: 1)
    guard halves.count == 2, let row = index(halves[0].prefix(1)), 2...5 ~= row else { return nil }
    let blockText = halves[0].dropFirst()
    guard let letter = blockText.first, let block = block(letter, blockText.dropFirst()) else { return nil }
    let path = "layer\(row - 1).\(block)"
    switch halves[1] {
    case "branch1": return ("\(path).downsample.0", "\(path).downsample.1")
    case "branch2a": return ("\(path).conv1", "\(path).bn1")
    case "branch2b": return ("\(path).conv2", "\(path).bn2")
    case "branch2c": return ("\(path).conv3", "\(path).bn3")
    default: return nil
    }
  }

  /// From 0: `a`, `b`, `c` ..., or `a`, `b1`, `b2` ...
  private func block(_ letter: Character, _ number: Substring) -> Int? {
    guard let ascii = letter.asciiValue, 0x61...0x7A ~= ascii else { return nil }
    if number.isEmpty { return Int(ascii) - 0x61 }
    return letter == "b" ? index(number) : nil
  }
}
