// SPDX-License-Identifier: Apache-2.0
// `evaluate --images DIR|LIST --weights W`: the errors of a network on images whose classes are known.

/// Prints the errors. An image that cannot be read is named and counts nowhere, the others go on; the exit code then is
/// 1, and 130 after an interrupt.
func evaluateCommand(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) -> Int32 {
  try arguments.noOperands()
  guard !arguments.has("--json") || !arguments.has("--csv") else {
    throw .usage(UsageError(message: "--json and --csv are two answers to one question"))
  }
  let source = try arguments.required("--images")
  let weights = try arguments.allWeights(of: model)
  let crops = try arguments.int("--crops", default: 1, in: 1...10)
  guard crops == 1 || crops == 10 else {
    throw .usage(UsageError(message: "--crops takes 1, the centre, or 10, corners and centre and their mirror images"))
  }
  if crops > 1, let pipeline = model.preprocess, case .fit = pipeline.resize {
    throw .usage(UsageError(message: "images that are fitted into the input have no corners; use --crops 1"))
  }
  let classes = try modelErrors { () throws(ModelError) in try model.classCount() }
  let labels = try chosenLabels(model, arguments, classes: classes)
  let (images, notes) = try modelErrors { () throws(ModelError) in
    try labelledImages(source, classes: classes, labels: labels)
  }
  writeNotes(notes)
  let scores = try ScoreArguments(arguments, images: images.count, classes: classes)
  let resume = arguments.value("--resume")
  let orients = arguments.has("--orient") || model.preprocess?.orients == true
  let setting = EvaluationSetting(
    model: model.name, weights: weights, images: images, crops: crops, orients: orients)
  var evaluation = Evaluation(images)
  if let resume {
    evaluation.results = try modelErrors { () throws(ModelError) in
      let results = try readResumeFile(resume, setting, count: images.count)
      // A place that cannot be written to shows before the work, and not with the first state that is kept.
      try writeResumeFile(resume, setting, results)
      return results
    }
  }
  let todo = images.indices.filter { evaluation.results[$0] == nil }
  let views = crops == 10 ? CropView.ten : [.centre]
  let run = try imageRun(model, arguments, images: todo.count, views: views, values: .scores)
  StopRequest.listen()
  let keeper = EvaluationKeeper(evaluation, resume, setting)
  let start = now()
  try modelErrors { () throws(ModelError) in
    try run.run(
      todo.map { images[$0].path },
      transform: { index, found in
        let mean = averaged(found, with: scores.others, row: todo[index])
        return (EvaluatedImage(mean, label: images[todo[index]].label), scores.writer == nil ? [] : found)
      }, isStopped: { StopRequest.isMade },
      deliver: { index, result in
        if let writer = scores.writer {
          writer.add((try? result.value.get().1) ?? [Float](repeating: .nan, count: classes))
        }
        keeper.add(todo[index], ImageResult(value: result.value.map { $0.0 }, notes: result.notes))
      })
    if !StopRequest.isMade { try scores.writer?.finish() }
  }
  let seconds = now() - start
  keeper.end()
  evaluation = keeper.evaluation
  let report = EvaluateReport(
    model: model.name, evaluation: evaluation, labels: labels, classes: classes, crops: crops,
    isProbability: model.answer.isProbability, answered: keeper.answered, seconds: seconds)
  print(arguments.has("--json") ? report.json() : arguments.has("--csv") ? report.csv() : report.text())
  if StopRequest.isMade, evaluation.count + evaluation.failures.count < images.count {
    let way = resume.map { "the same command goes on, from '\($0)'" } ?? "with --resume FILE it could be gone on with"
    writeNotes(["stopped after \(grouped(evaluation.count)) of \(grouped(images.count)) images; \(way)"])
    return 130
  }
  return evaluation.failures.isEmpty && keeper.failure == nil ? 0 : 1
}

/// `--scores OUT.npy` and `--average A.npy,B.npy`.
private struct ScoreArguments {
  let writer: NPYWriter?
  let others: [ScoreFile]

  init(_ arguments: Arguments, images: Int, classes: Int) throws(CommandError) {
    let output = arguments.value("--scores")
    guard output == nil || arguments.value("--resume") == nil else {
      throw .usage(UsageError(message: "--scores does not go with --resume, which keeps no scores"))
    }
    var others: [ScoreFile] = []
    let paths = arguments.value("--average")?.split(separator: ",", omittingEmptySubsequences: false) ?? []
    guard !paths.contains("") else {
      throw .usage(UsageError(message: "--average takes files with commas between them, and one of these has no name"))
    }
    for path in paths.map(String.init) {
      others.append(
        try modelErrors { () throws(ModelError) in try ScoreFile(path, images: images, classes: classes) })
    }
    self.others = others
    guard let output else {
      writer = nil
      return
    }
    writer = try modelErrors { () throws(ModelError) in
      try expectReplaceable(output, beginning: NPYWriter.signature, "array of NumPy")
      return try NPYWriter(output, columns: classes)
    }
  }
}

/// Takes results as they come, shows how far the run is, and now and then keeps them in a file.
private final class EvaluationKeeper {
  private(set) var evaluation: Evaluation
  /// Of this run.
  private(set) var answered = 0
  private(set) var failure: ModelError?
  private let resume: String?
  private let setting: EvaluationSetting
  private var progress: Progress
  private var done: Int
  private var saved = now()
  /// Seconds between two states of the file.
  private let interval = 10.0

  init(_ evaluation: Evaluation, _ resume: String?, _ setting: EvaluationSetting) {
    self.evaluation = evaluation
    self.resume = resume
    self.setting = setting
    done = evaluation.count
    progress = Progress(total: evaluation.images.count, before: done)
  }

  func add(_ index: Int, _ result: ImageResult<EvaluatedImage>) {
    if !result.notes.isEmpty {
      progress.clear()
      writeNotes(result.notes)
    }
    switch result.value {
    case .success(let image):
      evaluation.results[index] = image
      answered += 1
    case .failure(let error):
      evaluation.failures[index] = error
      progress.clear()
      writeError("Error: \(error.description)")
    }
    done += 1
    progress.show(done)
    if now() - saved >= interval { save() }
  }

  func end() {
    progress.clear()
    save()
  }

  /// A file that cannot be written is said once; the evaluation goes on.
  private func save() {
    guard let resume, failure == nil else { return }
    saved = now()
    do throws(ModelError) {
      try writeResumeFile(resume, setting, evaluation.results)
    } catch {
      failure = error
      progress.clear()
      writeError("Error: \(error.description)")
    }
  }
}
