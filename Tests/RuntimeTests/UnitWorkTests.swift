// Which units a thread computes.
import Testing

@testable import ResNetRuntime

@Suite struct UnitWorkTests {
  @Test func asManyToEachOfUnitsThatAreAlike() throws {
    let step = try stepRecord(7)
    #expect((0...3).map { step.firstUnit(of: $0, threads: 3) } == [0, 2, 4, 7])
  }

  /// Ten vectors in groups of three by seven rows: 36 and 34 of 70, where 14 units each are 42 and 28.
  @Test func asMuchToEachOfOthers() throws {
    let step = try stepRecord(28, "21x3 7x1")
    #expect((0...2).map { step.firstUnit(of: $0, threads: 2) } == [0, 12, 28])
  }

  /// No other unit would leave a thread nearer to its share.
  @Test(arguments: ["21x3 7x1", "3x3 1x1", "1x5", "182x3 7x2", "2x1 1x7 4x2", "7x8 1x7"], [1, 3, 40])
  func nearest(work: String, turns: Int) throws {
    let runs = work.split(separator: " ").map { $0.split(separator: "x").compactMap { Int($0) } }
    let turn = runs.flatMap { [Int](repeating: $0[1], count: $0[0]) }
    let units = turn.count * turns
    let step = try stepRecord(units, work)
    let before = (0...units).map { unit in (0..<unit).reduce(0) { $0 + turn[$1 % turn.count] } }
    for threads in [1, 2, 3, 4, 7, 64] {
      let parts = (0...threads).map { step.firstUnit(of: $0, threads: threads) }
      #expect(parts == parts.sorted() && parts.first == 0 && parts.last == units)
      for (part, unit) in parts.enumerated() {
        let goal = Double(before[units] * part) / Double(threads)
        let nearest = before.map { abs(Double($0) - goal) }.min() ?? 0
        #expect(abs(Double(before[unit]) - goal) <= nearest + 1e-9, "\(part) of \(threads)")
      }
    }
  }

  @Test(arguments: [
    ("", "the work of 0 units is said of 6"), ("4x1", "the work of 4 units is said of 6"),
    ("6x0", "'6x0' is no work of units"), ("0x1 6x2", "'0x1' is no work of units"), ("6xa", "'a' is not a number"),
    ("9999999999999x1", "'9999999999999x1' is no work of units"),
  ]) func whatIsNoWork(work: String, reason: String) {
    #expect(throws: ModelError.invalidPlan(reason: reason)) { try stepRecord(6, work) }
  }
}
