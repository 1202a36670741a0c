// SPDX-License-Identifier: Apache-2.0
// What a call returns: the value of the last layer or, where the source names rows, those of several. Of each image they
// stand one after another, each channel by channel, row by row.

/// A value that is returned, as the compiler emits it.
package struct ModelOutput: Sendable {
  let name: String
  /// In the layer table.
  let layer: Int
  /// Whether it is what the network ends in.
  let isLast: Bool

  package init(name: String, layer: Int, isLast: Bool) {
    self.name = name
    self.layer = layer
    self.isLast = isLast
  }
}

/// The name of a value that is returned, and its shape for one image. Values lie in the order channel, row, column.
public struct OutputShape: Sendable, Equatable {
  /// The row of the table that it is the value of.
  public let name: String
  /// Maps, one after another.
  public let channels: Int
  /// Rows of a map.
  public let height: Int
  /// Values of a row.
  public let width: Int

  package init(name: String, channels: Int, height: Int, width: Int) {
    self.name = name
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// Number of values.
  public var count: Int { channels * height * width }
}

/// A value that is returned, and where it begins among those of its image.
struct OutputPlace: Sendable {
  let name: String
  let layer: Int
  let shape: LayerShape
  let start: Int
  let isLast: Bool
}

/// Where what is returned lies.
///
/// - Parameter outputs: As emitted; empty for the last layer alone.
func outputPlaces(_ outputs: [ModelOutput], _ layers: [LayerRecord]) throws(ModelError) -> [OutputPlace] {
  guard let last = layers.last else { throw .invalidPlan(reason: "a network without layers") }
  if outputs.isEmpty {
    return [OutputPlace(name: last.name, layer: layers.count - 1, shape: last.shape, start: 0, isLast: true)]
  }
  var places: [OutputPlace] = []
  var start = 0
  for output in outputs {
    guard layers.indices.contains(output.layer) else {
      throw .invalidPlan(reason: "output '\(output.name)' is the value of no layer")
    }
    let shape = layers[output.layer].shape
    places.append(
      OutputPlace(name: output.name, layer: output.layer, shape: shape, start: start, isLast: output.isLast))
    start += shape.count
  }
  return places
}

extension OutputPlace {
  /// The same in a plan's own layers, which have the names of the network's.
  func moved(from network: [LayerRecord], to layers: [LayerRecord]) throws(ModelError) -> OutputPlace {
    let wanted = network[layer].name
    guard let own = layers.firstIndex(where: { $0.name == wanted }) else {
      throw .invalidPlan(reason: "a plan without the layer '\(wanted)'")
    }
    return OutputPlace(name: name, layer: own, shape: shape, start: start, isLast: isLast)
  }
}

extension Engine {
  /// Values that a call returns for one image.
  package var outputCount: Int { outputs.reduce(0) { $0 + $1.shape.count } }

  /// What the network ends in: classes, where that is a fully connected layer.
  var answer: OutputPlace { outputs.first { $0.isLast } ?? outputs[outputs.count - 1] }

  /// Copies what is returned of the first `images` out of the arena.
  func unpackOutputs(
    from workspace: borrowing Workspace, into output: UnsafeMutableBufferPointer<Float>, images: Int
  ) {
    let count = outputCount
    for place in outputs {
      unpack(layer: place.layer, from: workspace, into: output, at: place.start, pitch: count, images: images)
    }
  }

  /// Runs one batch, or less.
  ///
  /// - Returns: for each image, one list for each output, in the order of the source.
  package func features(_ pixels: [Float], using workspace: inout Workspace) throws(ModelError) -> [[[Float]]] {
    let values = try logits(pixels, using: &workspace)
    let count = outputCount
    return (0..<values.count / count).map { image in
      outputs.map { place in
        let start = image * count + place.start
        return Array(values[start..<start + place.shape.count])
      }
    }
  }

  /// The same of one image.
  package func features(_ image: Image, using workspace: inout Workspace) throws(ModelError) -> [[Float]] {
    try features(try preprocess(image), using: &workspace)[0]
  }
}
