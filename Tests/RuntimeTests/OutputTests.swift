// Labels, probabilities and the best classes.

import Foundation
import ResNetRuntime
import Testing

@Suite struct LabelsTests {
  private func labels(_ text: String, count: Int) throws -> [String] {
    try withFile(Array(text.utf8)) { try Labels(contentsOf: $0, count: count).names }
  }

  @Test func readsLines() throws {
    #expect(try labels("cat\ndog\n", count: 2) == ["cat", "dog"])
    #expect(try labels("cat\ndog", count: 2) == ["cat", "dog"])
    #expect(try labels("\u{FEFF}tench, Tinca tinca\r\nnaïve\r\n\r\n", count: 2) == ["tench, Tinca tinca", "naïve"])
    #expect(try labels("a\n\nc\n", count: 3) == ["a", "", "c"])
    #expect(try labels("", count: 0) == [])
  }

  @Test func checksTheCount() throws {
    try withFile(Array("a\nb\n".utf8)) { path in
      #expect(throws: ModelError.labelsCount(path: path, expected: 3, found: 2)) {
        _ = try Labels(contentsOf: path, count: 3)
      }
    }
  }

  @Test func checksTheText() throws {
    try withFile([0x61, 0x0A, 0xFF, 0x0A]) { path in
      #expect(throws: ModelError.labelsText(path: path, line: 2)) { _ = try Labels(contentsOf: path, count: 2) }
    }
    #expect(throws: ModelError.cannotOpen(path: "/nowhere", reason: "No such file or directory")) {
      _ = try Labels(contentsOf: "/nowhere", count: 2)
    }
  }
}

@Suite struct PredictionTests {
  private func probabilities(_ logits: [Float]) -> [Float] { logits.withUnsafeBufferPointer { softmax($0) } }

  @Test func probabilitiesSumToOne() {
    #expect(probabilities([0, 0, 0, 0]) == [0.25, 0.25, 0.25, 0.25])
    let values = probabilities([1, 2, 3])
    #expect(abs(values[0] - 0.09003057) < 1e-7)
    #expect(abs(values[1] - 0.24472848) < 1e-7)
    #expect(abs(values[2] - 0.66524094) < 1e-7)
    #expect(probabilities([]) == [])
  }

  @Test func largeLogitsDoNotOverflow() {
    #expect(probabilities([3e38, -3e38]) == [1, 0])
    #expect(probabilities([1000, 1000]) == [0.5, 0.5])
    #expect(probabilities([-.infinity, 0]) == [0, 1])
  }

  @Test func nonsenseGivesNaNs() {
    for logits: [Float] in [[.nan, 1], [.infinity, 1], [.nan, .nan], [-.infinity, -.infinity]] {
      #expect(probabilities(logits).contains { $0.isNaN })
      #expect(topPredictions(probabilities(logits), top: 2, labels: nil).map(\.index).sorted() == [0, 1])
    }
  }

  @Test func ordersClasses() throws {
    let labels = try withFile(Array("a\nb\nc\nd\ne".utf8)) { try Labels(contentsOf: $0, count: 5) }
    let best = topPredictions([0.2, .nan, 0.3, 0.2, 0.3], top: 4, labels: labels)
    #expect(best.map(\.index) == [2, 4, 0, 3])
    #expect(best[0] == Prediction(index: 2, label: "c", score: 0.3))
    #expect(topPredictions([.nan, .nan, 1], top: 9, labels: nil).map(\.index) == [2, 0, 1])
    #expect(topPredictions([1, 2], top: 0, labels: nil).isEmpty)
    #expect(topPredictions([1, 2], top: -1, labels: nil).isEmpty)
    #expect(topPredictions([], top: 5, labels: nil).isEmpty)
    #expect(labels[-1] == nil && labels[5] == nil && labels[4] == "e")
  }
}
