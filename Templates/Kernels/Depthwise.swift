//% if ringRows == 0
import ResNetCPU

//% end
//% strip
// A convolution of each channel by itself. A vector of weights serves a vector of channels, so there is nothing to
// broadcast: a row of output pixels of one block stays in registers while the rows of the window pass, and each input
// pixel is loaded once for all the output pixels of the row that see it. A unit is one row of one block of channels.
private let hasFMA = false
private let batch = 1, outBlocks = 1, outHeight = 1, columnRuns = 1
private let pixels = [1], columnCount = [1], columnStart = [0], span = [1]
private let kernelRows = 1, kernelColumns = 1, stride = 1, strideAcross = 1, dilation = 1
private let sourcePixel = lanes, sourceRow = lanes, sourceBlock = lanes, sourceImage = lanes, sourceOrigin = 0
private let tapRow = lanes, ringRows = 1, mapHeight = 1, padHeight = 0
private let outPixelPitch = lanes, outRowPitch = lanes, outBlockPitch = lanes, outImagePitch = lanes, outOrigin = 0
private let haloRow = 0, haloAbove = 0, haloBelow = 0
private let padded = 0, padBlock = [0], padLanes = [0], z = 0
private let residual = 0, residualPixel = lanes, residualRow = lanes, residualBlock = lanes, residualImage = lanes
private let residualOrigin = 0
private let prelu = false, slopeFloats = 0, activatesLast = false
private let c = 0, u = 0, p = 0, j = 0, isInteger = false, residualStart = 0, tapPixel = lanes, weightLanes = lanes

@inline(__always) private func loadTap(_ p: UnsafePointer<Float>) -> V { resnet_load_4(p) }
@inline(__always) private func loadAdded(_ p: UnsafePointer<Float>) -> V { resnet_load_4(p) }
@inline(__always) private func storeSum(_ x: V, _ p: UnsafeMutablePointer<Float>) { resnet_store_4(x, p) }

@inline(__always) private func activation(_ x: V) -> V { x }

//% end
//% if ringRows == 0
// docs
func depthwiseKernel(
  _ source: UnsafePointer<Float>, _ added: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
  _ weights: UnsafePointer<Float>, _ begin: Int, _ end: Int
) {
  var unit = begin
  while unit < end {
    let row = unit % outHeight
    let block = unit / outHeight % outBlocks
    let image = unit / const(outHeight * outBlocks)
    let x = source + (image * sourceImage + block * sourceBlock + row * sourceRow + sourceOrigin)
    let o = y + (image * outImagePitch + block * outBlockPitch + row * outRowPitch + outOrigin)
    //% if residual > 0
    let r = added + (image * residualImage + block * residualBlock + row * residualRow + residualOrigin)
    //% end
    depthwiseKernel_row(
      x,
      //% if residual > 0
      r,
      //% end
      o, weights, block, row)
    unit += 1
  }
}

//% end
/// Row `row` of one block of channels, whose first window begins at `x`.
//% if ringRows > 0
// Of the ring at `x`, rows outside of the map are left out: nobody stores zeros for them.
//% end
@inline(__always) private func depthwiseKernel_row(
  _ x: UnsafePointer<Float>,
  //% if residual > 0
  _ r: UnsafePointer<Float>,
  //% end
  _ o: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ block: Int, _ row: Int
) {
  if haloRow + haloAbove + haloBelow > 0 {  //% if
    let (above, below) = (row == 0 ? haloAbove : 0, row == const(outHeight - 1) ? haloBelow : 0)
    zeroHalo(o, outRowPitch, haloRow, above, below)
  }  //% end
  //% if ringRows > 0
  let top = row * stride - padHeight
  let firstTap = top < 0 ? (const(dilation - 1) - top) / dilation : 0
  let room = const(mapHeight + dilation - 1) - top
  let endTap = room < const(kernelRows * dilation) ? (room > 0 ? room / dilation : 0) : kernelRows
  //% end
  //% for c in columnRuns
  var column_c = const(columnStart[c])
  while column_c < const(columnStart[c] + columnCount[c] * pixels[c]) {
    depthwiseKernel_c(
      x + column_c * sourcePixel,
      //% if residual > 0
      r + column_c * residualPixel,
      //% end
      //% if ringRows > 0
      top, firstTap, endTap,
      //% end
      o + column_c * outPixelPitch, weights, block)
    column_c += const(pixels[c])
  }
  //% end
}

