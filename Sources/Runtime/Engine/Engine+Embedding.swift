// SPDX-License-Identifier: Apache-2.0
// What a network knows of an image before it names classes: the value that its last fully connected layer reads.

/// The value that the classes are computed from. It is still in the arena when the pass has ended only if nothing is
/// computed after them.
func featureLayer(_ layers: [LayerRecord], _ places: [OutputPlace]) throws(ModelError) -> Int {
  guard let answer = places.first(where: { $0.isLast }) else {
    throw .noFeatures(reason: "the source returns rows by name; choose one with '--only'")
  }
  let way = "name a row in the source's 'output' line, compile again, and choose it with '--only'"
  guard layers.indices.contains(answer.layer), layers[answer.layer].kind is FullyConnectedLayer,
    let features = layers[answer.layer].inputs.first
  else {
    throw .noFeatures(reason: "it does not end in a fully connected layer; \(way)")
  }
  guard answer.layer == layers.count - 1 else {
    throw .noFeatures(reason: "its classes are not the last that is computed; \(way)")
  }
  return features
}

extension Engine {
  /// The layer whose value is an image's embedding; throws where there is none.
  func embeddingLayer() throws(ModelError) -> Int { try featureLayer(layers, outputs) }

  /// Runs one batch, or less.
  ///
  /// - Returns: a row for each image.
  package func embedding(_ pixels: [Float], using workspace: inout Workspace) throws(ModelError) -> [Float] {
    let layer = try embeddingLayer()
    let count = try imageCount(pixels.count)
    _ = try logits(pixels, using: &workspace)
    var rows = [Float](repeating: 0, count: count * layers[layer].shape.count)
    rows.withUnsafeMutableBufferPointer { unpack(layer: layer, from: workspace, into: $0, images: count) }
    return rows
  }
}
