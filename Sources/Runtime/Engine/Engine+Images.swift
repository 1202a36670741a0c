// SPDX-License-Identifier: Apache-2.0
// What a model does for one image: preprocess, run, name the best classes, or say why there are none. The steps of `run` with arrays around them.

extension Engine {
  /// Runs one batch.
  ///
  /// - Parameter pixels: `batch` images, NCHW.
  /// - Returns: `batch` rows of `outputCount`.
  package func logits(_ pixels: [Float], using workspace: inout Workspace) throws(ModelError) -> [Float] {
    var output = [Float](repeating: 0, count: batch * outputCount)
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

  /// The `top` best classes of one image; the rest of the batch is zeros. Throws where the outputs are not numbers, or
  /// not of classes.
  package func classify(
    _ image: Image, top: Int, using workspace: inout Workspace, labels: Labels? = nil
  ) throws(ModelError) -> [Prediction] {
    try expectClasses()
    var pixels = try preprocess(image)
    pixels += [Float](repeating: 0, count: (batch - 1) * inputShape.count)
    let logits = try logits(pixels, using: &workspace)
    let outputs = logits[answer.start..<answer.start + answer.shape.count]
    guard outputs.allSatisfy({ $0.isFinite }) else {
      throw try pixels.withUnsafeBufferPointer { pixels throws(ModelError) in
        try causeOfNonNumbers(pixels, image: 0, using: &workspace)
      }
    }
    return topPredictions(scores(of: outputs), top: top, labels: labels ?? self.labels)
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
