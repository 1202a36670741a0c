import ResNetCPU

//% strip
// Direct convolution: what its units of work are and where they lie. The register tiles that sum and store are those of
// ConvolutionTile.swift, which stands in the same file. Every number but the addresses is a constant. As it stands, the
// smallest instance: one pixel, one vector of channels, one term of 1x1.
private let groups = 1, rowTiles = 1, terms = 1, strip = 1, pass = 1, groupRuns = 1, rowRuns = 1, columnRuns = 1
private let vectors = [1], groupCount = [1], groupStart = [0], firstGroup = [0], rows = [1], rowCount = [1]
private let rowStart = [0], firstRowTile = [0], pixels = [1], columnCount = [1], columnStart = [0]
private let pixelStride = [lanes], rowStride = [lanes], imagePitch = [lanes], origin = [0], outBlocks = 1
private let outHeight = 1, outPixelPitch = lanes, outRowPitch = lanes, outBlockPitch = lanes, outImagePitch = lanes
private let outOrigin = 0, haloRow = 0, haloAbove = 0, haloBelow = 0, groupBlocks = 1, groupStep = 0, ringRows = 1
private let residual = 0, residualPixel = lanes, residualRow = lanes, residualImage = lanes, residualOrigin = 0
private let panelFloats = lanes * lanes, slopeFloats = 0, columnTiles = 1, tileFloats = lanes, passes = 1, chunks = 1
private let termChunks = [1], firstChunk = [0], aheadFloats = 0, g = 0, h = 0, c = 0, t = 0, s = 0

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
