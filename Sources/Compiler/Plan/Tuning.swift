// What `resnetc tune` measured to be fastest on a machine, and the small text file that carries it to the compiler:
//
//     resnetc tuning 1, avx512, batch 1, threads 2
//     # made by resnetc 0.1.0 on some machine
//     1x1 s1 64x56x56 -> 256x56x56: direct
//     3x3 s1 256x14x14 -> 256x14x14: winograd 3x3, blocks 2, filters running
//
// Kernels of another precision than float32 are named as in packed files: `avx512-int8`, `avxvnni-int8`, `avx512fp16`.
// A shape without a line, an instruction set or a batch without a file gets what the cost model chooses. `ReadTuning`
// reads it.
package import ResNetDSL

/// How to compute a convolution; what is left open the cost model decides.
package enum ConvolutionChoice: Hashable, Sendable {
  /// As defined, in tiles of so many vectors of output channels.
  case direct(vectors: Int?)
  /// In tiles of so many outputs along an axis, with the tiles of the map in so many blocks, and the weights transformed
  /// then.
  case winograd(tile: Int, blocks: Int?, filters: WinogradFilters.Stage?)

  package var text: String {
    switch self {
    case .direct(let vectors): "direct" + (vectors.map { ", vectors \($0)" } ?? "")
    case .winograd(let tile, let blocks, let filters):
      "winograd \(Self.name(ofTile: tile))" + (blocks.map { ", blocks \($0)" } ?? "")
        + (filters.map { ", filters \($0.rawValue)" } ?? "")
    }
  }

  /// `3x3`: the outputs of a tile.
  static func name(ofTile tile: Int) -> String { "\(tile)x\(tile)" }
}

/// Choices for one instruction set, one precision and one size of batch.
package struct Tuning: Hashable, Sendable {
  /// A line of the file.
  package struct Entry: Hashable, Sendable {
    package var choice: ConvolutionChoice
    package var shapeSpan: Span
    package var choiceSpan: Span
  }

  package let target: Target
  package let batch: Int
  /// With which it was measured; it serves any number.
  package let threads: Int
  package let entries: [ConvolutionShape: Entry]
  /// Of the file's first line.
  package let headSpan: Span
  /// Of the file's bytes.
  package let hash: UInt64

  package init(
    target: Target, batch: Int, threads: Int, entries: [ConvolutionShape: Entry], headSpan: Span, hash: UInt64
  ) {
    self.target = target
    self.batch = batch
    self.threads = threads
    self.entries = entries
    self.headSpan = headSpan
    self.hash = hash
  }

  /// Choices that come from no file.
  package init(target: Target, batch: Int, threads: Int, choices: [ConvolutionShape: ConvolutionChoice]) {
    let nowhere = Span(0, 0)
    self.init(
      target: target, batch: batch, threads: threads,
      entries: choices.mapValues { Entry(choice: $0, shapeSpan: nowhere, choiceSpan: nowhere) }, headSpan: nowhere,
      hash: 0)
  }

  static let head = "resnetc tuning"
  static let version = 1

  /// The file, with a comment of one line.
  package func text(comment: String) -> String {
    "\(Self.head) \(Self.version), \(target.title), batch \(batch), threads \(threads)\n# \(comment)\n"
      + entries.sorted { $0.key < $1.key }.map { "\($0.key.text): \($0.value.choice.text)\n" }.joined()
  }
}
