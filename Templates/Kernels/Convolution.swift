import ResNetCPU

//% strip
// Direct convolution. A register tile of output pixels by output channels is summed over the whole reduction, then the
// epilogue adds the residual, applies the activation and stores, so each output is touched once. Every number but the
// addresses is a constant. As it stands, the smallest instance: one pixel, one vector of channels, one term of 1x1.
private let hasFMA = false, batch = 1, groups = 1, rowTiles = 1, terms = 1, strip = 1, pass = 1, groupRuns = 1
private let rowRuns = 1, columnRuns = 1, vectors = [1], groupCount = [1], groupStart = [0], firstGroup = [0], rows = [1]
private let rowCount = [1], rowStart = [0], firstRowTile = [0], pixels = [1], columnCount = [1], columnStart = [0]
private let blocks = [1], kernelRows = [1], kernelColumns = [1], lanesRead = [lanes], blockStep = [0], rowStep = [0]
private let columnStep = [0], laneStep = [1], pixelStride = [lanes], rowStride = [lanes], imagePitch = [lanes]
private let origin = [0], outBlocks = 1, outHeight = 1, outPixelPitch = lanes, outRowPitch = lanes
private let outBlockPitch = lanes, outImagePitch = lanes, outOrigin = 0, haloRow = 0, haloAbove = 0, haloBelow = 0
private let padded = 0, padBlock = [0], padLanes = [0], z = 0, groupBlocks = 1, groupStep = 0, ringRows = 1
private let residual = 0, residualPixel = lanes, residualRow = lanes, residualBlock = lanes, residualImage = lanes
private let residualOrigin = 0, residualBlocks = 0, residualBlocksBefore = 0, residualChannels = 0
private let residualChannelsBefore = 0, prelu = false, activatesLast = false, weightVector = lanes, weightStep = [lanes]
private let panelFloats = lanes * lanes, slopeFloats = 0, columnTiles = 1, tileFloats = lanes, passes = 1, chunks = 1
private let termChunks = [1], firstChunk = [0], firstStep = [0], chunkSteps = [lanes], chunkBlocks = [1]
private let lastBlocks = [1], partialPeriod = [1], partialFirst = [1], partialEmpty = [0], aheadFloats = 0
private let aheadLines = [1], cacheLine = 16, g = 0, h = 0, c = 0, t = 0, s = 0, q = 0, p = 0, v = 0, i = 0
@inline(__always) private func activation(_ x: V) -> V { x }

//% end
// docs
func kernel(
  _ source_0: UnsafePointer<Float>, _ source_1: UnsafePointer<Float>, _ added: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>,
  _ begin: Int, _ end: Int
) {
  var unit = begin
  if chunks > 1 {  //% if
    // Chunk by chunk of a group's weights over a strip, whose sums wait in `scratch` meanwhile.
    while unit < end {
      let first = unit
      let rest = strip - unit % strip
      let stop = rest < end - unit ? unit + rest : end
      var chunk = 0
      while chunk < chunks {
        unit = first
        while unit < stop {
          let sums = scratch + (unit - first) * const(columnTiles * tileFloats)
          kernel_unit(source_0, source_1, added, y, weights, sums, unit, chunk)
          unit += 1
        }
        chunk += 1
      }
    }
  } else {  //% else
    while unit < end {
      kernel_unit(source_0, source_1, added, y, weights, scratch, unit, 0)
      unit += 1
    }
  }  //% end
}

