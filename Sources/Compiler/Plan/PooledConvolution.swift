// A convolution whose map only a pool reads need not write it down: the rows that a window needs wait in the thread's own
// memory, in a ring that stays in the nearest caches, and the pool's map is all that reaches the arena. ResNet-50's stem
// wrote 3.2 MB and read them back; the ring is 43 KB.
internal import ResNetDSL


/// A direct convolution and the max or average pool, possibly the global one, that reads it.
package struct PooledConvolutionKernel: Hashable, Sendable {
  /// Writes into the ring. Its strips are of whole images.
  package var convolution: ConvolutionKernel
  /// Reads one block of the ring.
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

  /// `direct` into a ring, then `pool`; `nil` where the ring would be no nearer than the arena.
  ///
  /// - Parameters:
  ///   - inputFloats, weightFloats: as `ConvolutionKernel.chooseStrip` takes them.
  init?(
    _ direct: ConvolutionKernel, _ pool: PoolKernel, inputFloats: Int, weightFloats: Int, target: Target
  ) {
    (convolution, self.pool) = (direct, pool)
    let tiling = direct.tiling
    let tileRows = tiling.rows[0].size
    let tiles = (0..<pool.out.height).map { row in
      let top = row * pool.pooling.stride - pool.pooling.padding.height
      let bottom = min(top + pool.pooling.kernel.height, pool.inHeight)
      return (bottom + tileRows - 1) / tileRows - max(top, 0) / tileRows
    }
    ringTiles = tiles.max() ?? 1
    convolution.out = OutputMap(ring: ringTiles * tileRows, of: direct.out, lanes: target.lanes)
    guard ringFloats <= WeightStream.sumsLimit else { return nil }

    convolution.strip = ConvolutionKernel.chooseStrip(
      inputFloats: inputFloats, weightFloats: weightFloats, terms: direct.terms, tiling: tiling, batch: direct.batch,
      target: target, wholeImages: true)
    // A chunk of weights serves the rows that one row of the pool waits for; a panel that stays serves the strip.
    let isChunked = WeightStream.hasChunks(terms: direct.terms, tiling: tiling, target: target)
    let together = min(ringTiles, max(1, pool.pooling.stride / tileRows))
    convolution.pass = isChunked ? (pool.out.height == 1 ? ringTiles : together) : convolution.strip
    convolution.stream = .choose(
      terms: direct.terms, strip: convolution.pass, tiling: tiling, target: target)

    let ring = convolution.out
    self.pool.source = ConvolutionKernel.Source(
      pixelStride: ring.pixelPitch, rowStride: ring.rowPitch, blockPitch: ring.blockPitch, imagePitch: 0, origin: 0)
    // Without a row that is written again, a row lies where it would in the map.
    if ringTiles * tileRows < pool.inHeight { self.pool.ringRows = ringTiles * tileRows }
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
