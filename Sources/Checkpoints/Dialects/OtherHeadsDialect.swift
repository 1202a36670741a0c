// torchvision's names but for the classifier and the projections, as several ResNets for CIFAR-10 and older collections have
// them: Yerlan Idelbayev's (`linear`), Kuang Liu's (`linear`, `shortcut`), Remi Cadene's (`last_linear`).
//
//   layer2.0.shortcut.0    layer2.0.downsample.0
//   linear                 fc

struct OtherHeadsDialect: Dialect {
  let name = "linear"
  let title = "torchvision's but for the classifier ('linear', 'last_linear') and projections ('shortcut')"
  /// Idelbayev's; Liu's have projections.
  let zerosOnBothSides = true

  func translate(_ name: String) -> Translation? {
    var parts = components(name)
    guard parts.count > 1 else { return nil }
    if parts.count == 2, parts[0] == "linear" || parts[0] == "last_linear" { parts[0] = "fc" }
    if parts.count > 3, parts[2] == "shortcut" { parts[2] = "downsample" }
    return Translation(name: parts.joined(separator: "."))
  }
}
