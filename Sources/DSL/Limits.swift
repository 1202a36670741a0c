// Every limit of the language, in one place. They are far above any network that has been trained, and low enough that
// no input makes the compiler slow or large. Exceeding one is an ordinary error that names the number.

package enum Limits {
  package static let fileBytes = 1 << 20
  package static let lineBytes = 10_000
  package static let nesting = 32
  package static let nameBytes = 64
  package static let number = Int(Int32.max)
  package static let repeats = 10_000
  package static let channels = 65_536
  package static let spatial = 16_384
  package static let kernel = 63
  package static let stride = 63
  package static let dilation = 1_024
  /// Layers of one variant after all repeats.
  package static let layers = 20_000
  /// Layers of all variants of a file as `Network` holds them: repeats of a block are stored once.
  package static let writtenLayers = 100_000
  package static let columns = 64
  package static let rows = 1_000
  package static let definitions = 100
  /// Diagnostics that a run shows; the rest are counted.
  package static let diagnostics = 100
}
