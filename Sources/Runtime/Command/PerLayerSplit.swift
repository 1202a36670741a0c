// SPDX-License-Identifier: Apache-2.0
// What the split of each step into units allows so many threads, whether the machine has them or not: from the times of
// one thread, and the part of the work that the busiest thread has. Beside it the same with times of each part, computed by
// one thread one after another: there what is read or transformed more than once, because threads share it, is in it. That
// they wait for the same memory is in neither.

/// How the units of a step meet threads.
struct LayerSplit: Sendable, Equatable {
  /// 0 for what one thread does alone.
  var units: Int
  /// For each of some numbers of threads, the part of all work that the busiest of them has.
  var largestShares: [Double]

  /// Done by one thread, however many there are.
  static func alone(_ counts: [Int]) -> LayerSplit {
    LayerSplit(units: 0, largestShares: [Double](repeating: 1, count: counts.count))
  }

  /// - Parameters:
  ///   - bounds: where the parts begin of so many threads, and behind them the number of units.
  ///   - work: of the units before one.
  init(units: Int, counts: [Int], bounds: (Int) -> [Int], work: (Int) -> Double) {
    self.units = units
    largestShares = counts.map { threads in
      let before = bounds(threads).map(work)
      return zip(before.dropFirst(), before).reduce(0) { max($0, $1.0 - $1.1) } / work(units)
    }
  }

  private init(units: Int, largestShares: [Double]) { (self.units, self.largestShares) = (units, largestShares) }
}

extension StepRecord {
  func split(_ counts: [Int]) -> LayerSplit {
    LayerSplit(units: units, counts: counts) { threads in
      (0...threads).map { firstUnit(of: $0, threads: threads) }
    } work: { unit in
      work?.before(unit) ?? Double(unit)
    }
  }
}

/// What a network's split allows numbers of threads, the number in use last.
struct NetworkSplit: Sendable, Equatable {
  /// 2, 4, 8, 16, 32, and the number in use.
  static func counts(_ threads: Int) -> [Int] { [2, 4, 8, 16, 32] + [threads] }

  struct Row: Sendable, Equatable {
    var threads: Int
    /// How many times as fast as one thread they can be.
    var speedUp: Double
    var efficiency: Double { speedUp / Double(threads) }
    /// The same by the times of parts.
    var byParts: Double?
    var efficiencyByParts: Double? { byParts.map { $0 / Double(threads) } }
  }
  var rows: [Row]

  /// - Parameter layers: seconds of each on one thread.
  init(_ counts: [Int], layers: [(time: Double, split: LayerSplit)]) {
    let all = layers.reduce(0) { $0 + $1.time }
    rows = counts.indices.map { index in
      let busiest = layers.reduce(0) { $0 + $1.time * $1.split.largestShares[index] }
      return Row(threads: counts[index], speedUp: busiest > 0 ? all / busiest : 1)
    }
  }
}
