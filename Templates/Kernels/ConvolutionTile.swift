//% strip
import ResNetCPU

// The register tiles of a direct convolution. A tile of output pixels by output channels is summed over the whole
// reduction, then the epilogue adds the residual, applies the activation and stores, so each output is touched once. The
// sums are words of 32 bits, and what a step of the reduction adds to them is one word's business (`resnet_fma`).
private let hasFMA = false, terms = 1, groupRuns = 1, rowRuns = 1, columnRuns = 1, vectors = [1], rows = [1]
private let pixels = [1], blocks = [1], kernelRows = [1], kernelColumns = [1], lanesRead = [lanes], blockStep = [0]
private let rowStep = [0], columnStep = [0], laneStep = [1], pixelStride = [lanes], rowStride = [lanes], outBlocks = 1
private let outPixelPitch = lanes, outRowPitch = lanes, outBlockPitch = lanes, padded = 0, padBlock = [0]
private let padLanes = [0], z = 0, residual = 0, residualPixel = lanes, residualRow = lanes, residualBlock = lanes
private let residualBlocks = 0, residualBlocksBefore = 0, residualChannels = 0, residualChannelsBefore = 0
private let prelu = false, activatesLast = false, weightVector = lanes, weightStep = [lanes]
private let panelFloats = lanes * lanes, passes = 1, chunks = 1, termChunks = [1], firstChunk = [0], firstStep = [0]
private let chunkSteps = [lanes], chunkBlocks = [1], lastBlocks = [1], partialPeriod = [1], partialFirst = [1]
private let partialEmpty = [0], aheadFloats = 0, aheadLines = [1], cacheLine = 16, g = 0, h = 0, c = 0, t = 0, s = 0
private let slopeStart = lanes
private let q = 0, p = 0, v = 0, i = 0, isInteger = false, rescales = 0, factorStart = 0, ratioStart = 0
private let residualStart = 0, isShifted = false, shiftStart = 0, weightLanes = lanes, multipliesHalves = false
@inline(__always) private func activation(_ x: V) -> V { x }
@inline(__always) private func loadAdded(_ p: UnsafePointer<Float>) -> V { resnet_load_4(p) }
@inline(__always) private func loadLane(_ p: UnsafePointer<Float>, _ lane: Int) -> Float { p[lane] }
@inline(__always) private func storeSum(_ x: V, _ p: UnsafeMutablePointer<Float>) { resnet_store_4(x, p) }

