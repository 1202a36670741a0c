// SPDX-License-Identifier: Apache-2.0
// `classify IMAGE... --weights W [--labels L] [--top K] [--orient]`

/// Prints the best classes of each image, by what the network ends in.
func classifyCommand(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) {
  guard !arguments.operands.isEmpty else { throw .usage(UsageError(message: "no image is given")) }
  let engine = try loadEngine(model, arguments)
  try modelErrors { () throws(ModelError) in try engine.expectClasses() }
  let classes = engine.answer.shape.count
  let top = try arguments.int("--top", default: min(5, classes), in: 1...classes)
  var labels: Labels?
  if let path = arguments.value("--labels") {
    labels = try modelErrors { () throws(ModelError) in try Labels(contentsOf: path, count: classes) }
  }
  if model.answer == .values {
    writeNotes(["outputs as they are, which are no probabilities: for these, end the head in 'softmax' or 'sigmoid'"])
  }
  var workspace = try modelErrors { () throws(ModelError) in try engine.makeWorkspace() }
  for path in arguments.operands {
    let predictions: [Prediction]
    do {
      let image = try picture(at: path, orient: arguments.has("--orient"))
      predictions = try engine.classify(image, top: top, using: &workspace, labels: labels)
    } catch {
      throw .model(error)
    }
    print(path)
    for prediction in predictions {
      let score = model.answer.isProbability ? percent(prediction.score) : plain(prediction.score)
      print("  \(score)  \(prediction.label ?? "class \(prediction.index)")")
    }
  }
}

/// The picture in a file, as it is stored or, if so asked, upright.
private func picture(at path: String, orient: Bool) throws(ModelError) -> Image {
  let decoded = try DecodedImage(contentsOf: path)
  writeNotes(decoded.warnings.map { "'\(path)' is read, but \($0)" })
  guard let orientation = decoded.orientation, orientation != .upright else { return decoded.image }
  if orient { return try decoded.image.upright(from: orientation) }
  writeNotes(["'\(path)' is stored \(orientation.words), and taken so, as torchvision does; --orient turns it upright"])
  return decoded.image
}

/// The engine that `--weights`, `--threads` and `--isa` ask for.
func loadEngine(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) -> Engine {
  try loadEngine(model, arguments, weights: arguments.required("--weights"))
}

/// The same with weights found elsewhere.
func loadEngine(
  _ model: ModelDescription, _ arguments: Arguments, weights: String
) throws(CommandError) -> Engine {
  let threads = try arguments.int("--threads", default: 1, in: 1...256)
  let isa = try arguments.isa()
  let engine = try modelErrors { () throws(ModelError) in
    try Engine(model, weights: weights, threads: threads, isa: isa)
  }
  writeNotes(engine.notes)
  return engine
}

/// `97.43 %`, in a column.
private func percent(_ probability: Float) -> String {
  let hundredths = Int((Double(probability) * 10000).rounded())
  let fraction = hundredths % 100
  let text = "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) %"
  return column(text, 8)
}

/// `-12.25`, in a column.
private func plain(_ value: Float) -> String { column("\(value)", 14) }

private func column(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}
