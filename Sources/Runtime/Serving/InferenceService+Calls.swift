// SPDX-License-Identifier: Apache-2.0
// What a service is asked: classes, scores, outputs and embeddings, of images, of their files and of values that are
// prepared already. All throw `CancellationError` in a task that is cancelled.

extension InferenceService {
  // MARK: One image

  /// The best classes of an image, the best first, as the model's own `classify` has them.
  ///
  /// - Parameter top: how many classes to name.
  /// - Throws: ``ModelError``: `noClasses`, `outputsNotFinite`, and, if so asked, `serviceFull`.
  public func classify(
    _ image: Image, top: Int = 5, whenFull: WhenFull = .wait
  ) async throws -> [Prediction] {
    topPredictions(try await scores(.image(image), whenFull), top: top, labels: labels)
  }

  /// The same of the bytes of an image file, which is decoded on the service's threads too. Photographs are turned upright
  /// where the source's `preprocess` asks for it.
  ///
  /// - Throws: `ModelError.badImage` too.
  public func classify(
    file: [UInt8], top: Int = 5, whenFull: WhenFull = .wait
  ) async throws -> [Prediction] {
    topPredictions(try await scores(.file(file), whenFull), top: top, labels: labels)
  }

  /// The score of each class: probabilities, where the network ends in softmax or a sigmoid, else outputs.
  public func scores(of image: Image, whenFull: WhenFull = .wait) async throws -> [Float] {
    try await scores(.image(image), whenFull)
  }

  /// The same of the bytes of an image file.
  public func scores(ofFile file: [UInt8], whenFull: WhenFull = .wait) async throws -> [Float] {
    try await scores(.file(file), whenFull)
  }

  /// What the classes are computed from: the values that the last fully connected layer reads.
  ///
  /// - Throws: `ModelError.noFeatures` where the network does not end in such a layer.
  public func embedding(of image: Image, whenFull: WhenFull = .wait) async throws -> [Float] {
    try await embedding(.image(image), whenFull)
  }

  /// The same of the bytes of an image file.
  public func embedding(ofFile file: [UInt8], whenFull: WhenFull = .wait) async throws -> [Float] {
    try await embedding(.file(file), whenFull)
  }

  /// Resizes, crops and normalises an image as the network was trained to see it: one image, NCHW.
  public func preprocess(_ image: Image, whenFull: WhenFull = .wait) async throws -> [Float] {
    try await one(.image(image), .pixels, values: networks.inputCount, whenFull)
  }

  /// The same of the bytes of an image file.
  public func preprocess(file: [UInt8], whenFull: WhenFull = .wait) async throws -> [Float] {
    try await one(.file(file), .pixels, values: networks.inputCount, whenFull)
  }

  // MARK: Any number

  /// The best classes of any number of images, or of each why it has none. They are computed batch by batch; call it from
  /// as many tasks as there are workers to keep all of them busy.
  public func classify(
    _ images: [Image], top: Int = 5, whenFull: WhenFull = .wait
  ) async throws -> [Result<[Prediction], ModelError>] {
    try networks.first.expectClasses()
    var results: [Result<[Prediction], ModelError>] = []
    results.reserveCapacity(images.count)
    var rows = [Float](repeating: 0, count: min(batch, images.count) * outputCount)
    while results.count < images.count {
      try Task.checkCancellation()
      let part = results.count..<min(results.count + batch, images.count)
      let response = await answer(
        Request(.images(images, part), images: part.count, .finiteOutputs, into: take(&rows)), whenFull)
      rows = response.output
      try response.check()
      for index in 0..<part.count {
        if let failure = response.failures[index] {
          results.append(.failure(failure))
        } else {
          let scores = networks.scores(of: rows[index * outputCount..<(index + 1) * outputCount])
          results.append(.success(topPredictions(scores, top: top, labels: labels)))
        }
      }
    }
    return results
  }

  /// The network's outputs, those before a softmax that ends it; of an ensemble, its scores.
  ///
  /// - Parameter pixels: any number of normalised images, NCHW float32, as `preprocess` makes them.
  /// - Returns: a row of `outputCount` for each.
  public func logits(_ pixels: [Float], whenFull: WhenFull = .wait) async throws -> [Float] {
    var output = [Float](repeating: 0, count: pixels.count / networks.inputCount * outputCount)
    try await logits(pixels, into: &output, whenFull: whenFull)
    return output
  }

  /// The same into an array of the caller's, for which nothing is allocated. After an error what it holds means nothing.
  public func logits(
    _ pixels: [Float], into output: inout [Float], whenFull: WhenFull = .wait
  ) async throws {
    let images = pixels.count / networks.inputCount
    guard images > 0, pixels.count == images * networks.inputCount else {
      throw ModelError.inputSize(expected: max(1, images) * networks.inputCount, found: pixels.count)
    }
    guard output.count == images * outputCount else {
      throw ModelError.outputSize(expected: images * outputCount, found: output.count)
    }
    var first = 0
    while first < images {
      try Task.checkCancellation()
      let count = min(batch, images - first)
      let response = await answer(
        Request(.pixels(pixels, first: first), images: count, .outputs, into: take(&output), firstRow: first), whenFull)
      output = response.output
      try response.check()
      if let failure = response.failures.values.first { throw failure }
      first += count
    }
  }

  // MARK: Shared

  private func scores(_ input: Request.Input, _ whenFull: WhenFull) async throws -> [Float] {
    try networks.first.expectClasses()
    let outputs = try await one(input, .finiteOutputs, values: outputCount, whenFull)
    return networks.scores(of: outputs[...])
  }

  private func embedding(_ input: Request.Input, _ whenFull: WhenFull) async throws -> [Float] {
    guard networks.isSingle else {
      throw ModelError.noFeatures(reason: "it is an ensemble; ask one of its members")
    }
    _ = try networks.first.embeddingLayer()
    return try await one(input, .embedding, values: networks.embeddingCount, whenFull)
  }

  private func one(
    _ input: Request.Input, _ wanted: Request.Wanted, values: Int, _ whenFull: WhenFull
  ) async throws -> [Float] {
    try Task.checkCancellation()
    let response = await answer(Request(input, wanted, into: [Float](repeating: 0, count: values)), whenFull)
    try response.check()
    if let failure = response.failures[0] { throw failure }
    return response.output
  }
}
