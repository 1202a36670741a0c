// Keras' ResNet-50, 101 and 152 (`keras.applications.resnet`), of which the paths of variables are names: in a .npz written
// with numpy.savez. Kernels are height, width, in, out; convolutions have biases; norms add 1.001e-5; and what they were
// trained on are the Caffe release's pixels: blue, green, red.
//
//   conv1_conv/kernel, conv1_bn/gamma           conv1.weight, bn1.weight
//   conv3_block2_1_conv, conv3_block2_1_bn      layer2.1.conv1, .bn1
//   conv3_block1_0_conv, conv3_block1_0_bn      layer2.0.downsample.0, .1
//   predictions, or probs in older files        fc

struct KerasDialect: Dialect {
  let name = "keras"
  let title = "Keras'"
  let epsilon: Double? = 1.001e-5
  let isBGR = true
  let stridesOnFirst = true

  func translate(_ name: String) -> Translation? {
    // Paths may begin with the model's name or have the layer's twice, and end in `:0`.
    var parts = name.split { $0 == "/" || $0 == "." }
    guard parts.count >= 2 else { return nil }
    var variable = parts.removeLast()
    if variable.hasSuffix(":0") { variable = variable.dropLast(2) }
    let layer = parts[parts.count - 1]
    if layer == "predictions" || layer == "probs" || layer == "fc1000" {
      switch variable {
      case "kernel": return Translation(name: "fc.weight", change: .matrix)
      case "bias": return Translation(name: "fc.bias")
      default: return nil
      }
    }
    guard let place = place(layer) else { return nil }
    switch (variable, place.isNorm) {
    case ("kernel", false): return Translation(name: "\(place.module).weight", change: .kernel)
    case ("bias", false): return Translation(name: "\(place.module).bias")
    case ("gamma", true): return Translation(name: "\(place.module).weight")
    case ("beta", true): return Translation(name: "\(place.module).bias")
    case ("moving_mean", true): return Translation(name: "\(place.module).running_mean")
    case ("moving_variance", true): return Translation(name: "\(place.module).running_var")
    default: return nil
    }
  }

  private func place(_ layer: Substring) -> (module: String, isNorm: Bool)? {
    let words = layer.split(separator: "_")
    guard let last = words.last, last == "conv" || last == "bn" else { return nil }
    let isNorm = last == "bn"
    if words.count == 2, words[0] == "conv1" { return (isNorm ? "bn1" : "conv1", isNorm) }
    guard words.count == 4, words[0].hasPrefix("conv"), let row = index(words[0].dropFirst(4)), row >= 2,
      words[1].hasPrefix("block"), let block = index(words[1].dropFirst(5)), block >= 1, let number = index(words[2])
    else { return nil }
    let path = "layer\(row - 1).\(block - 1)"
    if number == 0 { return ("\(path).downsample.\(isNorm ? 1 : 0)", isNorm) }
    return ("\(path).\(isNorm ? "bn" : "conv")\(number)", isNorm)
  }
}
