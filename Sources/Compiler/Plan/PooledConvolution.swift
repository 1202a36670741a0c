// A convolution whose map only a pool reads need not write it down: the rows that a window needs wait in the thread's own
// memory, in a ring that stays in the nearest caches, and the pool's map is all that reaches the arena. ResNet-50's stem
// wrote 3.2 MB and read them back; the ring is 43 KB.
internal import ResNetDSL

/// A direct convolution and the max or average pool that reads it.
package struct PooledConvolutionKernel: Hashable, Sendable {
  /// Writes into the ring. Its strips are of whole images.
  package var convolution: ConvolutionKernel
  /// Reads one block of channels from the ring.
  package var pool: PoolKernel
  /// Tiles of rows in the ring.
  package var ringTiles: Int

  /// Rows of the pool's map, each for one group of channels.
  package var units: Int { convolution.batch * convolution.tiling.groupCount * pool.out.height }
  /// Images of a strip.
  package var images: Int { convolution.strip / convolution.tiling.rowTileCount }
  package var ringFloats: Int { convolution.tiling.groups[0].size * convolution.out.blockPitch }

  package func scratchFloats(lanes: Int) -> Int {
    let tiling = convolution.tiling
    let sums = ringTiles * tiling.columnTileCount * tiling.tileFloats(lanes: lanes)
    return ringFloats + (convolution.stream.chunks.isEmpty ? 0 : sums)
  }

  /// `direct`, which reads `traffic`, into a ring, then `pool`; `nil` where that is not worth it: the ring is as large as
  /// the map (under a global average, whose single row would leave a thread too little to share, and whose 13 µs in
  /// ResNet-50 are no more than what is lost so), or too large to be near, or all groups of channels in turn would read
  /// more of the input from afar than the map is.
  init?(_ direct: ConvolutionKernel, _ pool: PoolKernel, _ traffic: LoopTraffic, target: Target) {
    (convolution, self.pool) = (direct, pool)
    let tiling = direct.tiling
    let tileRows = tiling.rows[0].size
    let pooling = pool.pooling
    let tiles = (0..<pool.out.height).map { row in
      let top = row * pooling.stride - pooling.padding.height
      let bottom = min(top + pooling.kernel.height, pool.inHeight)
      return (bottom + tileRows - 1) / tileRows - max(top, 0) / tileRows
    }
    ringTiles = tiles.max() ?? 1
    let ring = OutputMap(ring: ringTiles * tileRows, of: direct.out, lanes: target.lanes)
    convolution.out = ring
    convolution.strip = ConvolutionKernel.chooseStripOfImages(traffic, tiling: tiling)
    self.pool.ringRows = ring.ringRows
    self.pool.source = ConvolutionKernel.Source(
      pixelStride: ring.pixelPitch, rowStride: ring.rowPitch, blockPitch: ring.blockPitch, imagePitch: 0, origin: 0)

    // A chunk of weights serves the rows that one more row of the pool waits for; a panel that stays serves the strip.
    let isChunked = WeightStream.hasChunks(terms: direct.terms, tiling: tiling, target: target)
    let together = min(ringTiles, max(1, pooling.stride / tileRows))
    convolution.pass = isChunked ? together : convolution.strip
    convolution.stream = .choose(terms: direct.terms, strip: convolution.pass, tiling: tiling, target: target)

    let map = direct.batch * direct.out.blocks * direct.out.height * direct.out.width * target.lanes
    let apart = traffic.cost(strip: direct.strip) + 2 * map * LoopTraffic.distance(map)
    guard ringTiles < tiling.rowTileCount, ringFloats <= WeightStream.sumsLimit,
      traffic.cost(strip: convolution.strip) < apart
    else { return nil }
  }
}

extension OutputMap {
  /// The last `rows` rows of a map, without a halo.
  init(ring rows: Int, of map: OutputMap, lanes: Int) {
    self = map
    (haloHeight, haloWidth) = (0, 0)
    pixelPitch = lanes
    rowPitch = map.width * lanes
    blockPitch = rows * rowPitch
    imagePitch = 0
    origin = 0
    ringRows = rows
  }
}
