// What the split of steps allows so many threads, against sums by hand.
import Testing

@testable import ResNetRuntime

@Suite struct SplitTests {
  /// Twelve units on eight threads: two for four of them.
  @Test func theBusiestHasMost() throws {
    let split = try stepRecord(12).split([1, 2, 8, 16])
    #expect(split.units == 12)
    #expect(split.largestShares == [1, 0.5, 2.0 / 12, 1.0 / 12])
  }

  /// 21 units of three and 7 of one: two threads have 36 and 34 of 70.
  @Test func unitsCountByTheirWork() throws {
    #expect(try stepRecord(28, "21x3 7x1").split([2]).largestShares == [36.0 / 70])
  }

  /// Sum of time by share: of two layers of 3 and 1 ms the second is one thread's.
  @Test func layersAddUp() throws {
    let counts = [2, 4]
    let layers = [(0.003, try stepRecord(4).split(counts)), (0.001, LayerSplit.alone(counts))]
    let split = NetworkSplit(counts, layers: layers)
    #expect(split.rows.map(\.threads) == counts)
    #expect(abs(split.rows[0].speedUp - 4 / 2.5) < 1e-12 && abs(split.rows[1].efficiency - 4 / 1.75 / 4) < 1e-12)
  }

  @Test(arguments: ["21x3 7x1", "3x3 1x1", "1x5", "2x1 1x7 4x2"]) func workBeforeAUnit(work: String) throws {
    let runs = work.split(separator: " ").map { $0.split(separator: "x").compactMap { Int($0) } }
    let turn = runs.flatMap { [Int](repeating: $0[1], count: $0[0]) }
    let unitWork = try UnitWork(work.split(separator: " ").map(String.init), units: turn.count * 3)
    for unit in 0...turn.count * 3 {
      #expect(unitWork.before(unit) == Double((0..<unit).reduce(0) { $0 + turn[$1 % turn.count] }))
    }
  }
}
