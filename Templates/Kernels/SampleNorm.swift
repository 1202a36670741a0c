import ResNetCPU

//% strip
// Norms by mean and variance of the value itself: over the channels of each pixel, a unit being one row of one image, or over
// groups of channels, a unit being the fewest blocks that hold whole groups. Three passes, which find the value in the
// nearest caches: the mean; the squares of what is left without it, and the sum of that, which mends the mean; the result.
// So a mean far from zero costs no digits: what the squares are taken of is exact.
private let batch = 1, outBlocks = 1, outHeight = 1, outWidth = 1
private let sourcePixel = lanes, sourceRow = lanes, sourceBlock = lanes, sourceImage = lanes, sourceOrigin = 0
private let outPixelPitch = lanes, outRowPitch = lanes, outBlockPitch = lanes, outImagePitch = lanes, outOrigin = 0
private let haloRow = 0, haloAbove = 0, haloBelow = 0
private let padded = 0, padBlock = [0], padLanes = [0], z = 0
private let ofPixels = true, groupChannels = lanes, normChannels = lanes, unitBlocks = 1, values = lanes
private let epsilon: Float = 1e-5
private let prelu = false, hasFMA = false, slopeStart = 0, scaleStart = lanes

@inline(__always) private func activation(_ x: V) -> V { x }
//% end
// docs
func sampleNormKernel(
  _ source: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>,
  _ scratch: UnsafeMutablePointer<Float>, _ begin: Int, _ end: Int
) {
  var unit = begin
  while unit < end {
    if ofPixels {  //% if
      sampleNormKernel_row(source, y, weights, unit)
    } else {  //% else
      sampleNormKernel_groups(source, y, weights, scratch, unit)
    }  //% end
    unit += 1
  }
}

/// `(x - mean) * factor * scale + shift` of one pixel of a block, then the activation.
@inline(__always) private func sampleNormKernel_affine(
  _ x: V, _ factor: V, _ weights: UnsafePointer<Float>, _ block: Int
) -> V {
  let shift: V = resnet_load_4(weights + block * lanes)
  let scale: V = resnet_load_4(weights + (scaleStart + block * lanes))
  var result: V = x * factor
  if hasFMA {  //% if
    result = resnet_fma_4(shift, result, scale)
  } else {  //% else
    result = resnet_multiply_add_4(shift, result, scale)
  }  //% end
  if prelu {  //% if
    result = resnet_prelu_4(result, resnet_load_4(weights + (slopeStart + block * lanes)))
  } else {  //% else
    result = activation(result)
  }  //% end
  //% for z in padded
  if block == const(padBlock[z]) { result = clearPadLanes(result, const(padLanes[z])) }
  //% end
  return result
}

//% if ofPixels == 1
/// What is left of a pixel of a block without the mean; in a lane without a channel nothing.
@inline(__always) private func sampleNormKernel_rest(_ x: UnsafePointer<Float>, _ mean: V, _ block: Int) -> V {
  let rest: V = resnet_subtract_4(resnet_load_4(x), mean)
  //% for z in padded
  if block == const(padBlock[z]) { return clearPadLanes(rest, const(padLanes[z])) }
  //% end
  return rest
}

/// One row of one image, pixel by pixel.
@inline(__always) private func sampleNormKernel_row(
  _ source: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ unit: Int
) {
  let row = unit % outHeight
  let image = unit / outHeight
  let x = source + (image * sourceImage + row * sourceRow + sourceOrigin)
  let o = y + (image * outImagePitch + row * outRowPitch + outOrigin)
  if haloRow + haloAbove + haloBelow > 0 {  //% if
    let (above, below) = (row == 0 ? haloAbove : 0, row == const(outHeight - 1) ? haloBelow : 0)
    var block = 0
    while block < outBlocks {
      zeroHalo(o + block * outBlockPitch, outRowPitch, haloRow, above, below)
      block += 1
    }
  }  //% end
  var column = 0
  while column < outWidth {
    let pixel = x + column * sourcePixel
    var sum = V.zero
    var block = 0
    while block < outBlocks {
      sum = resnet_add_4(sum, resnet_load_4(pixel + block * sourceBlock))
      block += 1
    }
    let mean = V(repeating: resnet_total_4(sum) / Float(normChannels))
    var (left, squares) = (V.zero, V.zero)
    block = 0
    while block < outBlocks {
      let rest: V = sampleNormKernel_rest(pixel + block * sourceBlock, mean, block)
      left = resnet_add_4(left, rest)
      squares = resnet_multiply_add_4(squares, rest, rest)
      block += 1
    }
    let mend: Float = resnet_total_4(left) / Float(normChannels)
    let variance: Float = resnet_total_4(squares) / Float(normChannels) - mend * mend
    let mended = V(repeating: mend)
    let factor = V(repeating: 1 / ((variance > 0 ? variance : 0) + epsilon).squareRoot())
    block = 0
    while block < outBlocks {
      let rest: V = resnet_subtract_4(resnet_load_4(pixel + block * sourceBlock), mean)
      resnet_store_4(
        sampleNormKernel_affine(resnet_subtract_4(rest, mended), factor, weights, block),
        o + (block * outBlockPitch + column * outPixelPitch))
      block += 1
    }
    column += 1
  }
}

