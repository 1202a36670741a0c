import ResNetCPU

//% strip
// The maximum or the mean of each bin of a map, whose bins need not be alike: bin `i` of `n` is the rows from `i h / n`,
// rounded down, to `(i + 1) h / n`, rounded up. Where bins become channels (`flat`), each lane has a bin and a channel of
// its own. A unit is one row of one block of channels.
private let batch = 1, outBlocks = 1, outHeight = 1, outWidth = 1
private let inHeight = 1, inWidth = 1, inChannels = lanes, binRows = 1, binColumns = 1
private let sourcePixel = lanes, sourceRow = lanes, sourceBlock = lanes, sourceImage = lanes, sourceOrigin = 0
private let outPixelPitch = lanes, outRowPitch = lanes, outBlockPitch = lanes, outImagePitch = lanes, outOrigin = 0
private let haloRow = 0, haloAbove = 0, haloBelow = 0
private let maximum = true, flat = false
//% end
// docs
func adaptivePoolKernel(
  _ source: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ begin: Int, _ end: Int
) {
  var unit = begin
  while unit < end {
    let row = unit % outHeight
    let block = unit / outHeight % outBlocks
    let image = unit / const(outHeight * outBlocks)
    let x = source + (image * sourceImage + sourceOrigin)
    let o = y + (image * outImagePitch + block * outBlockPitch + row * outRowPitch + outOrigin)
    if haloRow + haloAbove + haloBelow > 0 {  //% if
      let (above, below) = (row == 0 ? haloAbove : 0, row == const(outHeight - 1) ? haloBelow : 0)
      zeroHalo(o, outRowPitch, haloRow, above, below)
    }  //% end
    if flat {  //% if
      var result = V.zero
      var lane = 0
      while lane < lanes {
        let slot = block * lanes + lane
        let (channel, bin) = (slot / const(binRows * binColumns), slot % const(binRows * binColumns))
        if channel < inChannels {
          let plane = x + (channel / lanes * sourceBlock)
          result[lane] = adaptivePoolKernel_bin(plane, bin / binColumns, bin % binColumns)[channel % lanes]
        }
        lane += 1
      }
      resnet_store_4(result, o)
    } else {  //% else
      var column = 0
      while column < outWidth {
        resnet_store_4(adaptivePoolKernel_bin(x + block * sourceBlock, row, column), o + column * outPixelPitch)
        column += 1
      }
    }  //% end
    unit += 1
  }
}

/// One bin of a block of channels whose map begins at `x`.
@inline(__always) private func adaptivePoolKernel_bin(_ x: UnsafePointer<Float>, _ row: Int, _ column: Int) -> V {
  let (top, left) = (row * inHeight / binRows, column * inWidth / binColumns)
  let bottom = ((row + 1) * inHeight + const(binRows - 1)) / binRows
  let right = ((column + 1) * inWidth + const(binColumns - 1)) / binColumns
  if maximum {  //% if
    var result = V(repeating: -Float.infinity)
    var i = top
    while i < bottom {
      var j = left
      while j < right {
        result = resnet_max_4(resnet_load_4(x + (i * sourceRow + j * sourcePixel)), result)
        j += 1
      }
      i += 1
    }
    return result
  } else {  //% else
    // A row is summed by itself first, which keeps sums of many pixels exact enough.
    var result = V.zero
    var i = top
    while i < bottom {
      var sum = V.zero
      var j = left
      while j < right {
        sum = resnet_add_4(sum, resnet_load_4(x + (i * sourceRow + j * sourcePixel)))
        j += 1
      }
      result = resnet_add_4(result, sum)
      i += 1
    }
    return result / V(repeating: Float((bottom - top) * (right - left)))
  }  //% end
}
