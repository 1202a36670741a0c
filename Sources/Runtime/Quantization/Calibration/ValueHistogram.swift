// SPDX-License-Identifier: Apache-2.0
// How the numbers of a layer's value are spread, and four ways to choose from that where its integers end. What lies
// beyond saturates; the wider the range, the coarser its steps. Zeros are left out: every range holds them exactly, and
// after ReLU they would outweigh all else.

/// How a range is chosen.
package enum CalibrationMethod: String, CaseIterable, Sendable {
  /// From the smallest to the largest number that was met.
  case minmax
  /// What holds 99.99 % of the numbers.
  case percentile
  /// What changes the distribution least, by its Kullback-Leibler divergence (Migacz, 8-bit inference with TensorRT, 2017).
  case entropy
  /// What makes the mean square error least.
  case mse
}

/// Counts of magnitudes, in bins of equal width.
package struct ValueHistogram: Sendable, Equatable {
  static let bins = 2048
  /// The share of numbers that `percentile` holds.
  static let percentile = 0.9999

  /// Where the last bin ends: the largest magnitude.
  let end: Float
  package private(set) var counts: [Int]

  /// - Parameter end: Finite.
  init(end: Float, counts: [Int] = []) {
    self.end = end
    self.counts = counts.isEmpty ? [Int](repeating: 0, count: Self.bins) : counts
  }

  var width: Double { Double(end) / Double(Self.bins) }

  /// Counts numbers; of those below zero the magnitude.
  mutating func add(_ values: [Float]) {
    guard end > 0 else { return }
    let scale = Float(Self.bins) / end
    counts.withUnsafeMutableBufferPointer { counts in
      for value in values where value != 0 {
        counts[Int(min(value.magnitude * scale, Float(Self.bins - 1)))] += 1
      }
    }
  }

  mutating func add(_ other: ValueHistogram) {
    for index in counts.indices { counts[index] += other.counts[index] }
  }

  /// The magnitude up to which integers of a type shall reach.
  package func threshold(_ method: CalibrationMethod, _ number: NumberType) -> Float {
    let bins: Double
    switch method {
    case .minmax: return end
    case .percentile: bins = percentileBins
    case .entropy: bins = entropyBins(levels: number == .uint8 ? 256 : 128)
    case .mse: bins = squareErrorBins(steps: number == .uint8 ? 255 : 127)
    }
    return min(end, Float(bins * width))
  }

  // MARK: Methods

  private var percentileBins: Double {
    let total = counts.reduce(0, +)
    var (sum, bins) = (0, 0)
    while bins < counts.count, Double(sum) < Self.percentile * Double(total) {
      sum += counts[bins]
      bins += 1
    }
    return Double(bins)
  }

  /// For each threshold: the distribution with what lies beyond added to its last bin, against what is left of it once
  /// its bins are merged into levels, each spread evenly over those of its bins that hold anything. Sums up to each bin
  /// are made before, so that a threshold costs as many steps as there are levels.
  private func entropyBins(levels: Int) -> Double {
    let total = counts.reduce(0, +)
    var best = (bins: counts.count, divergence: Double.infinity)
    guard total > 0 else { return Double(best.bins) }
    // Up to each bin: numbers, bins that hold some, and the sum of n log n.
    var (sums, filled, logs) = ([0], [0], [0.0])
    for count in counts {
      sums.append(sums[sums.count - 1] + count)
      filled.append(filled[filled.count - 1] + (count > 0 ? 1 : 0))
      logs.append(logs[logs.count - 1] + selfLogarithm(count))
    }
    for size in levels...counts.count where sums[size] > 0 {
      let outliers = total - sums[size]
      let last = counts[size - 1]
      // The sum of p log p, then what is taken away of it by p log q, level by level.
      var divergence = logs[size - 1] + selfLogarithm(last + outliers)
      var begin = 0
      for level in 1...levels {
        // Bins from the first one of a level to that of the next.
        let end = (level * size + levels - 1) / levels
        var (sum, places) = (sums[end] - sums[begin], filled[end] - filled[begin])
        let own = sum
        if end == size {
          sum += outliers
          if last == 0, outliers > 0 { places += 1 }
        }
        begin = end
        guard sum > 0 else { continue }
        divergence -= Double(sum) * logarithm(Double(own) * Double(total) / (Double(places) * Double(sums[size])))
      }
      if divergence < best.divergence { best = (size, divergence) }
    }
    return Double(best.bins)
  }

  /// A number within the range is off by a step's part that is spread evenly, so by its square over 12 in the mean; one
  /// beyond by what it is beyond. Sizes in bins.
  private func squareErrorBins(steps: Double) -> Double {
    var best = (bins: counts.count, error: Double.infinity)
    // Of what lies beyond: how many, their sum, the sum of their squares.
    var (beyond, first, second) = (0.0, 0.0, 0.0)
    let total = Double(counts.reduce(0, +))
    for size in stride(from: counts.count, to: 0, by: -1) {
      let end = Double(size)
      let step = end / steps
      let clipped = second - 2 * end * first + end * end * beyond
      let error = (total - beyond) * step * step / 12 + clipped
      if error < best.error { best = (size, error) }
      let middle = end - 0.5
      let count = Double(counts[size - 1])
      beyond += count
      first += count * middle
      second += count * (middle * middle + 1.0 / 12)
    }
    return Double(best.bins)
  }
}

/// `n log n`.
private func selfLogarithm(_ count: Int) -> Double { count > 0 ? Double(count) * logarithm(Double(count)) : 0 }