//% end
//% if ofPixels == 0
/// The blocks of one unit. `scratch` holds of each of their channels the mean, what mends it, and the factor.
@inline(__always) private func sampleNormKernel_groups(
  _ source: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>,
  _ scratch: UnsafeMutablePointer<Float>, _ unit: Int
) {
  let first = unit % const((outBlocks + unitBlocks - 1) / unitBlocks) * unitBlocks
  let image = unit / const((outBlocks + unitBlocks - 1) / unitBlocks)
  let blocks = first + unitBlocks < outBlocks ? unitBlocks : outBlocks - first
  let x = source + (image * sourceImage + first * sourceBlock + sourceOrigin)
  let o = y + (image * outImagePitch + first * outBlockPitch + outOrigin)
  let (means, mends, factors) = (scratch, scratch + const(unitBlocks * lanes), scratch + const(2 * unitBlocks * lanes))
  var block = 0
  if haloRow + haloAbove + haloBelow > 0 {  //% if
    // First of all: a call among the passes would send the mean to the stack.
    while block < blocks {
      var row = 0
      while row < outHeight {
        let (above, below) = (row == 0 ? haloAbove : 0, row == const(outHeight - 1) ? haloBelow : 0)
        zeroHalo(o + (block * outBlockPitch + row * outRowPitch), outRowPitch, haloRow, above, below)
        row += 1
      }
      block += 1
    }
    block = 0
  }  //% end
  while block < blocks {
    var total = V.zero
    var row = 0
    // A row is summed by itself first, which keeps sums of many pixels exact enough.
    while row < outHeight {
      let line = x + (block * sourceBlock + row * sourceRow)
      var (a, b) = (V.zero, V.zero)
      var column = 0
      while column < const(outWidth / 2 * 2) {
        a = resnet_add_4(a, resnet_load_4(line + column * sourcePixel))
        b = resnet_add_4(b, resnet_load_4(line + (column + 1) * sourcePixel))
        column += 2
      }
      if outWidth % 2 > 0 {  //% if
        a = resnet_add_4(a, resnet_load_4(line + column * sourcePixel))
      }  //% end
      total = resnet_add_4(total, resnet_add_4(a, b))
      row += 1
    }
    resnet_store_4(total, means + block * lanes)
    block += 1
  }
  let channels = (first + blocks) * lanes < normChannels ? blocks * lanes : normChannels - first * lanes
  var group = 0
  while group < channels {
    let mean = sampleNormKernel_sum(means + group) / Float(values)
    sampleNormKernel_fill(means + group, mean)
    group += groupChannels
  }
  block = 0
  while block < blocks {
    let mean: V = resnet_load_4(means + block * lanes)
    var (left, squares) = (V.zero, V.zero)
    var row = 0
    while row < outHeight {
      let line = x + (block * sourceBlock + row * sourceRow)
      var (a, b) = (V.zero, V.zero)
      var column = 0
      while column < outWidth {
        let rest: V = resnet_subtract_4(resnet_load_4(line + column * sourcePixel), mean)
        a = resnet_add_4(a, rest)
        b = resnet_multiply_add_4(b, rest, rest)
        column += 1
      }
      left = resnet_add_4(left, a)
      squares = resnet_add_4(squares, b)
      row += 1
    }
    resnet_store_4(left, mends + block * lanes)
    resnet_store_4(squares, factors + block * lanes)
    block += 1
  }
  group = 0
  while group < channels {
    let mend = sampleNormKernel_sum(mends + group) / Float(values)
    let variance = sampleNormKernel_sum(factors + group) / Float(values) - mend * mend
    sampleNormKernel_fill(mends + group, mend)
    sampleNormKernel_fill(factors + group, 1 / ((variance > 0 ? variance : 0) + epsilon).squareRoot())
    group += groupChannels
  }
  block = 0
  while block < blocks {
    let mean: V = resnet_load_4(means + block * lanes)
    let mended: V = resnet_load_4(mends + block * lanes)
    let factor: V = resnet_load_4(factors + block * lanes)
    var row = 0
    while row < outHeight {
      let line = x + (block * sourceBlock + row * sourceRow)
      let out = o + (block * outBlockPitch + row * outRowPitch)
      var column = 0
      while column < outWidth {
        let rest: V = resnet_subtract_4(resnet_load_4(line + column * sourcePixel), mean)
        resnet_store_4(
          sampleNormKernel_affine(resnet_subtract_4(rest, mended), factor, weights, first + block),
          out + column * outPixelPitch)
        column += 1
      }
      row += 1
    }
    block += 1
  }
}

/// Over the channels of a group.
@inline(__always) private func sampleNormKernel_sum(_ sums: UnsafePointer<Float>) -> Float {
  var total: Float = 0
  var channel = 0
  while channel < groupChannels {
    total += sums[channel]
    channel += 1
  }
  return total
}

/// The same number for each channel of a group.
@inline(__always) private func sampleNormKernel_fill(_ sums: UnsafeMutablePointer<Float>, _ value: Float) {
  var channel = 0
  while channel < groupChannels {
    sums[channel] = value
    channel += 1
  }
}
//% end
