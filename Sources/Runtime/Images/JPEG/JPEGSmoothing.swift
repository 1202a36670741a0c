// SPDX-License-Identifier: Apache-2.0
// What libjpeg-turbo puts where a progressive file stops before its coefficients are complete: the lowest of them are
// guessed from the first ones of the 5 x 5 blocks around (T.81, K.8, with wider weights). Complete pictures never come here.

struct JPEGSmoothing {
  /// A coefficient, by its place in zigzag order, and 256 times what each of the 5 x 5 first ones tells of it, in rows.
  private struct Guess {
    let place: Int
    let weights: [Int]
  }

  /// Where nothing but first coefficients is known, these are smoothed too.
  private static let firstWeights = [
    -2, -6, -8, -6, -2, -6, 6, 42, 6, -6, -8, 42, 152, 42, -8, -6, 6, 42, 6, -6, -2, -6, -8, -6, -2,
  ]
  private static let wide = [
    Guess(
      place: 1,
      weights: [-1, -1, 0, 1, 1, -3, 13, 0, -13, 3, -3, 38, 0, -38, 3, -3, 13, 0, -13, 3, -1, -1, 0, 1, 1]),
    Guess(
      place: 2,
      weights: [-1, -3, -3, -3, -1, -1, 13, 38, 13, -1, 0, 0, 0, 0, 0, 1, -13, -38, -13, 1, 1, 3, 3, 3, 1]),
    Guess(
      place: 3, weights: [0, 0, 1, 0, 0, 0, 2, 7, 2, 0, 0, -5, -14, -5, 0, 0, 2, 7, 2, 0, 0, 0, 1, 0, 0]),
    Guess(place: 4, weights: [-1, 0, 0, 0, 1, 0, 9, 0, -9, 0, 0, 0, 0, 0, 0, 0, -9, 0, 9, 0, 1, 0, 0, 0, -1]),
    Guess(
      place: 5, weights: [0, 0, 0, 0, 0, 0, 2, -5, 2, 0, 1, 7, -14, 7, 1, 0, 2, -5, 2, 0, 0, 0, 0, 0, 0]),
    Guess(place: 6, weights: [0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0, 2, 0, -2, 0, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0]),
    Guess(place: 7, weights: [0, 0, 0, 0, 0, 0, 1, -3, 1, 0, 0, 0, 0, 0, 0, 0, -1, 3, -1, 0, 0, 0, 0, 0, 0]),
    Guess(place: 8, weights: [0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0, -3, 0, 3, 0, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0]),
    Guess(place: 9, weights: [0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, -1, -2, -1, 0, 0, 0, 0, 0, 0]),
  ]
  private static let narrow = [
    Guess(place: 1, weights: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -7, 50, 0, -50, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    Guess(place: 2, weights: [0, 0, -7, 0, 0, 0, 0, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0, -50, 0, 0, 0, 0, 7, 0, 0]),
    Guess(place: 3, weights: [0, 0, -1, 0, 0, 0, 0, 13, 0, 0, 0, 0, -24, 0, 0, 0, 0, 13, 0, 0, 0, 0, -1, 0, 0]),
    Guess(
      place: 4,
      weights: [0, -1, 0, 1, 0, -1, 10, 0, -10, 1, 0, 0, 0, 0, 0, 1, -10, 0, 10, -1, 0, 1, 0, -1, 0]),
    Guess(place: 5, weights: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 13, -24, 13, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  ]

  private let frame: JPEGFrame
  /// The last row of units that the last scan had data for.
  private let lastWholeRow: Int

  private let hasOneScan: Bool

  /// Nil if there is nothing to guess, or nothing to guess from.
  init?(_ frame: JPEGFrame, scans: Int, lastWholeRow: Int) {
    guard frame.isProgressive else { return nil }
    hasOneScan = scans == 1
    for component in frame.components {
      guard let multiplier = component.multiplier, component.knownBits[0] >= 0,
        (0...9).allSatisfy({ multiplier[Int(jpegZigzag[$0])] != 0 })
      else { return nil }
    }
    guard frame.components.contains(where: { $0.knownBits[1...9].contains { $0 != 0 } }) else { return nil }
    self.frame = frame
    self.lastWholeRow = lastWholeRow
  }

  /// Transforms a component in a row of units with its guesses.
  func transform(_ index: Int, unitRow unit: Int, _ store: JPEGStore) {
    let component = frame.components[index]
    let coefficients = store.coefficients[index]
    let quantisation = component.multiplier.map { $0.map { Int(UInt16(bitPattern: $0)) } } ?? []
    for row in component.blockRows(ofUnitRow: unit) {
      let known =
        unit <= lastWholeRow
        ? component.knownBits : hasOneScan ? [Int8](repeating: -1, count: 64) : component.previouslyKnownBits
      let isWide = known[1...9].allSatisfy { $0 == -1 }
      // Rows beyond the picture count as far as they fill up a unit. In the last row of units libjpeg numbers the rows
      // as if every unit had as few as these, which may take a row above for the edge.
      let isLast = unit == frame.unitsHigh - 1
      let high = isLast ? component.blocksHigh - unit * component.vertical : component.vertical
      let number = unit * high + row % component.vertical
      let rows = (-2...2).map { step in
        let nearest = max(-number, min(step, high * frame.unitsHigh - 1 - number))
        return coefficients + (row + nearest) * component.storedWide * 64
      }
      for column in 0..<component.blocksWide {
        let around = rows.flatMap { start in
          (-2...2).map { Int(start[64 * max(0, min(column + $0, component.blocksWide - 1))]) }
        }
        let block = store.scratch
        block.update(from: rows[2] + 64 * column, count: 64)
        for guess in isWide ? Self.wide : Self.narrow {
          let place = Int(jpegZigzag[guess.place])
          let bit = known[guess.place]
          guard bit != 0, block[place] == 0 else { continue }
          let limit = bit > 0 ? (1 << Int(bit)) - 1 : Int.max
          block[place] = value(guess.weights, around, quantisation[0], quantisation[place], limit: limit)
        }
        if isWide { block[0] = value(Self.firstWeights, around, quantisation[0], quantisation[0], limit: .max) }
        JPEGTransform.apply(
          block, store.multipliers + 64 * index, into: store.rowOfSamples(row, component, index) + 8 * column,
          stride: component.stride)
      }
    }
  }

  /// The weighted sum over the quantisation step, rounded away from zero and held below the bit that is known.
  private func value(_ weights: [Int], _ around: [Int], _ scale: Int, _ step: Int, limit: Int) -> Int16 {
    let sum = scale * zip(weights, around).reduce(0) { $0 + $1.0 * $1.1 }
    let size = min(((step << 7) + abs(sum)) / (step << 8), limit)
    return Int16(truncatingIfNeeded: sum < 0 ? -size : size)
  }
}
