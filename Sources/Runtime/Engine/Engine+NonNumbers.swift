// SPDX-License-Identifier: Apache-2.0
// Where a NaN or an infinity comes from. A call does not look at what it computes; only once its outputs turn out not to
// be numbers are the images run again, layer by layer, each layer's values looked at.

extension Engine {
  /// What made the outputs of one image something else than numbers: the first value of the image that is none, or the
  /// first layer that made one of numbers.
  ///
  /// - Parameters:
  ///   - input: 1 to `batch` images, NCHW.
  ///   - image: which of them.
  package func causeOfNonNumbers(
    _ input: UnsafeBufferPointer<Float>, image: Int, using workspace: inout Workspace
  ) throws(ModelError) -> ModelError {
    let images = try images(input, for: workspace)
    if let index = firstNonNumber(of: input, image: image, size: inputShape.count) {
      return .inputNotFinite(index: index)
    }
    load(images, into: workspace.memory, 0, inputUnits)
    for index in steps.indices where steps[index].kernel >= 0 {
      callAlone(steps[index], workspace.memory)
      let size = layers[index].shape.count
      let values = try AlignedBuffer(count: batch * size)
      unpack(layer: index, from: workspace, into: values.floats)
      guard firstNonNumber(of: UnsafeBufferPointer(values.floats), image: image, size: size) != nil else { continue }
      // A pool makes no such value of numbers, the convolution that it computes on its way does.
      return .outputsNotFinite(layer: layers[steps[index].convolution ?? index].name)
    }
    return .outputsNotFinite(layer: layers[layers.count - 1].name)
  }

  private func firstNonNumber(of values: UnsafeBufferPointer<Float>, image: Int, size: Int) -> Int? {
    indexOfNonNumber(UnsafeBufferPointer(rebasing: values[image * size..<(image + 1) * size]))
  }
}
