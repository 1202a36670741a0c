// Ranges as text: what is written is read again, and what cannot be meant is refused by its line.

import Foundation
import Testing

@testable import ResNetRuntime

@Suite struct RangesTests {
  private func parse(_ text: String) throws -> Ranges { try Ranges(Array(text.utf8), path: "some.ranges") }

  private var some: Ranges {
    var ranges = Ranges(network: "ResNet50")
    ranges.notes = ["Written by a test."]
    ranges["input"] = Ranges.Range(low: -2.117904, high: 2.64)
    ranges["conv2_1.1"] = Ranges.Range(low: 0, high: 0.1)
    ranges["größe"] = Ranges.Range(low: -1e-20, high: 3.4e38)
    ranges.shifts["conv2_1.1"] = [0.1, -0.25, 1e-9]
    ranges.factors["conv2_1.1"] = [1, 0.3, 7]
    // Floats, so without a range.
    ranges.shifts["fc"] = [-1.5]
    // Of tensors, so without ranges too.
    ranges.steps["layer1.0.conv1.weight"] = [0.01, 3e-9]
    return ranges
  }

  @Test func whatIsWrittenIsRead() throws {
    let read = try parse(some.text)
    #expect(read == some && read.network == "ResNet50" && read.layers == ["input", "conv2_1.1", "größe"])
    #expect(read.shifts == some.shifts && read.factors == some.factors && read.steps == some.steps)
    // Every number comes back to the bit.
    #expect(read["größe"]?.low == -1e-20 && read["input"]?.low == -2.117904)
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try some.write(to: path)
    #expect(try Ranges(contentsOf: path) == some)
    #expect(try readFile(path).starts(with: Array("# Ranges of ResNet50.\n# Written by a test.\n".utf8)))
  }

  @Test func peopleMayWriteThem() throws {
    let read = try parse("\n  # mine\r\nconv1\t0   4.5\r\n\nfc -1 1")
    #expect(read.layers == ["conv1", "fc"] && read["conv1"] == Ranges.Range(low: 0, high: 4.5))
  }

  @Test func aRangeCanBeTakenAway() {
    var ranges = some
    ranges["input"] = nil
    #expect(ranges["input"] == nil && ranges.layers == ["conv2_1.1", "größe"])
    ranges["input"] = nil
    #expect(ranges.layers.count == 2)
  }

  @Test(
    arguments: [
      ("# nothing\n", nil, "it holds no range; pass a file that 'quantize --ranges' wrote"),
      ("a 0 1\nb 1", 2, "'b' has 1 numbers; write its smallest and its largest value"),
      ("a 0 1\n\nb", 3, "'b' stands alone; write its smallest and its largest value behind it"),
      ("a 0 1 2", 1, "'a' has 3 numbers; write its smallest and its largest value"),
      ("a 0 one", 1, "'one' is not a number"),
      ("a 0 inf", 1, "'inf' is not finite; calibrate with weights and images that give numbers"),
      ("a nan 1", 1, "'nan' is not finite; calibrate with weights and images that give numbers"),
      ("a 0 1e39", 1, "'1e39' is not finite; calibrate with weights and images that give numbers"),
      ("# x\na 2 1", 2, "the smallest value of 'a', 2.0, is above its largest, 1.0; swap them"),
      ("a 0 1\na 0 1", 2, "'a' has a range already; keep one of them"),
      ("a 0 1\na shifts 1\na shifts 2", 3, "'a' has shifts already; keep one line of them"),
      ("a 0 1\na factors 1\na factors 2", 3, "'a' has factors already; keep one line of them"),
      ("a 0 1\na factors 1 0", 2, "a factor of 'a' is not above zero; calibrate again"),
      ("a 0 1\na shifts x", 2, "'x' is not a number"),
      ("a 0 1\nw steps 1\nw steps 1", 3, "'w' has steps already; keep one line of them"),
      ("a 0 1\nw steps -1", 2, "a step of 'w' is not above zero; calibrate again"),
      ("a 0 1\nb factors 1", nil, "'b' has factors and no range; write 'b LOW HIGH'"),
    ] as [(String, Int?, String)]) func mistakesAreSaidByLine(_ text: String, _ line: Int?, _ reason: String)
  {
    #expect(
      thrown { _ = try parse(text) } == .ranges(path: "some.ranges", line: line, reason: reason))
  }

  @Test func bytesThatAreNoTextAreSaidByLine() {
    let error = thrown { _ = try Ranges(Array("a 0 1\n".utf8) + [0xFF, 0xFE], path: "p") }
    #expect(
      error == .ranges(path: "p", line: 2, reason: "it is not text; pass a file that 'quantize --ranges' wrote"))
    #expect(
      error?.description
        == "line 2 of 'p' is not usable: it is not text; pass a file that 'quantize --ranges' wrote")
  }

  @Test func aFileThatIsNotThereIsNamed() {
    #expect(
      thrown { _ = try Ranges(contentsOf: "/nowhere/a.ranges") }?.description.contains("/nowhere/a.ranges") == true)
  }

  /// No bytes crash the reader, and what it takes it writes and reads again as it is.
  @Test func anyBytesAreReadOrRefused() {
    var random = SplitMix(seed: 5)
    let words = ["a", "b", "0", "1", "-1", "shifts", "factors", "steps", "\n", "\n", " ", "#", "nan", "1e9", "é", "\t"]
    var accepted = 0
    for _ in 0..<3000 {
      let text = (0..<Int.random(in: 0..<14, using: &random)).map { _ in
        (words.randomElement(using: &random) ?? "") + " "
      }.joined()
      guard let ranges = try? parse(text) else { continue }
      accepted += 1
      let again = try? parse(ranges.text)
      #expect(again == ranges)
    }
    #expect(accepted > 5)
  }
}
