// Which units a thread computes.
import Testing

@testable import ResNetRuntime

@Suite struct UnitWorkTests {
  private func step(_ units: Int, _ work: String? = nil) throws -> StepRecord {
    let line = "a, kernel 0 of \(units) units" + (work.map { ", work \($0)" } ?? "") + ", at 0"
    let layers = try read("a  input, 1, 1x1") { try readLayers(TableLine.lines(of: $0)) }
    return try read(line) { try readSteps(TableLine.lines(of: $0), layers: layers, lanes: 1, isa: .portable).steps[0] }
  }

  private func read<Result>(_ text: String, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
    try Array(text.utf8).withUnsafeBufferPointer(body)
  }

  @Test func asManyToEachOfUnitsThatAreAlike() throws {
    let step = try step(7)
    #expect((0...3).map { step.firstUnit(of: $0, threads: 3) } == [0, 2, 4, 7])
  }

  /// Ten vectors in groups of three by seven rows: 36 and 34 of 70, where 14 units each are 42 and 28.
  @Test func asMuchToEachOfOthers() throws {
    let step = try step(28, "21x3 7x1")
    #expect((0...2).map { step.firstUnit(of: $0, threads: 2) } == [0, 12, 28])
  }

  /// No other unit would leave a thread nearer to its share.
  @Test(arguments: ["21x3 7x1", "3x3 1x1", "1x5", "182x3 7x2", "2x1 1x7 4x2", "7x8 1x7"], [1, 3, 40])
  func nearest(work: String, turns: Int) throws {
    let runs = work.split(separator: " ").map { $0.split(separator: "x").compactMap { Int($0) } }
    let turn = runs.flatMap { [Int](repeating: $0[1], count: $0[0]) }
    let units = turn.count * turns
    let step = try step(units, work)
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
    #expect(throws: ModelError.invalidPlan(reason: reason)) { try step(6, work) }
  }
}
