// SPDX-License-Identifier: Apache-2.0
// Channels of one value share a scale, so a channel that is a hundredth of the widest has a hundredth of its steps.
// Multiplying a channel by a factor, and its readers' weights by one over it, changes nothing about a network whose
// activation lets factors through (ReLU does, ReLU6 does not), and moves the trouble into weights, whose rows have scales
// of their own. The factors share it evenly: the square root of what would make all channels as wide as the widest
// (Nagel et al. 2019, section 4.1; Xiao et al. 2023, equation 4 with a half).

/// Factors for the channels of all layers that may have them.
///
/// - Parameter magnitudes: Of the layers that may have factors, each channel's largest magnitude.
func channelFactors(
  _ layers: [LayerRecord], _ magnitudes: [Int: [Float]], _ packer: WeightPacker
) throws(ModelError) -> [Int: [Float]] {
  var factors: [Int: [Float]] = [:]
  for (index, channels) in magnitudes.sorted(by: { $0.key < $1.key }) {
    // How much of a row's largest weight each input channel's is.
    var shares = [Double](repeating: 0, count: channels.count)
    for (reader, layer) in layers.enumerated() where layer.inputs.contains(index) {
      let sum = try FoldedSum(packer, layer: reader, scales: nil)
      for (term, input) in zip(sum.terms, layer.inputs) where input == index {
        try term.addShares(to: &shares)
      }
    }
    factors[index] = balanced(channels, shares)
  }
  return factors
}

/// The square root of a channel's share over its magnitude, so that the widest stays as wide as it is; none further from
/// the middle than 16 times. A channel of nothing keeps to it.
private func balanced(_ magnitudes: [Float], _ shares: [Double]) -> [Float] {
  var raw: [Double?] = []
  for (magnitude, share) in zip(magnitudes, shares) {
    raw.append(magnitude > 0 && share > 0 ? (share / Double(magnitude)).squareRoot() : nil)
  }
  let sorted = raw.compactMap { $0 }.sorted()
  guard !sorted.isEmpty else { return magnitudes.map { _ in 1 } }
  let middle = sorted[sorted.count / 2]
  let held = raw.map { min(max($0 ?? middle, middle / 16), middle * 16) }
  let widest = zip(magnitudes, held).reduce(0.0) { max($0, Double($1.0) * $1.1) }
  let largest = magnitudes.reduce(0.0) { max($0, Double($1)) }
  return held.map { Float($0 * largest / widest) }
}

extension FoldedSum.Term {
  /// Raises each input channel's share to the largest that any row has.
  fileprivate func addShares(to shares: inout [Double]) throws(ModelError) {
    let area = term.kernelHeight * term.kernelWidth
    var row = [Double](repeating: 0, count: rowLength)
    for channel in 0..<outChannels {
      try self.row(channel, into: &row)
      let largest = row.reduce(0) { max($0, $1.magnitude) }
      guard largest > 0 else { continue }
      let first = channel / (outChannels / term.groups) * term.groupChannels
      for at in row.indices { shares[first + at / area] = max(shares[first + at / area], row[at].magnitude / largest) }
    }
  }
}
