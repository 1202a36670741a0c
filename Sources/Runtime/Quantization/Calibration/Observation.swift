// SPDX-License-Identifier: Apache-2.0
// What calibration sees of a float32 network while it runs on images. Two passes: the first finds the ends of each value,
// the second counts what lies between them, in bins that those ends decide. Only minima, maxima and counts are kept, so
// that nothing depends on the order of images or the number of threads.

/// The ends of one layer's value over all images.
struct ObservedExtent: Sendable {
  var low: Float = .infinity
  var high: Float = -.infinity
  /// The largest magnitude of each channel, of layers whose channels may have factors.
  var channels: [Float] = []

  /// - Parameter pixels: Values of a channel; `nil` where channels are of no interest.
  init(_ values: [Float], pixels: Int?) {
    for value in values {
      low = min(low, value)
      high = max(high, value)
    }
    guard let pixels else { return }
    channels = stride(from: 0, to: values.count, by: pixels).map { first in
      values[first..<first + pixels].reduce(0) { max($0, $1.magnitude) }
    }
  }

  mutating func add(_ other: ObservedExtent) {
    low = min(low, other.low)
    high = max(high, other.high)
    for index in channels.indices { channels[index] = max(channels[index], other.channels[index]) }
  }

  var magnitude: Float { max(low.magnitude, high.magnitude) }
}

/// What is seen of one image: the ends of all layers, and what the network returns.
struct ObservedImage: Sendable {
  var extents: [ObservedExtent] = []
  var outputs: [Float] = []
}

extension FloatNetwork {
  /// - Parameter scalable: Layers whose channels' magnitudes are wanted.
  func observe(_ pixels: [Float], scalable: Set<Int>) throws(ModelError) -> ObservedImage {
    var seen = ObservedImage()
    var kept: [Int: [Float]] = [:]
    let returned = Set(outputs.map(\.layer))
    try run(pixels) { index, values throws(ModelError) in
      let shape = layers[index].shape
      guard values.allSatisfy({ $0.isFinite }) else { throw .outputsNotFinite(layer: layers[index].name) }
      seen.extents.append(
        ObservedExtent(values, pixels: scalable.contains(index) ? shape.height * shape.width : nil))
      if returned.contains(index) { kept[index] = values }
    }
    seen.outputs = outputs.flatMap { kept[$0.layer] ?? [] }
    return seen
  }

  /// Counts the magnitudes of all layers of one image.
  func histograms(_ pixels: [Float], _ empty: ObservedHistograms) throws(ModelError) -> ObservedHistograms {
    var seen = empty
    try run(pixels) { index, values throws(ModelError) in
      seen.plain[index]?.add(values)
      if seen.equalized[index] != nil {
        seen.equalized[index]?.add(scaled(values, by: seen.factors[index], layers[index].shape))
      }
    }
    return seen
  }
}

/// Counts of magnitudes of all layers.
struct ObservedHistograms: Sendable {
  /// What channels are multiplied with, where that is tried.
  let factors: [Int: [Float]]
  /// Of layers whose values are integers.
  fileprivate(set) var plain: [ValueHistogram?]
  /// Of layers whose channels have factors, with them.
  fileprivate(set) var equalized: [Int: ValueHistogram] = [:]

  init(_ extents: [ObservedExtent], _ numbers: [NumberType], factors: [Int: [Float]]) {
    self.factors = factors
    plain = zip(extents, numbers).map { $1.isQuantized ? ValueHistogram(end: $0.magnitude) : nil }
    for (index, factors) in factors {
      equalized[index] = ValueHistogram(
        end: zip(extents[index].channels, factors).reduce(0) { max($0, $1.0 * $1.1) })
    }
  }

  mutating func add(_ other: ObservedHistograms) {
    for index in plain.indices {
      if let counts = other.plain[index] { plain[index]?.add(counts) }
      if let counts = other.equalized[index] { equalized[index]?.add(counts) }
    }
  }
}

/// A value whose channels are multiplied by factors, if there are any.
func scaled(_ values: [Float], by factors: [Float]?, _ shape: LayerShape) -> [Float] {
  guard let factors else { return values }
  let pixels = shape.height * shape.width
  return values.indices.map { values[$0] * factors[$0 / pixels] }
}
