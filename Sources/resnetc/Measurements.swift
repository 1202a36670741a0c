// What the rounds of `resnetc tune` found, and what follows from it. Round r uses choice r of every shape, so that a few
// packages measure all choices of all shapes; shapes with fewer choices begin again. Each round is held against the
// defaults measured in turns with it, because a processor's clock drifts more from minute to minute than choices differ.
import Foundation
import ResNetCompiler

struct Measurements {
  /// A choice that is not at least so much faster than the default is as fast.
  private static let leastGain = 0.02

  private let convolutions: [TunableConvolution]
  /// Milliseconds of all layers of a shape with the default: the best of all rounds.
  private var standard: [Double]
  /// By shape and choice: its time in the default's.
  private var ratios: [[Double]]

  init(_ convolutions: [TunableConvolution]) {
    self.convolutions = convolutions
    standard = convolutions.map { _ in .infinity }
    ratios = convolutions.map { [1] + [Double](repeating: .infinity, count: $0.choices.count - 1) }
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

  /// Adds the milliseconds of each layer, by name, and those of the default in the same minute.
  mutating func add(_ times: [String: Double], default defaults: [String: Double], round: Int) {
    for (index, convolution) in convolutions.enumerated() {
      let choice = round % convolution.choices.count
      func sum(_ times: [String: Double]) -> Double {
        convolution.layers.reduce(0) { $0 + (times[$1] ?? .infinity) }
          + convolution.pools.reduce(0) { $0 + (times[$1] ?? 0) }
      }
      let (time, base) = (sum(times), sum(defaults))
      standard[index] = min(standard[index], base)
      guard choice > 0, base > 0, base.isFinite else { continue }
      ratios[index][choice] = min(ratios[index][choice], time / base)
    }
  }

  /// Every shape with its choice, and by how much that beats the default.
  var table: String {
    var table = TextTable([.left, .right, .right, .left, .right, .right])
    table.add("shape", "layers", "default ms", "choice", "ms", "faster by")
    for (index, convolution) in convolutions.enumerated() {
      let choice = fastest(index)
      let ratio = ratios[index][choice]
      table.add(
        convolution.shape.text, "\(convolution.layers.count)", decimals(standard[index], 4),
        (choice == 0 ? "default: " : "") + convolution.choices[choice].text, decimals(standard[index] * ratio, 4),
        choice == 0 ? "" : "\(decimals((1 / ratio - 1) * 100, 1)) %")
    }
    return table.text()
  }

  private func fastest(_ index: Int) -> Int {
    let ratios = ratios[index]
    let choice = ratios.indices.min { ratios[$0] < ratios[$1] } ?? 0
    return ratios[choice] < 1 - Self.leastGain ? choice : 0
  }

  private func pick(_ choice: (TunableConvolution) -> ConvolutionChoice) -> [ConvolutionShape: ConvolutionChoice] {
    Dictionary(uniqueKeysWithValues: convolutions.map { ($0.shape, choice($0)) })
  }
}

/// A number with so many decimals.
func decimals(_ value: Double, _ count: Int) -> String { String(format: "%.\(count)f", value) }
