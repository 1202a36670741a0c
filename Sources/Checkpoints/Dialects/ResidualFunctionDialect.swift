// The ResNets of `pytorch-cifar100` (weiaicunzai), whose modules are called after Table 1's rows.
//
//   conv1.0, conv1.1                             conv1, bn1
//   conv3_x.0.residual_function.0, .1, .3, .4    layer2.0.conv1, .bn1, .conv2, .bn2
//   conv3_x.0.shortcut.0, .1                     layer2.0.downsample.0, .1
//   fc                                           fc

struct ResidualFunctionDialect: Dialect {
  let name = "residual_function"
  let title = "those of pytorch-cifar100, by rows: 'conv2_x.0.residual_function.0'"

  func translate(_ name: String) -> Translation? {
    let parts = components(name)
    guard let field = parts.last else { return nil }
    if parts.count == 2, parts[0] == "fc" { return Translation(name: name) }
    if parts.count == 3, parts[0] == "conv1", let module = index(parts[1]), module < 2 {
      return Translation(name: "\(module == 0 ? "conv1" : "bn1").\(field)")
    }
    guard parts.count == 5, parts[0].hasPrefix("conv"), parts[0].hasSuffix("_x"),
      let row = index(parts[0].dropFirst(4).dropLast(2)), row >= 2, let block = index(parts[1]),
      let module = index(parts[3])
    else { return nil }
    let place = "layer\(row - 1).\(block)"
    switch parts[2] {
    case "shortcut" where module < 2: return Translation(name: "\(place).downsample.\(module).\(field)")
    // A convolution, its norm and an activation in turn.
    case "residual_function" where module % 3 < 2:
      return Translation(name: "\(place).\(module % 3 == 0 ? "conv" : "bn")\(module / 3 + 1).\(field)")
    default: return nil
    }
  }
}
