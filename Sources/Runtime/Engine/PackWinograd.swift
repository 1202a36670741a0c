// SPDX-License-Identifier: Apache-2.0
// Weights of Winograd layers: each 3x3 filter g becomes G g G^T, in double precision, rounded once. One matrix of input
// by output channels for every position of a tile.
//
// For one layer: biases, slopes if it has them, then for each group of output channels, for each position, for each
// input channel, one weight for every channel of the group.

extension WeightPacker {
  func packWinograd(
    _ terms: [ConvolutionTerm], _ activation: LayerActivation, layer: Int, into out: UnsafeMutablePointer<Float>
  ) throws(ModelError) {
    if let scales, layers.isIntegerSum(layer, scales.numbers) {
      guard steps[layer].algorithm == .integerWinograd else {
        throw .invalidPlan(reason: "layer \(layers[layer].name) is no Winograd convolution of integers")
      }
      return try packIntegerWinograd(layer: layer, scales, into: out)
    }
    guard case .winograd(let tile, true, let points) = steps[layer].algorithm, let term = terms.first,
      terms.count == 1, (2...4).contains(tile), term.kernelHeight == 3, term.kernelWidth == 3
    else { throw .invalidPlan(reason: "layer \(layers[layer].name) is no Winograd convolution") }
    let stride = term.stride.rows
    guard (1...2).contains(stride), stride == term.stride.columns else {
      throw .invalidPlan(reason: "layer \(layers[layer].name) has a stride of \(stride)x\(term.stride.columns)")
    }
    let filter = WinogradFilter(tile: tile, stride: stride, points: points)
    let place = places[layer]
    let input = places[layers[layer].inputs[0]]
    let channels = place.shape.channels
    let blocks = place.blocks
    let vectors = steps[layer].vectors
    var panels = out + blocks * lanes
    if case .prelu(let name) = activation {
      try readVector(name, place, to: panels)
      panels += blocks * lanes
    }
    var biases = [Double](repeating: 0, count: channels)
    var scale = try foldNorm(term, channels: channels, biases: &biases)
    try write(biases, of: terms, place, to: out)

    let shape = [channels, term.inChannels, 3, 3]
    let weight = try AlignedBuffer(count: shape.reduce(1, *))
    try read(term.weight, shape, to: weight.base)
    term.put(weight.floats, from: channels)
    let means = try standardize(term, weight, &scale)
    // Lanes without an input channel keep the zeros that they begin with.
    let lanesRead = input.order.lanesUsed
    let reduction = input.blocks * lanesRead
    let positions = filter.size * filter.size
    var transformed = [Double](repeating: 0, count: positions)
    for (channel, slot) in place.order.slots.enumerated() {
      let first = slot / lanes / vectors * vectors * lanes
      let width = min(vectors * lanes, blocks * lanes - first)
      let panel = panels + first * positions * reduction * weightLanes / lanes
      var isFinite = true
      for (from, inSlot) in input.order.slots.enumerated() {
        filter.transform(
          weight.base + (channel * term.inChannels + from) * 9, less: means.isEmpty ? 0 : means[channel],
          scale: scale[channel], into: &transformed)
        let at = slot - first + (inSlot / lanes * lanesRead + inSlot % lanes) * width
        let isSound =
          hasHalves
          ? store(transformed, as: Half.self, panel, at, pitch: reduction * width)
          : store(transformed, as: Float.self, panel, at, pitch: reduction * width)
        isFinite = isFinite && isSound
      }
      guard isFinite else { throw .weightValue(tensor: term.weight, channel: channel, overflowFault) }
    }
  }

  /// Writes numbers so far apart, the first at place `first` of a panel; whether all are finite.
  private func store<Number: WeightNumber>(
    _ values: [Double], as type: Number.Type, _ panel: UnsafeMutablePointer<Float>, _ first: Int, pitch: Int
  ) -> Bool {
    var to = UnsafeMutableRawPointer(panel).assumingMemoryBound(to: type) + first
    var isFinite = true
    for value in values {
      let number = Number(rounding: value)
      isFinite = isFinite && number.isFinite
      to.pointee = number
      to += pitch
    }
    return isFinite
  }
}

/// G of F(tile, 3): a row for each point a, (1, a, a^2) divided by the product of its distances from the others; the last
/// row, of the point at infinity, is (0, 0, 1). With stride 2 outer taps and middle tap are filters of their own: rows are
/// (1, 0, a), then as many (0, 1, 0) as there are outputs.
struct WinogradFilter {
  let size: Int
  private let rows: [(Double, Double, Double)]

  init(tile: Int, stride: Int, points: [Double]) {
    size = stride * (tile - 1) + 3
    let ofPoints = points.indices.map { j in
      let (a, scale) = (points[j], points.indices.filter { $0 != j }.reduce(1) { $0 * (points[j] - points[$1]) })
      return stride == 1 ? (1 / scale, a / scale, a * a / scale) : (1 / scale, 0, a / scale)
    }
    rows = ofPoints + [(0, 0, 1)] + (points.count + 1..<size).map { _ in (0, 1, 0) }
  }

  /// `size` x `size` values of G g G^T for the 3x3 filter at `g` less `mean`, all multiplied with `scale`.
  func transform(_ g: UnsafePointer<Float>, less mean: Double, scale: Double, into out: inout [Double]) {
    func value(_ tap: Int) -> Double { Double(g[tap]) - mean }
    for i in 0..<size {
      let (a, b, c) = rows[i]
      let x = (a * value(0) + b * value(3) + c * value(6)) * scale
      let y = (a * value(1) + b * value(4) + c * value(7)) * scale
      let z = (a * value(2) + b * value(5) + c * value(8)) * scale
      for j in 0..<size { out[i * size + j] = rows[j].0 * x + rows[j].1 * y + rows[j].2 * z }
    }
  }
}
