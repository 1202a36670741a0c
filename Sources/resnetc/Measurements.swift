// What the rounds of `resnetc tune` found, and what follows from it. Round r uses choice r of every shape, so that a few
// packages measure all choices of all shapes; shapes with fewer choices begin again and are measured more often.
import Foundation
import ResNetCompiler

struct Measurements {
  /// A choice that is not at least so much faster than the default is as fast.
  private static let leastGain = 0.02

  private let convolutions: [TunableConvolution]
  /// Milliseconds of all layers of a shape, by shape and choice: the best of the rounds.
  private var best: [[Double]]

  init(_ convolutions: [TunableConvolution]) {
    self.convolutions = convolutions
    best = convolutions.map { [Double](repeating: .infinity, count: $0.choices.count) }
  }

  func choices(inRound round: Int) -> [ConvolutionShape: ConvolutionChoice] {
    pick { $0.choices[round % $0.choices.count] }
  }

  /// What the cost model chose.
  var defaults: [ConvolutionShape: ConvolutionChoice] { pick { $0.choices[0] } }

  /// What was measured to be fastest.
  var choices: [ConvolutionShape: ConvolutionChoice] {
    Dictionary(
      uniqueKeysWithValues: convolutions.indices.map { (convolutions[$0].shape, convolutions[$0].choices[fastest($0)]) }
    )
  }

  var isDefault: Bool { convolutions.indices.allSatisfy { fastest($0) == 0 } }

  /// Adds the milliseconds of each layer, by name.
  mutating func add(_ times: [String: Double], round: Int) {
    for (index, convolution) in convolutions.enumerated() {
      let choice = round % convolution.choices.count
      let sum = convolution.layers.reduce(0) { $0 + (times[$1] ?? .infinity) }
      best[index][choice] = min(best[index][choice], sum)
    }
  }

  /// Every shape with its choice, and by how much that beats the default.
  var table: String {
    var table = TextTable([.left, .right, .right, .left, .right, .right])
    table.add("shape", "layers", "default ms", "choice", "ms", "faster by")
    for (index, convolution) in convolutions.enumerated() {
      let (choice, standard) = (fastest(index), best[index][0])
      let time = best[index][choice]
      let gain = choice == 0 ? "" : "\(decimals((standard / time - 1) * 100, 1)) %"
      table.add(
        convolution.shape.text, "\(convolution.layers.count)", decimals(standard, 4),
        (choice == 0 ? "default: " : "") + convolution.choices[choice].text, decimals(time, 4), gain)
    }
    return table.text()
  }

  private func fastest(_ index: Int) -> Int {
    let times = best[index]
    let choice = times.indices.min { times[$0] < times[$1] } ?? 0
    return times[choice] < times[0] * (1 - Self.leastGain) ? choice : 0
  }

  private func pick(_ choice: (TunableConvolution) -> ConvolutionChoice) -> [ConvolutionShape: ConvolutionChoice] {
    Dictionary(uniqueKeysWithValues: convolutions.map { ($0.shape, choice($0)) })
  }
}

/// A number with so many decimals.
func decimals(_ value: Double, _ count: Int) -> String { String(format: "%.\(count)f", value) }
