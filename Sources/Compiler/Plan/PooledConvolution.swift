// A convolution whose map only a pool or a depthwise convolution reads need not write it down: the rows that a window needs
// wait in the thread's own memory, in a ring that stays in the nearest caches, and the reader's map is all that reaches the
// arena. ResNet-50's stem wrote 3.2 MB and read them back; the ring is 43 KB.
internal import ResNetDSL

/// A direct convolution whose rows wait in a ring for what reads them.
package protocol RingKernel {
  /// Writes into the ring. Its strips are of whole images.
  var convolution: ConvolutionKernel { get }
  /// Tiles of rows in the ring.
  var ringTiles: Int { get }
  /// The reader's map.
  var map: OutputMap { get }
}

extension RingKernel {
  /// Rows of the reader's map, each for one group of channels.
  package var units: Int { convolution.batch * convolution.tiling.groupCount * map.height }
  /// Images of a strip.
  package var images: Int { convolution.strip / convolution.tiling.rowTileCount }
  package var ringFloats: Int { convolution.tiling.groups[0].size * convolution.out.blockPitch }

  package func scratchFloats(lanes: Int) -> Int {
    let tiling = convolution.tiling
    let sums = ringTiles * tiling.columnTileCount * tiling.tileFloats(lanes: lanes)
    return ScratchNotes.floats + ringFloats + (convolution.stream.chunks.isEmpty ? 0 : sums)
  }
}

/// A direct convolution and the max or average pool that reads it.
package struct PooledConvolutionKernel: RingKernel, Hashable, Sendable {
  package var convolution: ConvolutionKernel
  /// Reads one block of channels from the ring.
  package var pool: PoolKernel
  package var ringTiles: Int
  package var map: OutputMap { pool.out }

  /// `direct`, which reads `traffic`, into a ring, then `pool`; `nil` where that is not worth it.
  init?(_ direct: ConvolutionKernel, _ pool: PoolKernel, _ traffic: LoopTraffic, target: Target) {
    let pooling = pool.pooling
    let windows = (0..<pool.out.height).map { row in
      let top = row * pooling.stride.rows - pooling.padding.top
      return max(top, 0)..<min(top + pooling.kernel.height, pool.inHeight)
    }
    guard
      let ring = ConvolutionRing(
        direct, windows: windows, stride: pooling.stride.rows, beside: 0, traffic, target: target)
    else { return nil }
    (convolution, ringTiles, self.pool) = (ring.convolution, ring.tiles, pool)
    self.pool.ringRows = convolution.out.ringRows
    self.pool.source = ring.source
  }
}

/// A direct convolution and the convolution of each channel by itself that reads it: in a MobileNet the widest maps.
package struct SeparableKernel: RingKernel, Hashable, Sendable {
  /// Writes between columns of zeros.
  package var convolution: ConvolutionKernel
  /// Reads one block of channels from the ring.
  package var depthwise: DepthwiseKernel
  package var ringTiles: Int
  /// Where the second layer's weights begin after the first's.
  package var secondWeights: Int
  package var map: OutputMap { depthwise.out }

  /// `nil` where that is not worth it: a map that stays in the second level of cache is near enough as it is.
  init?(
    _ direct: ConvolutionKernel, _ depthwise: DepthwiseKernel, _ term: Convolution.Term, secondWeights: Int,
    _ traffic: LoopTraffic, target: Target
  ) {
    let map = direct.batch * direct.out.blocks * direct.out.height * direct.out.width * target.lanes
    guard depthwise.residual == .none, LoopTraffic.distance(map) > 1 else { return nil }
    let reach = (term.kernel.height - 1) * term.dilation + 1
    let windows = (0..<depthwise.out.height).map { row in
      let top = row * term.stride.rows - term.padding.top
      return max(top, 0)..<max(max(top, 0), min(top + reach, direct.out.height))
    }
    guard
      let ring = ConvolutionRing(
        direct, windows: windows, stride: term.stride.rows, beside: term.padding.halo.width, traffic, target: target)
    else { return nil }
    (convolution, ringTiles, self.depthwise) = (ring.convolution, ring.tiles, depthwise)
    self.secondWeights = secondWeights
    self.depthwise.ring = DepthwiseKernel.Ring(
      rows: convolution.out.ringRows ?? 1, mapHeight: direct.out.height, padHeight: term.padding.top)
    let pixelStride = depthwise.source.pixelStride
    self.depthwise.source = ring.source
    self.depthwise.source.pixelStride = pixelStride
    // The columns of zeros are the wider padding's on both sides.
    self.depthwise.source.origin = (term.padding.halo.width - term.padding.left) * ring.source.pixelStride
    self.depthwise.tapRow = 0
  }
}

/// The convolution's part of it: rows computed into a ring, as windows need them.
private struct ConvolutionRing {
  var convolution: ConvolutionKernel
  var tiles: Int

  /// `nil` where the ring is as large as the map (under a global average, whose single row would leave a thread too little
  /// to share, and whose 13 µs in ResNet-50 are no more than what is lost so), or too large to be near, or all groups of
  /// channels in turn would read more of the input from afar than the map is.
  ///
  /// - Parameters:
  ///   - windows: For each row of the reader's map the rows that it needs.
  ///   - beside: Columns of zeros on both sides.
  init?(
    _ direct: ConvolutionKernel, windows: [Range<Int>], stride: Int, beside: Int, _ traffic: LoopTraffic, target: Target
  ) {
    convolution = direct
    let tiling = direct.tiling
    let tileRows = tiling.rows[0].size
    tiles = windows.map { ($0.upperBound + tileRows - 1) / tileRows - $0.lowerBound / tileRows }.max() ?? 1
    convolution.out = OutputMap(ring: tiles * tileRows, beside: beside, of: direct.out)
    convolution.strip = ConvolutionKernel.chooseStripOfImages(traffic, tiling: tiling)

    // A chunk of weights serves the rows that one more row of the reader waits for; a panel that stays serves the strip.
    let isChunked = WeightStream.hasChunks(terms: direct.terms, tiling: tiling, target: target)
    let together = min(tiles, max(1, stride / tileRows))
    convolution.pass = isChunked ? together : convolution.strip
    convolution.stream = .choose(terms: direct.terms, strip: convolution.pass, tiling: tiling, target: target)

    let map = direct.batch * direct.out.blocks * direct.out.height * direct.out.width * target.lanes
    let apart = traffic.cost(strip: direct.strip) + 2 * map * LoopTraffic.distance(map)
    guard tiles < tiling.rowTileCount, tiling.groups[0].size * convolution.out.blockPitch <= WeightStream.sumsLimit,
      traffic.cost(strip: convolution.strip) < apart
    else { return nil }
  }

  /// How its reader finds pixels: from the first column of the map where there are none beside, else from those.
  var source: ConvolutionKernel.Source {
    let out = convolution.out
    return ConvolutionKernel.Source(
      pixelStride: out.pixelPitch, rowStride: out.rowPitch, blockPitch: out.blockPitch, imagePitch: 0, origin: 0,
      number: out.number)
  }
}

extension OutputMap {
  /// The last `rows` rows of a map; the zeros beside them are no halo of its own.
  init(ring rows: Int, beside: Int, of map: OutputMap) {
    self = map
    (haloHeight, haloWidth) = (0, 0)
    rowPitch = (map.width + 2 * beside) * pixelPitch
    blockPitch = rows * rowPitch
    imagePitch = 0
    origin = beside * pixelPitch
    ringRows = rows
  }
}
