// Winograd's convolution in whole numbers. With the points 0, +-1 and +-2 the tiles of F(4x4, 3x3) are transformed exactly:
// of bytes they become numbers below 2^15, two of which a word of 32 bits holds. Filters are rounded to as many bits as
// keep every sum below 2^31. docs/quantization.md says what is computed.
//
// Products of 16 bits take twice as long as those of bytes, and there are four times fewer. Since filters are rounded, the
// sums are not those of the direct kernel; so which layers are computed so must follow from the network alone, or answers
// would differ from one instruction set to the next.
internal import ResNetDSL

extension WinogradTransform {
  /// Exact on whole numbers.
  package static let integer = WinogradTransform(tile: 4, stride: 1, points: [0, 1, -1, 2, -2])
}

extension WinogradKernel {
  /// Whether it multiplies whole numbers: then a block of channels in is two of the value's, whose numbers of 16 bits fill
  /// the words of a vector.
  package var isInteger: Bool { source.number.isQuantized }

  /// Vectors before the filters, but for what every lane of the last one holds: biases, slopes, and of whole numbers what
  /// brings the sums of each position to the output's scale.
  package var headVectors: Int {
    out.blocks * (isInteger ? 1 + transform.positions : activation == .prelu ? 2 : 1)
  }
  /// A vector after those: what brings a residual to the output's scale.
  package var hasResidualFactor: Bool { isInteger && residual != .none }
}

extension Planner {
  /// Whether a convolution of whole numbers is computed by F(4x4, 3x3) on every instruction set.
  func prefersIntegerWinograd(_ convolution: Convolution, _ id: NodeID) -> Bool {
    guard algorithms != .exact, allowsIntegerWinograd(convolution, id), let term = convolution.terms.first else {
      return false
    }
    if case .winograd(let cuts) = algorithms { return !cuts.isEmpty }
    return IntegerWinograd.pays(
      inChannels: term.inChannels, outChannels: convolution.outChannels, height: graph[id].shape.height,
      width: graph[id].shape.width)
  }

  private func allowsIntegerWinograd(_ convolution: Convolution, _ id: NodeID) -> Bool {
    guard convolution.terms.count == 1, let term = convolution.terms.first, term.allowsWinograd, term.stride == 1,
      !convolution.activation.hasSlopes, let source = graph[id].inputs.first, graph[source].number.isQuantized,
      graph[source].operation != .input
    else { return false }
    // Zeros that end inside a vector, of any instruction set, are the direct kernel's.
    if case .zeroPadded(let pad) = convolution.residual { return pad.channelsBefore % 16 == 0 }
    return true
  }
}

/// Where it pays on a processor with products of bytes (VNNI), which gains least: without them it is 1.8 to 3.6 times as fast
/// as the direct kernel on all of these shapes. Times of a direct kernel by those of F(4x4), on a Zen 5 core:
///
/// | channels | 56x56 | 28x28 | 14x14 | 7x7 |
/// |---|---|---|---|---|
/// | 32 | 1.31 | 1.15 | | |
/// | 64 | 1.61 | 1.63 | 0.97 | |
/// | 128 | 1.81 | 1.78 | 1.30 | 0.52 |
/// | 256 | | 1.89 | 1.36 | 0.52 |
/// | 512 | | | 1.14 | 0.53 |
enum IntegerWinograd {
  /// Below, transforms take what products save.
  static let leastChannels = 32
  /// Filters are eight times as many bytes as those of the direct kernel. With fewer tiles to use them they come too slowly.
  static let leastTiles = 16
  /// With so many tiles or more, filters may be as many as they are; with fewer they must stay in a cache.
  static let manyTiles = 49
  static let mostPairs = 256 * 256

  static func pays(inChannels: Int, outChannels: Int, height: Int, width: Int) -> Bool {
    let tile = WinogradTransform.integer.tile
    let tiles = ((height + tile - 1) / tile) * ((width + tile - 1) / tile)
    return min(inChannels, outChannels) >= leastChannels && tiles >= leastTiles
      && (tiles >= manyTiles || inChannels * outChannels <= mostPairs)
  }
}
