// SPDX-License-Identifier: Apache-2.0
// What a model does for one image: preprocess, run, name the best classes, or say why there are none. The steps of `run` with arrays around them.

extension Engine {
  /// Runs one batch, or less.
  ///
  /// - Parameter pixels: 1 to `batch` images, NCHW.
  /// - Returns: a row of `outputCount` for each.
  package func logits(_ pixels: [Float], using workspace: inout Workspace) throws(ModelError) -> [Float] {
    var output = [Float](repeating: 0, count: try imageCount(pixels.count) * outputCount)
    try pixels.withUnsafeBufferPointer { input throws(ModelError) in
      try output.withUnsafeMutableBufferPointer { output throws(ModelError) in
        try run(input, into: output, using: &workspace)
      }
    }
    return output
  }

  /// One image as the network reads it, NCHW.
  package func preprocess(_ image: Image) throws(ModelError) -> [Float] {
    guard let pipeline = description.preprocess else { throw .noImagePipeline(channels: inputShape.channels) }
    var pixels = [Float](repeating: 0, count: inputShape.count)
    try pixels.withUnsafeMutableBufferPointer { output throws(ModelError) in
      try pipeline.apply(image, into: output)
    }
    return pixels
  }

  /// The score of each class of one image.
  package func scores(of image: Image, using workspace: inout Workspace) throws(ModelError) -> [Float] {
    let pixels = try preprocess(image)
    try expectClasses()
    let outputs = try logits(pixels, using: &workspace)[answer.start..<answer.start + answer.shape.count]
    guard outputs.allSatisfy({ $0.isFinite }) else {
      throw try pixels.withUnsafeBufferPointer { pixels throws(ModelError) in
        try causeOfNonNumbers(pixels, image: 0, using: &workspace)
      }
    }
    return scores(of: outputs)
  }

  /// The `top` best classes of one image. Throws where the outputs are not numbers, or
  /// not of classes.
  package func classify(
    _ image: Image, top: Int, using workspace: inout Workspace, labels: Labels? = nil
  ) throws(ModelError) -> [Prediction] {
    let results = try classify(try preprocess(image), count: 1, top: top, using: &workspace, labels: labels)
    return try results[0].get()
  }

  /// The same of several images in one call, or of each why it has none.
  ///
  /// - Parameters:
  ///   - pixels: Of `count` images, as `preprocess` makes them, one after another.
  ///   - count: At most as many as the batch holds.
  package func classify(
    _ pixels: [Float], count: Int, top: Int, using workspace: inout Workspace, labels: Labels? = nil
  ) throws(ModelError) -> [Result<[Prediction], ModelError>] {
    try expectClasses()
    let logits = try logits(pixels, using: &workspace)
    var results: [Result<[Prediction], ModelError>] = []
    for image in 0..<count {
      let start = image * outputCount + answer.start
      let outputs = logits[start..<start + answer.shape.count]
      guard !outputs.allSatisfy({ $0.isFinite }) else {
        let best = topPredictions(scores(of: outputs), top: top, labels: labels ?? self.labels)
        results.append(.success(best))
        continue
      }
      let cause = try pixels.withUnsafeBufferPointer { pixels throws(ModelError) in
        try causeOfNonNumbers(pixels, image: image, using: &workspace)
      }
      results.append(.failure(cause))
    }
    return results
  }
}

extension Labels {
  /// The names that came with the source, one a line; `nil` if there are none.
  init?(lines: StaticString) {
    guard lines.utf8CodeUnitCount > 0 else { return nil }
    let bytes = UnsafeBufferPointer(start: lines.utf8Start, count: lines.utf8CodeUnitCount)
    names = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
  }
}