//% for c in columnRuns
/// const(pixels[c]) pixels of one block of channels.
private func depthwiseKernel_c(
  _ x: UnsafePointer<Float>,
  //% if residual > 0
  _ r: UnsafePointer<Float>,
  //% end
  //% if ringRows > 0
  _ top: Int, _ firstTap: Int, _ endTap: Int,
  //% end
  _ y: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ block: Int
) {
  let bias: V = resnet_load_4(weights + block * lanes)
  //% for p in pixels[c]
  var sum_p: V = bias
  if isInteger {  //% if
    sum_p = V.zero
  }  //% end
  //% end
  let taps =
    weights + (const(outBlocks * lanes + slopeFloats) + block * const(kernelRows * kernelColumns * weightLanes))
  var tap = firstTap
  while tap < endTap {
    let w = taps + tap * const(kernelColumns * weightLanes)
    var line = x
    if ringRows > 0 {  //% if
      line += (top + tap * dilation) % ringRows * sourceRow
    } else {  //% else
      line += tap * tapRow
    }  //% end
    //% for j in kernelColumns
    let w_j: V = resnet_load_weight_4(w + const(j * weightLanes))
    //% end
    // Pixel by pixel of the input, so that each is in one register for all that see it.
    //% for u in span[c], p in pixels[c], j in kernelColumns
    //% if p * strideAcross + j * dilation == u
    if hasFMA {  //% if
      sum_p = resnet_fma_4(sum_p, loadTap(line + const(u * tapPixel)), w_j)
    } else {  //% else
      sum_p = resnet_multiply_add_4(sum_p, loadTap(line + const(u * tapPixel)), w_j)
    }  //% end
    //% end
    //% end
    tap += 1
  }
  if isInteger {  //% if
    // Whole numbers, which sums of floats hold exactly; a bias may be too large to begin with.
    let factor: V = resnet_load_4(weights + (const(outBlocks * lanes) + block * lanes))
    //% for p in pixels[c]
    sum_p = resnet_multiply_4(resnet_add_4(sum_p, bias), factor)
    //% end
  }  //% end
  //% if isInteger * residual > 0
  let addedFactor: V = resnet_load_4(weights + residualStart)
  //% end
  //% if residual > 0
  //% for p in pixels[c]
  if isInteger {  //% if
    sum_p = resnet_add_4(sum_p, resnet_multiply_4(loadAdded(r + const(p * residualPixel)), addedFactor))
  } else {  //% else
    sum_p = resnet_add_4(sum_p, loadAdded(r + const(p * residualPixel)))
  }  //% end
  //% end
  //% end
  if prelu {  //% if
    let slope: V = resnet_load_4(weights + (const(outBlocks * lanes) + block * lanes))
    //% for p in pixels[c]
    sum_p = resnet_prelu_4(sum_p, slope)
    //% end
  }  //% end
  if activatesLast {  //% if
    //% for p in pixels[c]
    resnet_store_4(sum_p, y + const(p * outPixelPitch))
    //% end
    var pixel = 0
    while pixel < const(pixels[c]) {
      var x: V = resnet_load_4(y + pixel * outPixelPitch)
      x = activation(x)
      //% for z in padded
      if block == const(padBlock[z]) { x = clearPadLanes(x, const(padLanes[z])) }
      //% end
      resnet_store_4(x, y + pixel * outPixelPitch)
      pixel += 1
    }
  } else {  //% else
    if !prelu {  //% if
      //% for p in pixels[c]
      sum_p = activation(sum_p)
      //% end
    }  //% end
    //% for z in padded
    if block == const(padBlock[z]) {
      //% for p in pixels[c]
      sum_p = clearPadLanes(sum_p, const(padLanes[z]))
      //% end
    }
    //% end
    //% for p in pixels[c]
    storeSum(sum_p, y + const(p * outPixelPitch))
    //% end
  }  //% end
}
//% end
