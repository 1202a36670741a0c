// `ResNetForImageClassification` of Hugging Face's transformers: the same network in other words.
//
//   resnet.embedder.embedder.convolution, .normalization               conv1, bn1
//   resnet.encoder.stages.0.layers.1.layer.2.convolution, .normalization   layer1.1.conv3, .bn3
//   resnet.encoder.stages.0.layers.0.shortcut.convolution, .normalization  layer1.0.downsample.0, .1
//   classifier.1                                                       fc

struct HuggingFaceDialect: Dialect {
  let name = "huggingface"
  let title = "Hugging Face's ResNetForImageClassification"

  func translate(_ name: String) -> Translation? {
    var parts = components(name)[...]
    if parts.first == "resnet" { parts.removeFirst() }
    guard let field = parts.popLast() else { return nil }
    if parts == ["classifier", "1"] { return Translation(name: "fc.\(field)") }
    guard let kind = parts.popLast(), kind == "convolution" || kind == "normalization" else { return nil }
    let isConvolution = kind == "convolution"
    if parts == ["embedder", "embedder"] { return Translation(name: "\(isConvolution ? "conv1" : "bn1").\(field)") }
    let path = Array(parts)
    guard path.count >= 6, path[0] == "encoder", path[1] == "stages", let stage = index(path[2]), path[3] == "layers",
      let block = index(path[4])
    else { return nil }
    let place = "layer\(stage + 1).\(block)"
    if path[5...] == ["shortcut"] { return Translation(name: "\(place).downsample.\(isConvolution ? 0 : 1).\(field)") }
    guard path.count == 7, path[5] == "layer", let layer = index(path[6]) else { return nil }
    return Translation(name: "\(place).\(isConvolution ? "conv" : "bn")\(layer + 1).\(field)")
  }
}