@inline(__always) private func kernel_unit(
  _ source_0: UnsafePointer<Float>, _ source_1: UnsafePointer<Float>, _ added: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>,
  _ unit: Int, _ chunk: Int
) {
  // Strips of pixels outside, then groups of channels, then the rows of a strip.
  let group = unit / strip % groups
  let position = unit / const(strip * groups) * strip + unit % strip
  let image = position / rowTiles
  let rowTile = position % rowTiles
  let panel = weights + (const(outBlocks * lanes + slopeFloats) + group * panelFloats)
  //% if chunks > 1
  var sums = scratch
  //% end
  //% for g in groupRuns, h in rowRuns
  if group / const(groupCount[0]) == g && rowTile / const(rowCount[0]) == h {  //% unwrap groupRuns * rowRuns == 1
    let block = group * const(vectors[g]) + const(groupStart[g] - firstGroup[g] * vectors[g])
    let row = rowTile * const(rows[h]) + const(rowStart[h] - firstRowTile[h] * rows[h])
    //% strip
    let source_t = source_0
    //% end
    //% for t in terms
    let x_t =
      source_t + (image * const(imagePitch[t]) + row * const(rowStride[t]) + const(origin[t]))
      //% if groupBlocks > 0
      + block / groupBlocks * groupStep
    //% end
    //% end
    //% if residual > 0
    let r = added + (image * residualImage + row * residualRow + residualOrigin)
    //% end
    var o = y
    if ringRows > 0 {  //% if
      o += row % ringRows * outRowPitch + outOrigin
    } else {  //% else
      o += image * outImagePitch + block * outBlockPitch + row * outRowPitch + outOrigin
    }  //% end
    if haloRow + haloAbove + haloBelow > 0 {  //% if
      if chunk == const(chunks - 1) {  //% unwrap chunks == 1
        // The tile's share of the zero halo: left and right of its rows, above the first row, below the last.
        var vector = 0
        while vector < const(vectors[g]) {
          let map = o + vector * outBlockPitch
          var line = 0
          while line < const(rows[h]) {
            let above = row + line == 0 ? haloAbove : 0
            let below = row + line == const(outHeight - 1) ? haloBelow : 0
            zeroHalo(map + line * outRowPitch, outRowPitch, haloRow, above, below)
            line += 1
          }
          vector += 1
        }
      }  //% end
    }  //% end
    //% if aheadFloats > 0
    var share = unit % pass * const(columnTiles * aheadFloats)
    //% end
    //% for c in columnRuns
    var column_c = const(columnStart[c])
    while column_c < const(columnStart[c] + columnCount[c] * pixels[c]) {
      //% for s in passes
      if chunk >= const(firstChunk[s]) && chunk < const(firstChunk[s] + termChunks[s]) {  //% unwrap passes == 1
        kernel_g_h_c_s(
          //% for t in terms
          x_t + column_c * const(pixelStride[t]),
          //% end
          //% if residual > 0
          r + column_c * residualPixel,
          //% end
          //% if aheadFloats > 0
          share,
          //% end
          //% if chunks > 1
          sums, chunk,
          //% end
          o + column_c * outPixelPitch, weights, panel, block)
      }  //% end
      //% end
      //% if aheadFloats > 0
      share += aheadFloats
      //% end
      //% if chunks > 1
      sums += tileFloats
      //% end
      column_c += const(pixels[c])
    }
    //% end
  }  //% end
  //% end
}

