// SPDX-License-Identifier: Apache-2.0
// What the subcommands that take images share: which files, which labels, and the run over them.

/// The images that are named, folders and patterns opened up.
func imagePaths(_ arguments: Arguments) throws(CommandError) -> [String] {
  guard !arguments.operands.isEmpty else { throw .usage(UsageError(message: "no image is given")) }
  var paths: [String] = []
  for word in arguments.operands {
    paths += try modelErrors { () throws(ModelError) in try imageFiles(word) }
  }
  return paths
}

extension ModelDescription {
  /// How many classes the network ends in, told before any weights are read. Throws where it has none, or sees no images.
  func classCount() throws(ModelError) -> Int {
    let layers = try readLayers(TableLine.lines(of: layers))
    let places = try outputPlaces(outputs, layers)
    let shape = (places.first { $0.isLast } ?? places[places.count - 1]).shape
    guard answer != .map else {
      throw .noClasses(channels: shape.channels, height: shape.height, width: shape.width)
    }
    try expectImages()
    return shape.count
  }

  /// Throws where the network sees no images.
  func expectImages() throws(ModelError) {
    guard preprocess == nil else { return }
    throw .noImagePipeline(channels: try readLayers(TableLine.lines(of: layers)).first?.shape.channels ?? 0)
  }
}

/// `--labels L`.
func chosenLabels(
  _ model: ModelDescription, _ arguments: Arguments, classes: Int
) throws(CommandError) -> Labels? {
  guard let path = arguments.value("--labels") else { return Labels(lines: model.labels) }
  return try modelErrors { () throws(ModelError) in try Labels(contentsOf: path, count: classes) }
}

/// The networks that `--weights`, `--threads` and `--isa` ask for, and how it runs so many images: each thread by itself
/// where there are enough of them, else all together.
func imageRun(
  _ model: ModelDescription, _ arguments: Arguments, images: Int, views: [CropView], values: ImageValues
) throws(CommandError) -> ImageRun {
  let threads = try arguments.threads().count
  let hasLanes = ImageRun.hasLanes(images: images, views: views.count, threads: threads, batch: model.batch)
  let weights = try arguments.allWeights(of: model)
  let isa = try arguments.isa()
  let precision = try arguments.precision()
  let networks = try modelErrors { () throws(ModelError) in
    try Ensemble(
      model.networks, weights: weights, threads: hasLanes ? 1 : .exactly(threads), isa: isa, precision: precision,
      ranges: arguments.value("--ranges"))
  }
  for member in networks.members { writeNotes(member.notes) }
  return ImageRun(
    networks, threads: threads, views: views, orients: arguments.has("--orient"), values: values)
}
