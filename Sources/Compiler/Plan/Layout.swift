// How a value lies in memory. Channels are cut into blocks of one vector, so that a pixel of a block is one load and a
// stride is only arithmetic on addresses (nChw16c and its narrower kin). A halo of zeros around each map stands for the
// padding of the convolutions that read it, so kernels have no edge cases.
//
// Two invariants hold for every blocked value: its halo is zero, and so are the lanes that hold no channel. Whoever
// writes a value writes both.
package import ResNetDSL

/// Pitches and sizes of one value, in words of 32 bits: a float, or as many whole numbers as fit.
package struct Layout: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// `[image][channel][row][column]`: the input image alone, whose few channels would waste a vector.
    case planar
    /// `[image][block][row][column][lane]`; the order says which channel that is.
    case blocked(lanes: Int)
  }

  package let kind: Kind
  package let shape: Shape
  /// Zeros above and below, left and right.
  package let halo: Extent
  package let order: ChannelOrder
  /// Blocks from one image to the next, where the value is a part of a larger one.
  package let blocksOfWhole: Int?
  package let number: NumberType
  /// Channels in a word.
  package let wordChannels: Int

  package init(
    kind: Kind, shape: Shape, halo: Extent, order: ChannelOrder? = nil, blocksOfWhole: Int? = nil,
    number: NumberType = .float32, products: IntegerProducts = .pairs
  ) {
    self.number = number
    wordChannels =
      switch number {
      case .float32: 1
      case .float16: 2
      case .uint8, .int8: products.channels
      }
    self.kind = kind
    self.shape = shape
    self.halo = halo
    self.order = order ?? .plain(shape.channels)
    self.blocksOfWhole = blocksOfWhole
  }

  /// Blocks of channels; channels, where planar.
  package var blocks: Int {
    switch kind {
    case .planar: shape.channels
    case .blocked(let lanes): order.blocks(lanes: lanes)
    }
  }
  /// Channels of a block.
  package var lanes: Int {
    switch kind {
    case .planar: 1
    case .blocked(let lanes): lanes
    }
  }
  package var pixelPitch: Int { words(of: lanes) }
  /// That so many channels fill.
  package func words(of channels: Int) -> Int { (channels + wordChannels - 1) / wordChannels }
  package var rowPitch: Int { (shape.width + 2 * halo.width) * pixelPitch }
  package var blockPitch: Int { (shape.height + 2 * halo.height) * rowPitch }
  package var imagePitch: Int { (blocksOfWhole ?? blocks) * blockPitch }
  /// Of pixel (0, 0), after the halo.
  package var origin: Int { halo.height * rowPitch + halo.width * pixelPitch }

  /// Of so many images: what lies between the first and the last, too.
  package func floats(batch: Int) -> Int { (batch - 1) * imagePitch + blocks * blockPitch }
}
