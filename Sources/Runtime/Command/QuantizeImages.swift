// SPDX-License-Identifier: Apache-2.0
// The images that `quantize` is given: a folder or a list, with classes where it tells them, without where it does not.

/// Images as a network takes them.
final class QuantizeImages: Sendable {
  let paths: [String]
  /// Of each image, if all are known.
  let labels: [Int]?
  /// What could not be read, and is left out.
  let failures: [ModelError]
  private let pipeline: Preprocess
  private let orients: Bool
  /// All images, where they do not take too much memory.
  private let kept: [[Float]]

  /// Floats of images that are kept, 256 MB of them.
  private static let keptFloats = 1 << 26

  /// Reads at most `count` images, spread evenly over those that there are.
  init(
    _ path: String, of model: ModelDescription, count: Int, orients: Bool, labels: Labels?, _ pool: ThreadPool
  ) throws(ModelError) {
    try model.expectImages()
    guard let pipeline = model.preprocess else { throw .noImagePipeline(channels: 0) }
    self.pipeline = pipeline
    self.orients = orients || pipeline.orients
    let all = try Self.find(path, model, labels)
    let chosen = Array(all.indices).spread(count).map { all[$0] }
    let keeps = pipeline.count * chosen.count <= Self.keptFloats
    let read = pool.map(chosen.count) { index throws(ModelError) in
      let pixels = try Self.read(chosen[index].path, pipeline, orients: orients || pipeline.orients)
      return keeps ? pixels : []
    }
    var (paths, classes, kept, failures) = ([String](), [Int](), [[Float]](), [ModelError]())
    for (image, result) in zip(chosen, read) {
      switch result {
      case .success(let pixels):
        paths.append(image.path)
        if let label = image.label { classes.append(label) }
        if keeps { kept.append(pixels) }
      case .failure(let error): failures.append(error)
      }
    }
    if paths.isEmpty { throw failures.first ?? .noImages(path: path) }
    self.labels = classes.count == paths.count ? classes : nil
    (self.paths, self.kept, self.failures) = (paths, kept, failures)
  }

  /// One image, as the network takes it.
  func pixels(_ index: Int) throws(ModelError) -> [Float] {
    kept.isEmpty ? try Self.read(paths[index], pipeline, orients: orients) : kept[index]
  }

  private static func read(_ path: String, _ pipeline: Preprocess, orients: Bool) throws(ModelError) -> [Float] {
    let image = try picture(at: path, orient: orients).image
    var pixels = [Float](repeating: 0, count: pipeline.count)
    try pixels.withUnsafeMutableBufferPointer { output throws(ModelError) in
      try pipeline.apply(image, into: output)
    }
    return pixels
  }

  /// With classes, if the folder or the list tells them as `evaluate` has it; else any images.
  private static func find(
    _ path: String, _ model: ModelDescription, _ labels: Labels?
  ) throws(ModelError) -> [(path: String, label: Int?)] {
    if model.answer != .map, let classes = try? model.classCount(),
      let labelled = try? labelledImages(path, classes: classes, labels: labels).images
    {
      return labelled.map { ($0.path, $0.label) }
    }
    guard case .file = PathKind(path), !hasImageName(path) else { return try imageFiles(path).map { ($0, nil) } }
    // A path a line.
    let bytes = try readFile(path, limit: 1 << 28)
    let lines = bytes.split { $0 == 0x0A || $0 == 0x0D }.map { String(decoding: $0, as: UTF8.self) }
    guard !lines.isEmpty else { throw .noImages(path: path) }
    return lines.map { ($0.hasPrefix("/") ? $0 : folder(of: path) + $0, nil) }
  }
}
