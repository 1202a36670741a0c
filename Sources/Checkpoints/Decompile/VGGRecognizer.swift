// VGGs by torchvision's names: two sequences of numbered modules. Convolutions, norms and fully connected layers have tensors;
// what has none, activations, pools and dropout, stands where numbers are left out.
import ResNetRuntime

struct VGGRecognizer: Recognizer {
  let name = "vgg"
  let title = "those of torchvision's VGGs"
  let family = "a VGG by torchvision's names"

  private struct Convolution: Equatable {
    var kernel: Int
    var out: Int
    var hasNorm: Bool
    var hasBias: Bool
  }

  private struct Connected {
    var out: Int
    var hasBias: Bool
    /// What stands behind it.
    var ending: String
  }

  func recognize(_ tensors: inout ShapeTable, _ facts: DialectFacts) throws(RecognitionFault)
    -> Recognized?
  {
    guard tensors.shape("features.0.weight")?.count == 4, tensors.has("classifier.0.weight") else {
      return nil
    }
    let (rows, input) = try convolutions(&tensors)
    let layers = rows.flatMap { $0 }
    let (connected, entering) = try self.connected(&tensors)
    let channels = layers.last?.out ?? 1
    // VGGs end in a pool, whose map the first fully connected layer reads.
    let side = (1...64).first { $0 * $0 * channels == entering }
    guard let side else {
      throw contradiction(
        "'classifier.0.weight' reads \(entering) values, no square map of \(channels) channels")
    }
    let depth = layers.count + connected.count
    let hasNorms = layers.contains(where: \.hasNorm)
    var draft = NetworkDraft(
      name: "VGG\(depth)\(hasNorms ? "BN" : "")",
      title: "VGG-\(depth)" + (hasNorms ? " with batch norm" : ""),
      input: NetworkDraft.Input(
        channels: input, size: side << rows.count,
        choice: "with this size no pool is needed before 'classifier.0'"),
      lines: [
        NetworkDraft.Line(key: "shortcut", value: "none"),
        hasNorms
          ? NetworkDraft.Line(key: "norm", value: "batch, eps 1e-5", choice: "PyTorch's eps")
          : NetworkDraft.Line(key: "norm", value: "none"),
        NetworkDraft.Line(key: "depth", value: "\(depth)"),
      ], pipeline: nil, rows: self.rows(rows, connected))
    if input == 3 {
      draft.pipeline = NetworkDraft.Pipeline(
        resize: 256, size: 224, interpolation: "bilinear", mean: "0.485 0.456 0.406",
        std: "0.229 0.224 0.225",
        choice: "torchvision's")
    }
    draft.remarks = [
      "What names and shapes do not tell is chosen, and marked so below; beside it where numbers of modules are left out "
        + "there are relu, 2x2 pools and dropout."
    ]
    if hasNorms, layers.contains(where: \.hasBias) {
      draft.remarks.append("lint: allow-file bias-before-norm, because trained weights hold them")
    }
    return Recognized(
      draft: draft,
      understood: "\(layers.count) convolutions, \(connected.count) fully connected layers")
  }

  private func contradiction(_ reason: String) -> RecognitionFault {
    .contradiction(family: family, reason: reason)
  }

  /// Between pools, and the channels of the input.
  private func convolutions(
    _ tensors: inout ShapeTable
  ) throws(RecognitionFault) -> (rows: [[Convolution]], input: Int) {
    var rows: [[Convolution]] = [[]]
    var module = 0
    let input = tensors.shape("features.0.weight")?[1] ?? 0
    var channels = input
    while let shape = tensors.take("features.\(module).weight") {
      let path = "features.\(module).weight"
      guard shape.count == 4, shape[1] == channels, shape[2] == shape[3] else {
        throw contradiction("'\(path)' is \(shapeText(shape)) where \(channels) channels enter")
      }
      guard shape[2] == 1 || shape[2] == 3 else {
        throw contradiction(
          "the stride of '\(path)' stands in no name, and \(shape[2])x\(shape[2]) kernels often have one"
        )
      }
      let norm = "features.\(module + 1)"
      let hasNorm = tensors.shape("\(norm).weight")?.count == 1
      if hasNorm {
        for field in ["weight", "bias", "running_mean", "running_var"] {
          guard tensors.take("\(norm).\(field)") == [shape[0]] else {
            throw contradiction("'\(norm)' is no batch norm")
          }
        }
      }
      rows[rows.count - 1].append(
        Convolution(
          kernel: shape[2], out: shape[0], hasNorm: hasNorm,
          hasBias: tensors.take("features.\(module).bias") != nil))
      channels = shape[0]
      module += hasNorm ? 3 : 2
      if !tensors.has("features.\(module).weight"), tensors.has("features.\(module + 1).weight") {
        module += 1
        rows.append([])
      }
    }
    return (rows, input)
  }

  /// The layers of the classifier, and how many values enter the first.
  private func connected(_ tensors: inout ShapeTable) throws(RecognitionFault) -> (
    layers: [Connected], entering: Int
  ) {
    var layers: [Connected] = []
    var module = 0
    var (entering, first) = (0, 0)
    while let shape = tensors.take("classifier.\(module).weight") {
      guard shape.count == 2, layers.isEmpty || shape[1] == entering else {
        throw contradiction(
          "'classifier.\(module).weight' is \(shapeText(shape)) where \(entering) values enter")
      }
      if layers.isEmpty { first = shape[1] }
      entering = shape[0]
      let hasBias = tensors.take("classifier.\(module).bias") != nil
      let next = [2, 3].first { tensors.has("classifier.\(module + $0).weight") }
      let ending =
        switch next {
        case 2: "relu"
        case 3: "relu, dropout 0.5"
        default: shape[0] > 1 ? "softmax" : "sigmoid"
        }
      layers.append(Connected(out: shape[0], hasBias: hasBias, ending: ending))
      module += next ?? 2
    }
    return (layers, first)
  }

  private func rows(_ rows: [[Convolution]], _ connected: [Connected]) -> [NetworkDraft.Row] {
    let hasNorms = rows.joined().contains(where: \.hasNorm)
    func text(_ convolution: Convolution) -> String {
      var words = ["\(convolution.kernel)x\(convolution.kernel)", "\(convolution.out)"]
      if hasNorms, !convolution.hasNorm { words.append("no norm") }
      if convolution.hasNorm, convolution.hasBias { words.append("bias") }
      if !convolution.hasNorm, !convolution.hasBias { words.append("no bias") }
      return words.joined(separator: ", ")
    }
    var result: [NetworkDraft.Row] = []
    for (number, row) in rows.enumerated() {
      var runs: [(text: String, count: Int)] = []
      for layer in row.map(text) {
        if let last = runs.last, last.text == layer {
          runs[runs.count - 1].count += 1
        } else {
          runs.append((layer, 1))
        }
      }
      let layers = runs.map { $0.count == 1 ? $0.text : "(\($0.text)) x \($0.count)" }.joined(
        separator: "; ")
      result.append(
        NetworkDraft.Row(name: "conv\(number + 1)_x", size: .halved(number), layers: layers))
      result.append(
        NetworkDraft.Row(
          name: "pool\(number + 1)", size: .halved(number + 1), layers: "2x2 max pool, stride 2"))
    }
    for (number, layer) in connected.enumerated() {
      let bias = layer.hasBias ? "" : ", no bias"
      result.append(
        NetworkDraft.Row(
          name: "fc\(rows.count + number + 1)", size: .single,
          layers: "\(layer.out)-d fc\(bias), \(layer.ending)"))
    }
    return result
  }
}