//% for g in groupRuns, h in rowRuns, c in columnRuns, s in passes
/// const(rows[h]) x const(pixels[c]) pixels by const(vectors[g] * lanes) channels.
//% if passes > 1
// The chunks of term s alone: a tile that might go two ways would not stay in its registers.
//% end
private func kernel_g_h_c_s(
  //% for t in terms
  _ x_t: UnsafePointer<Float>,
  //% end
  //% if residual > 0
  _ r: UnsafePointer<Float>,
  //% end
  //% if aheadFloats > 0
  _ share: Int,
  //% end
  //% if chunks > 1
  _ scratch: UnsafeMutablePointer<Float>, _ chunk: Int,
  //% end
  _ y: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ panel: UnsafePointer<Float>, _ block: Int
) {
  let bias = UnsafeRawPointer(weights + block * lanes)
  //% for v in vectors[g]
  let bias_v: V = bias.loadUnaligned(fromByteOffset: const(v * lanes * 4), as: V.self)
  //% end
  //% for q in rows[h], p in pixels[c], v in vectors[g]
  var sum_q_p_v: V = bias_v
  //% end
  //% if chunks > 1
  let sums = UnsafeMutableRawPointer(scratch)
  if chunk > 0 {
    //% for q in rows[h], p in pixels[c], v in vectors[g]
    sum_q_p_v = sums.loadUnaligned(
      fromByteOffset: const(((q * pixels[c] + p) * vectors[g] + v) * lanes * 4), as: V.self)
    //% end
  }
  //% end
  var w = UnsafeRawPointer(panel)
  //% if aheadFloats > 0
  // Each tile asks for its share of the weights that come next.
  var ahead = panel + (panelFloats + share)
  //% end
  //% for t in terms
  //% if (s - t) * (passes - 1) == 0
  //% if chunks > 1
  let piece_t = chunk - const(firstChunk[t])
  let weights_t =
    panel + (piece_t * const(chunkSteps[t] * vectors[g] * lanes) + const(firstStep[t] * vectors[g] * lanes))
  w = UnsafeRawPointer(weights_t)
  //% if aheadFloats > 0
  ahead = weights_t + (share + const(chunkSteps[t] * vectors[g] * lanes))
  //% end
  //% end
  //% if chunkBlocks[t] > 1
  let blocks_t =
    const(chunkBlocks[t])
    //% if lastBlocks[t] < chunkBlocks[t]
    - (piece_t < const(termChunks[t] - 1) ? 0 : const(chunkBlocks[t] - lastBlocks[t]))
  //% end
  var block_t = 0
  while block_t < blocks_t {
    //% end
    //% if kernelRows[t] > 1
    var row_t = 0
    while row_t < const(kernelRows[t]) {
      //% end
      //% if kernelColumns[t] > 1
      var column_t = 0
      while column_t < const(kernelColumns[t]) {
        //% end
        var a_t = x_t
        //% if chunks > 1
        a_t += piece_t * const(chunkBlocks[t] * blockStep[t])
        //% end
        //% if chunkBlocks[t] > 1
        a_t += block_t * const(blockStep[t])
        //% end
        //% if kernelRows[t] > 1
        a_t += row_t * const(rowStep[t])
        //% end
        //% if kernelColumns[t] > 1
        a_t += column_t * const(columnStep[t])
        //% end
        //% if aheadFloats > 0
        //% for i in aheadLines[t]
        resnet_prefetch_far(ahead + const(i * cacheLine))
        //% end
        ahead += const(aheadLines[t] * cacheLine)
        //% end
        //% if kernelRows[t] * kernelColumns[t] * laneStep[t] == 1
        // With no tap to share them, the lines of the next block's pixels are all new.
        //% for q in rows[h], p in pixels[c]
        //% if p * pixelStride[t] % cacheLine < pixelStride[t]
        resnet_prefetch_near(a_t + const(blockStep[t] + q * rowStride[t] + p * pixelStride[t]))
        //% end
        //% end
        //% end
        //% if partialEmpty[t] > 0
        // Of a block that is not full, its channels.
        var place_t = 0
        //% if chunks > 1
        place_t += piece_t * const(chunkBlocks[t])
        //% end
        //% if chunkBlocks[t] > 1
        place_t += block_t
        //% end
        let empty_t = place_t % const(partialPeriod[t]) < const(partialFirst[t]) ? 0 : const(partialEmpty[t])
        //% end
        let lanes_t: Int =
          resnet_hidden(const(lanesRead[t]))
          //% if partialEmpty[t] > 0
          - empty_t
        //% end
        //% if pixelStride[t] < lanes
        // Taps share the pixels of planes: the compiler would keep them in registers that the sums need.
        let step_t: Int = resnet_hidden(const(laneStep[t]))
        //% end
        var lane_t = 0
        repeat {
          //% for v in vectors[g]
          let w_v: V = w.loadUnaligned(fromByteOffset: const(v * weightVector * 4), as: V.self)
          //% end
          //% for q in rows[h], p in pixels[c]
          let a_t_q_p: V = resnet_splat_4(a_t + const(q * rowStride[t] + p * pixelStride[t]))
          //% for v in vectors[g]
          if hasFMA {  //% if
            sum_q_p_v = resnet_fma_4(sum_q_p_v, a_t_q_p, w_v)
          } else {  //% else
            sum_q_p_v = resnet_multiply_add_4(sum_q_p_v, a_t_q_p, w_v)
          }  //% end
          //% end
          //% end
          w += const(weightStep[g] * 4)
          if pixelStride[t] < lanes {  //% if
            a_t += step_t
          } else {  //% else
            a_t += const(laneStep[t])
          }  //% end
          lane_t += 1
        } while lane_t < lanes_t
        //% if partialEmpty[t] > 0
        w += empty_t * const(weightStep[g] * 4)
        //% end
        //% if kernelColumns[t] > 1
        column_t += 1
      }
      //% end
      //% if kernelRows[t] > 1
      row_t += 1
    }
    //% end
    //% if chunkBlocks[t] > 1
    block_t += 1
  }
  //% end
  //% end
  //% end
  //% if chunks > 1
  if chunk < const(chunks - 1) {
    //% for q in rows[h], p in pixels[c], v in vectors[g]
    sums.storeBytes(of: sum_q_p_v, toByteOffset: const(((q * pixels[c] + p) * vectors[g] + v) * lanes * 4), as: V.self)
    //% end
    return
  }
  //% end
  if residual == 1 {  //% if
    let added = UnsafeRawPointer(r + block * residualBlock)
    //% for q in rows[h], p in pixels[c], v in vectors[g]
    let added_q_p_v: V = added.loadUnaligned(
      fromByteOffset: const((q * residualRow + p * residualPixel + v * residualBlock) * 4), as: V.self)
    sum_q_p_v = resnet_add_4(sum_q_p_v, added_q_p_v)
    //% end
  }  //% end
  if residual == 2 {  //% if
    // Option A, in whole vectors: channels outside the smaller value add nothing.
    let from = block - residualBlocksBefore
    let added = UnsafeRawPointer(r + from * residualBlock)
    //% for v in vectors[g]
    if from + v >= 0 && from + v < residualBlocks {
      //% for q in rows[h], p in pixels[c]
      let added_q_p_v: V = added.loadUnaligned(
        fromByteOffset: const((q * residualRow + p * residualPixel + v * residualBlock) * 4), as: V.self)
      sum_q_p_v = resnet_add_4(sum_q_p_v, added_q_p_v)
      //% end
    }
    //% end
  }  //% end
  if residual == 3 {  //% if
    // Option A where the zeros end inside a vector: lane by lane.
    //% for v in vectors[g]
    var added_lane_v = 0
    while added_lane_v < lanes {
      let channel = (block + v) * lanes + added_lane_v - residualChannelsBefore
      if channel >= 0 && channel < residualChannels {
        let added = r + (channel / lanes * residualBlock + channel % lanes)
        //% for q in rows[h], p in pixels[c]
        sum_q_p_v[added_lane_v] += added[const(q * residualRow + p * residualPixel)]
        //% end
      }
      added_lane_v += 1
    }
    //% end
  }  //% end
  if prelu {  //% if
    let slopes = UnsafeRawPointer(weights + (const(outBlocks * lanes) + block * lanes))
    //% for v in vectors[g]
    let slope_v: V = slopes.loadUnaligned(fromByteOffset: const(v * lanes * 4), as: V.self)
    //% end
    //% for q in rows[h], p in pixels[c], v in vectors[g]
    sum_q_p_v = resnet_prelu_4(sum_q_p_v, slope_v)
    //% end
  } else {  //% else
    if !activatesLast {  //% if
      //% for q in rows[h], p in pixels[c], v in vectors[g]
      sum_q_p_v = activation(sum_q_p_v)
      //% end
    }  //% end
  }  //% end
  let out = UnsafeMutableRawPointer(y)
  if activatesLast {  //% if
    //% for q in rows[h], p in pixels[c], v in vectors[g]
    out.storeBytes(
      of: sum_q_p_v, toByteOffset: const((q * outRowPitch + p * outPixelPitch + v * outBlockPitch) * 4), as: V.self)
    //% end
    var vector = 0
    while vector < const(vectors[g]) {
      var line = 0
      while line < const(rows[h]) {
        let o = y + (vector * outBlockPitch + line * outRowPitch)
        var pixel = 0
        while pixel < const(pixels[c]) {
          var x: V = resnet_load_4(o + pixel * outPixelPitch)
          x = activation(x)
          //% for z in padded
          if block + vector == const(padBlock[z]) { x = clearPadLanes(x, const(padLanes[z])) }
          //% end
          resnet_store_4(x, o + pixel * outPixelPitch)
          pixel += 1
        }
        line += 1
      }
      vector += 1
    }
  } else {  //% else
    //% for q in rows[h], p in pixels[c], v in vectors[g]
    //% for z in padded
    if block + v == const(padBlock[z]) { sum_q_p_v = clearPadLanes(sum_q_p_v, const(padLanes[z])) }
    //% end
    out.storeBytes(
      of: sum_q_p_v, toByteOffset: const((q * outRowPitch + p * outPixelPitch + v * outBlockPitch) * 4), as: V.self)
    //% end
  }  //% end
}
//% end
