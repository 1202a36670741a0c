// SPDX-License-Identifier: Apache-2.0
// `classify IMAGE... --weights W [--labels L] [--top K] [--orient] [--json|--csv]`: any number of images, of folders and of
// patterns.

/// Prints the best classes of each image, by what the network ends in. An image that cannot be read is named, the others
/// go on; the exit code then is 1.
func classifyCommand(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) -> Int32 {
  guard !arguments.operands.isEmpty else { throw .usage(UsageError(message: "no image is given")) }
  guard !arguments.has("--json") || !arguments.has("--csv") else {
    throw .usage(UsageError(message: "--json and --csv are two answers to one question"))
  }
  let classes = try modelErrors { () throws(ModelError) in try model.classCount() }
  let top = try arguments.int("--top", default: min(5, classes), in: 1...classes)
  let labels = try chosenLabels(model, arguments, classes: classes)
  let paths = try imagePaths(arguments)
  let run = try imageRun(model, arguments, images: paths.count, views: [.centre], values: .scores)
  if model.answer == .values {
    writeNotes(["outputs as they are, which are no probabilities: for these, end the head in 'softmax' or 'sigmoid'"])
  }
  let report = ClassifyReport(
    form: arguments.has("--json") ? .json : arguments.has("--csv") ? .csv : .text,
    isProbability: model.answer.isProbability)
  try modelErrors { () throws(ModelError) in
    try run.run(
      paths, transform: { topPredictions($1, top: top, labels: labels) },
      deliver: { index, result in
        writeNotes(result.notes)
        report.add(ClassifiedImage(path: paths[index], result: result.value))
      })
  }
  report.end()
  return report.hasFailures ? 1 : 0
}

/// The engine that `--weights`, `--threads` and `--isa` ask for.
func loadEngine(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) -> Engine {
  try loadEngine(model, arguments, weights: arguments.weights(of: model))
}

/// The same of all networks of an ensemble.
func loadEnsemble(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) -> Ensemble {
  let weights = try arguments.allWeights(of: model)
  var engines: [Engine] = []
  for (network, file) in zip(model.networks, weights) {
    engines.append(try loadEngine(network, arguments, weights: file))
  }
  return try modelErrors { () throws(ModelError) in try Ensemble(engines) }
}

/// The same with weights found elsewhere.
func loadEngine(
  _ model: ModelDescription, _ arguments: Arguments, weights: String, threads: Threads? = nil
) throws(CommandError) -> Engine {
  let wanted = try arguments.threads()
  let isa = try arguments.isa()
  let precision = try arguments.precision()
  let engine = try modelErrors { () throws(ModelError) in
    try Engine(
      model, weights: weights, threads: threads ?? wanted, isa: isa, precision: precision,
      ranges: arguments.value("--ranges"))
  }
  if wanted.isPinned { pinThread() }
  writeNotes(engine.notes)
  return engine
}
