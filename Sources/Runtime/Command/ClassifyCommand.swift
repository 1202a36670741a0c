// SPDX-License-Identifier: Apache-2.0
// `classify IMAGE... --weights W [--labels L] [--top K] [--orient] [--json|--csv]`: as many images a call as a batch holds.

/// Prints the best classes of each image, by what the network ends in. An image that cannot be read is named, the others
/// go on; the exit code then is 1.
func classifyCommand(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) -> Int32 {
  guard !arguments.operands.isEmpty else { throw .usage(UsageError(message: "no image is given")) }
  guard !arguments.has("--json") || !arguments.has("--csv") else {
    throw .usage(UsageError(message: "--json and --csv are two answers to one question"))
  }
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
  var report = ClassifyReport(
    form: arguments.has("--json") ? .json : arguments.has("--csv") ? .csv : .text,
    isProbability: model.answer.isProbability)
  // Those that wait for a whole batch, and between them those that failed, so that all are told in order.
  var waiting: [ClassifiedImage] = []
  var pixels: [Float] = []
  for (number, path) in arguments.operands.enumerated() {
    do {
      pixels += try engine.preprocess(picture(at: path, orient: arguments.has("--orient")))
      waiting.append(ClassifiedImage(path: path, result: .success([])))
    } catch {
      waiting.append(ClassifiedImage(path: path, result: .failure(error)))
    }
    let count = waiting.count { $0.isReady }
    guard count == engine.batch || number == arguments.operands.count - 1 else { continue }
    if count > 0 {
      var results = try modelErrors { () throws(ModelError) in
        try engine.classify(pixels, count: count, top: top, using: &workspace, labels: labels)
      }[...]
      for index in waiting.indices where waiting[index].isReady {
        if let result = results.popFirst() { waiting[index].result = result }
      }
    }
    for image in waiting { report.add(image) }
    (waiting, pixels) = ([], [])
  }
  report.end()
  return report.hasFailures ? 1 : 0
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
  try loadEngine(model, arguments, weights: arguments.weights(of: model))
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
