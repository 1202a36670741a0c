// SPDX-License-Identifier: Apache-2.0
// `embed IMAGE... --weights W -o OUT.npy`: of each image the values that the classes are computed from.

/// Writes a row for each image, and their paths to a file of text beside it. An image that cannot be read is named and has
/// no row; the exit code then is 1, and 130 after an interrupt, which writes nothing.
func embedCommand(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) -> Int32 {
  let output = try arguments.required("-o")
  guard output.hasSuffix(".npy"), output.utf8.count > 4 else {
    throw .usage(UsageError(message: "-o takes the name of an .npy file, not '\(output)'"))
  }
  let names = String(output.dropLast(4)) + ".txt"
  try modelErrors { () throws(ModelError) in try model.expectImages() }
  let paths = try imagePaths(arguments)
  let values = try chosenFeatures(model, arguments)
  try modelErrors { () throws(ModelError) in
    try expectReplaceable(output, beginning: NPYWriter.signature, "array of NumPy")
    // The two belong together: alone, a text is somebody else's.
    if case .missing = PathKind(output) { try expectMissing(names) }
  }
  let run = try imageRun(model, arguments, images: paths.count, views: [.centre], values: values)
  let writer = try modelErrors { () throws(ModelError) in
    try NPYWriter(output, columns: values.count(in: run.engine))
  }
  StopRequest.listen()
  let keeper = FeatureKeeper(writer, paths, isNormalised: arguments.has("--normalize"))
  try modelErrors { () throws(ModelError) in
    try run.run(
      paths, transform: { $1 }, isStopped: { StopRequest.isMade }, deliver: { keeper.add($0, $1) })
  }
  keeper.end()
  guard !StopRequest.isMade else {
    writeNotes(["stopped after \(grouped(writer.rows)) of \(grouped(paths.count)) images; nothing is written"])
    return 130
  }
  guard writer.rows > 0 else {
    writeNotes(["no image could be read; nothing is written"])
    return 1
  }
  try modelErrors { () throws(ModelError) in
    try Array(keeper.names.utf8).withUnsafeBufferPointer { list throws(ModelError) in
      try writeFileAtomically(names, UnsafeRawBufferPointer(list))
    }
    try writer.finish()
  }
  print("\(output): \(writer.rows) x \(values.count(in: run.engine)) float32, images named in \(names)")
  return keeper.hasFailures ? 1 : 0
}

private func expectMissing(_ path: String) throws(ModelError) {
  if case .missing = PathKind(path) { return }
  throw .cannotWrite(path: path, reason: "it exists without an array beside it; name another .npy file, or remove it")
}

/// Takes rows as they come.
private final class FeatureKeeper {
  private(set) var names = ""
  private(set) var hasFailures = false
  private let writer: NPYWriter
  private let paths: [String]
  private let isNormalised: Bool
  private var progress: Progress

  init(_ writer: NPYWriter, _ paths: [String], isNormalised: Bool) {
    self.writer = writer
    self.paths = paths
    self.isNormalised = isNormalised
    progress = Progress(total: paths.count)
  }

  func add(_ index: Int, _ result: ImageResult<[Float]>) {
    if !result.notes.isEmpty {
      progress.clear()
      writeNotes(result.notes)
    }
    switch result.value {
    case .success(let row):
      writer.add(isNormalised ? normalised(row) : row)
      names += paths[index] + "\n"
    case .failure(let error):
      hasFailures = true
      progress.clear()
      writeError("Error: \(error.description)")
    }
    progress.show(index + 1)
  }

  func end() { progress.clear() }
}

/// Of length 1, so that a dot product is a cosine; zeros stay zeros.
func normalised(_ row: [Float]) -> [Float] {
  let square = row.reduce(0.0) { $0 + Double($1) * Double($1) }
  guard square > 0 else { return row }
  let factor = 1 / square.squareRoot()
  return row.map { Float(Double($0) * factor) }
}

// MARK: Which values

/// `--only NAME` among the values that are returned, or what the last fully connected layer reads.
private func chosenFeatures(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) -> ImageValues {
  let layers = try modelErrors { () throws(ModelError) in try readLayers(TableLine.lines(of: model.layers)) }
  let places = try modelErrors { () throws(ModelError) in try outputPlaces(model.outputs, layers) }
  if let name = arguments.value("--only") {
    if let place = places.first(where: { $0.name == name }) { return .output(place) }
    let nearest = nearestName(to: name, in: places.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
    throw .usage(
      UsageError(
        message: "there is no output '\(name)'\(nearest) (outputs: \(places.map(\.name).joined(separator: ", ")))"))
  }
  // Which layer of a plan it is, the plan's own layers say.
  _ = try modelErrors { () throws(ModelError) in try featureLayer(layers, places) }
  return .embedding
}

extension ImageValues {
  func count(in engine: Engine) -> Int {
    switch self {
    case .scores: engine.answer.shape.count
    case .output(let place): place.shape.count
    case .embedding: (try? engine.embeddingLayer()).map { engine.layers[$0].shape.count } ?? 0
    }
  }
}
