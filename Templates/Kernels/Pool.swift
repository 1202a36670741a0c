//% if computed == 0
import ResNetCPU

//% end
//% strip
// Max and average pools. A window is clipped to the map, so padding takes no part: it is minus infinity to a maximum, and
// counts only where the network says so. The global average is the mean of a window as large as the map. A unit is one row of one block
// of channels.
private let batch = 1, outBlocks = 1, outHeight = 1, outWidth = 1
private let inHeight = 1, inWidth = 1, kernelHeight = 1, kernelWidth = 1, stride = 1, strideAcross = 1
private let padHeight = 0, padWidth = 0, padBelow = 0, padRight = 0
private let sourcePixel = lanes, sourceRow = lanes, sourceBlock = lanes, sourceImage = lanes, sourceOrigin = 0
private let outPixelPitch = lanes, outRowPitch = lanes, outBlockPitch = lanes, outImagePitch = lanes, outOrigin = 0
private let haloRow = 0, haloAbove = 0, haloBelow = 0
private let firstWhole = 0, endWhole = 1
private let maximum = true, counted = false, zeroed = false, computed = false, ringRows = 1, isScaled = 0
@inline(__always) private func loadPooled(_ p: UnsafePointer<Float>) -> V { resnet_load_4(p) }
@inline(__always) private func storePooled(_ factor: V, _ x: V, _ p: UnsafeMutablePointer<Float>) {
  resnet_store_4(resnet_multiply_4(x, factor), p)
}
//% end
//% if computed == 0
// docs
func poolKernel(
  _ source: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
  //% if isScaled > 0
  _ weights: UnsafePointer<Float>,
  //% end
  _ begin: Int, _ end: Int
) {
  var unit = begin
  while unit < end {
    let row = unit % outHeight
    let block = unit / outHeight % outBlocks
    let image = unit / const(outHeight * outBlocks)
    let x = source + (image * sourceImage + block * sourceBlock + sourceOrigin)
    let o = y + (image * outImagePitch + block * outBlockPitch + row * outRowPitch + outOrigin)
    //% if isScaled > 0
    // Of whole numbers: what brings a mean to the output's scale.
    let factor: V = resnet_load_4(weights)
    //% end
    poolKernel_row(
      //% if isScaled > 0
      factor,
      //% end
      x, o, row)
    unit += 1
  }
}

//% end
/// Row `row` of one block of channels, whose map of const(inHeight) x const(inWidth) pixels begins at `x`.
@inline(__always) private func poolKernel_row(
  //% if isScaled > 0
  _ factor: V,
  //% end
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ row: Int
) {
  if haloRow + haloAbove + haloBelow > 0 {  //% if
    let (above, below) = (row == 0 ? haloAbove : 0, row == const(outHeight - 1) ? haloBelow : 0)
    zeroHalo(y, outRowPitch, haloRow, above, below)
  }  //% end
  poolKernel_edge(
    //% if isScaled > 0
    factor,
    //% end
    x, y, row, 0, firstWhole)
  var column = firstWhole
  while column < endWhole {
    // Constant bounds: the compiler makes a straight line of what is short.
    let left = x + (column * strideAcross - padWidth) * sourcePixel
    if counted {  //% if
      let mean = poolKernel_window(left, row, 0, kernelWidth) / poolKernel_places(row, column)
      storePooled(
        //% if isScaled > 0
        factor,
        //% end
        mean, y + column * outPixelPitch)
    } else {  //% else
      storePooled(
        //% if isScaled > 0
        factor,
        //% end
        poolKernel_window(left, row, 0, kernelWidth), y + column * outPixelPitch)
    }  //% end
    column += 1
  }
  poolKernel_edge(
    //% if isScaled > 0
    factor,
    //% end
    x, y, row, endWhole, outWidth)
}

/// Columns whose windows reach over an edge of the map.
@inline(__always) private func poolKernel_edge(
  //% if isScaled > 0
  _ factor: V,
  //% end
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ row: Int, _ begin: Int, _ end: Int
) {
  var column = begin
  while column < end {
    let left = column * strideAcross - padWidth
    let right = left + kernelWidth < inWidth ? left + kernelWidth : inWidth
    if counted {  //% if
      let mean = poolKernel_window(x, row, left > 0 ? left : 0, right) / poolKernel_places(row, column)
      storePooled(
        //% if isScaled > 0
        factor,
        //% end
        mean, y + column * outPixelPitch)
    } else {  //% else
      storePooled(
        //% if isScaled > 0
        factor,
        //% end
        poolKernel_window(x, row, left > 0 ? left : 0, right), y + column * outPixelPitch)
    }  //% end
    column += 1
  }
}

/// Columns `left ..< right` of the window's rows.
@inline(__always) private func poolKernel_window(
  _ x: UnsafePointer<Float>, _ row: Int, _ left: Int, _ right: Int
) -> V {
  let top = row * stride - padHeight
  if maximum {  //% if
    // A row outside the map is replaced by the nearest one inside: to a maximum the same pixels twice are nothing new.
    var result = V(repeating: -Float.infinity)
    if zeroed {  //% if
      // The zeros of the padding are among the values.
      let reachesBelow = padHeight > 0 && top + kernelHeight > inHeight
      if top < 0 || reachesBelow || padWidth > 0 && right - left < kernelWidth { result = V.zero }
    }  //% end
    var i = top
    while i < top + kernelHeight {
      let line = poolKernel_line(x, i < 0 ? 0 : i < inHeight ? i : const(inHeight - 1))
      var j = left
      while j < right {
        result = resnet_max_4(loadPooled(line + j * sourcePixel), result)
        j += 1
      }
      i += 1
    }
    return result
  } else {  //% else
    let begin = top < 0 ? 0 : top
    let end = top + kernelHeight < inHeight ? top + kernelHeight : inHeight
    // A row is summed by itself first, which keeps sums of many pixels exact enough.
    var result = V.zero
    var i = begin
    while i < end {
      let line = poolKernel_line(x, i)
      var sum = V.zero
      var j = left
      while j < right {
        sum = resnet_add_4(sum, loadPooled(line + j * sourcePixel))
        j += 1
      }
      result = resnet_add_4(result, sum)
      i += 1
    }
    if counted {  //% if
      return result
    } else {  //% else
      return result / V(repeating: Float((end - begin) * (right - left)))
    }  //% end
  }  //% end
}

//% if counted == 1
/// The places of a window in the map and its padding. What a size rounded up reaches beyond the padding does not count.
@inline(__always) private func poolKernel_places(_ row: Int, _ column: Int) -> V {
  let (top, left) = (row * stride - padHeight, column * strideAcross - padWidth)
  let bottom = top + kernelHeight < const(inHeight + padBelow) ? top + kernelHeight : const(inHeight + padBelow)
  let right = left + kernelWidth < const(inWidth + padRight) ? left + kernelWidth : const(inWidth + padRight)
  return V(repeating: Float((bottom - top) * (right - left)))
}

//% end

/// Where row `row` of the map begins.
@inline(__always) private func poolKernel_line(_ x: UnsafePointer<Float>, _ row: Int) -> UnsafePointer<Float> {
  if ringRows > 0 {  //% if
    return x + row % ringRows * sourceRow
  } else {  //% else
    return x + row * sourceRow
  }  //% end
}