//% end
//% for g in groupRuns, h in rowRuns, c in columnRuns, s in passes
/// const(rows[h]) x const(pixels[c]) pixels by const(vectors[g] * lanes) channels.
//% if passes > 1
// The chunks of term s alone: a tile that might go two ways would not stay in its registers.
//% end
internal func kernel_g_h_c_s(
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
  if !multipliesHalves {  //% if
    if chunk > 0 {
      //% for q in rows[h], p in pixels[c], v in vectors[g]
      sum_q_p_v = sums.loadUnaligned(
        fromByteOffset: const(((q * pixels[c] + p) * vectors[g] + v) * lanes * 4), as: V.self)
      //% end
    }
  }  //% end
  //% end
  if multipliesHalves {  //% if
    // Of each word two sums, in half precision.
    //% for q in rows[h], p in pixels[c], v in vectors[g]
    sum_q_p_v = V.zero
    //% end
  }  //% end
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
    panel
    + (piece_t * const(chunkSteps[t] * vectors[g] * weightLanes) + const(firstStep[t] * vectors[g] * weightLanes))
  w = UnsafeRawPointer(weights_t)
  //% if aheadFloats > 0
  ahead = weights_t + (share + const(chunkSteps[t] * vectors[g] * weightLanes))
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
          let w_v: V = resnet_load_weight_4(w + const(v * weightVector * 4))
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
  //% if rescales > t
  // What the first term has summed, in units of the second.
  if rescales > t && chunk == const(firstChunk[t] + termChunks[t] - 1) {  //% unwrap chunks == 1
    let ratios_t = UnsafeRawPointer(weights + (ratioStart + block * lanes))
    //% for v in vectors[g]
    let ratio_v: V = ratios_t.loadUnaligned(fromByteOffset: const(v * lanes * 4), as: V.self)
    //% for q in rows[h], p in pixels[c]
    sum_q_p_v = resnet_rescale_4(sum_q_p_v, ratio_v)
    //% end
    //% end
    if isShifted {  //% if
      let shifts_t = UnsafeRawPointer(weights + (shiftStart + block * lanes))
      //% for v in vectors[g]
      let shift_v: V = shifts_t.loadUnaligned(fromByteOffset: const(v * lanes * 4), as: V.self)
      //% for q in rows[h], p in pixels[c]
      sum_q_p_v = resnet_add_integers_4(sum_q_p_v, shift_v)
      //% end
      //% end
    }  //% end
  }  //% end
  //% end
  //% end
  //% end
  if multipliesHalves {  //% if
    // From here on in single precision.
    //% for q in rows[h], p in pixels[c], v in vectors[g]
    sum_q_p_v = resnet_total_halves_4(sum_q_p_v)
    //% end
    //% if chunks > 1
    if chunk > 0 {
      //% for q in rows[h], p in pixels[c], v in vectors[g]
      let before_q_p_v: V = sums.loadUnaligned(
        fromByteOffset: const(((q * pixels[c] + p) * vectors[g] + v) * lanes * 4), as: V.self)
      sum_q_p_v = resnet_add_4(sum_q_p_v, before_q_p_v)
      //% end
    } else {
      //% for q in rows[h], p in pixels[c], v in vectors[g]
      sum_q_p_v = resnet_add_4(sum_q_p_v, resnet_load_4(weights + (block * lanes + const(v * lanes))))
      //% end
    }
    //% else
    //% for q in rows[h], p in pixels[c], v in vectors[g]
    sum_q_p_v = resnet_add_4(sum_q_p_v, resnet_load_4(weights + (block * lanes + const(v * lanes))))
    //% end
    //% end
  }  //% end
  //% if chunks > 1
  if chunk < const(chunks - 1) {
    //% for q in rows[h], p in pixels[c], v in vectors[g]
    sums.storeBytes(of: sum_q_p_v, toByteOffset: const(((q * pixels[c] + p) * vectors[g] + v) * lanes * 4), as: V.self)
    //% end
    return
  }
  //% end
  if isInteger {  //% if
    let factors = UnsafeRawPointer(weights + (factorStart + block * lanes))
    //% for v in vectors[g]
    let factor_v: V = factors.loadUnaligned(fromByteOffset: const(v * lanes * 4), as: V.self)
    //% for q in rows[h], p in pixels[c]
    sum_q_p_v = resnet_multiply_4(resnet_from_integer_4(sum_q_p_v), factor_v)
    //% end
    //% end
  }  //% end
  //% if isInteger * residual > 0
  let addedFactor: V = resnet_load_4(weights + residualStart)
  //% end
  if residual == 1 {  //% if
    let added = r + block * residualBlock
    //% for q in rows[h], p in pixels[c], v in vectors[g]
    let added_q_p_v: V = loadAdded(added + const(q * residualRow + p * residualPixel + v * residualBlock))
    if isInteger {  //% if
      sum_q_p_v = resnet_add_4(sum_q_p_v, resnet_multiply_4(added_q_p_v, addedFactor))
    } else {  //% else
      sum_q_p_v = resnet_add_4(sum_q_p_v, added_q_p_v)
    }  //% end
    //% end
  }  //% end
  if residual == 2 {  //% if
    // Option A, in whole vectors: channels outside the smaller value add nothing.
    let from = block - residualBlocksBefore
    let added = r + from * residualBlock
    //% for v in vectors[g]
    if from + v >= 0 && from + v < residualBlocks {
      //% for q in rows[h], p in pixels[c]
      let added_q_p_v: V = loadAdded(added + const(q * residualRow + p * residualPixel + v * residualBlock))
      if isInteger {  //% if
        sum_q_p_v = resnet_add_4(sum_q_p_v, resnet_multiply_4(added_q_p_v, addedFactor))
      } else {  //% else
        sum_q_p_v = resnet_add_4(sum_q_p_v, added_q_p_v)
      }  //% end
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
        let added = r + channel / lanes * residualBlock
        //% for q in rows[h], p in pixels[c]
        if isInteger {  //% if
          sum_q_p_v[added_lane_v] +=
            loadLane(added + const(q * residualRow + p * residualPixel), channel % lanes) * weights[residualStart]
        } else {  //% else
          sum_q_p_v[added_lane_v] += loadLane(added + const(q * residualRow + p * residualPixel), channel % lanes)
        }  //% end
        //% end
      }
      added_lane_v += 1
    }
    //% end
  }  //% end
  if prelu {  //% if
    let slopes = UnsafeRawPointer(weights + (slopeStart + block * lanes))
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
  if activatesLast {  //% if
    //% for q in rows[h], p in pixels[c], v in vectors[g]
    storeSum(sum_q_p_v, y + const(q * outRowPitch + p * outPixelPitch + v * outBlockPitch))
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
    storeSum(sum_q_p_v, y + const(q * outRowPitch + p * outPixelPitch + v * outBlockPitch))
    //% end
  }  //% end
}
//% end
