// SPDX-License-Identifier: Apache-2.0
// Which units of a step a thread computes: consecutive ones, whose work is as near to its share as units come.

/// How much work the units of a step are, where some are more than others: runs of units that are alike, again and again.
struct UnitWork: Sendable {
  private let runs: [(count: Int, work: Int)]
  private let units: Int
  /// Of the runs.
  private let turn: (count: Int, work: Int)

  /// - Parameter words: As a step table has them, `21x3 7x1` for 21 units of three times the work of the 7 after them.
  init(_ words: [String], units: Int) throws(ModelError) {
    var runs: [(count: Int, work: Int)] = []
    var turn = (count: 0, work: 0)
    for word in words {
      let (count, work) = try tableSize(word)
      guard 1...1 << 32 ~= count, 1...1 << 16 ~= work else {
        throw .invalidPlan(reason: "'\(word)' is no work of units")
      }
      runs.append((count, work))
      turn = (turn.count + count, turn.work + count * work)
    }
    guard turn.count > 0, units % turn.count == 0 else {
      throw .invalidPlan(reason: "the work of \(turn.count) units is said of \(units)")
    }
    (self.runs, self.units, self.turn) = (runs, units, turn)
  }

  /// Of the units before one.
  func before(_ unit: Int) -> Double {
    var sum = unit / turn.count * turn.work
    var rest = unit % turn.count
    for run in runs {
      sum += min(rest, run.count) * run.work
      rest -= min(rest, run.count)
    }
    return Double(sum)
  }

  /// The unit before which as near to so many shares of all work is done as can be.
  fileprivate func first(of part: Int, threads: Int) -> Int {
    let goal = Double(units / turn.count) * Double(turn.work) * Double(part) / Double(threads)
    let turns = min(Int(goal / Double(turn.work)), units / turn.count)
    var rest = goal - Double(turns * turn.work)
    var unit = turns * turn.count
    for run in runs {
      let all = Double(run.count * run.work)
      guard rest >= all else { return min(units, unit + Int((rest / Double(run.work)).rounded())) }
      rest -= all
      unit += run.count
    }
    return min(units, unit)
  }
}

extension StepRecord {
  /// The first unit of a thread's part; of the part behind the last, the number of units.
  func firstUnit(of part: Int, threads: Int) -> Int {
    if part == threads { return units }
    return work?.first(of: part, threads: threads) ?? units * part / threads
  }
}
