//% strip
// Max and average pools. A window is clipped to the map, so padding takes no part: it is minus infinity to a maximum and
// is not counted in a mean. A unit is one row of one block of channels.
private let batch = 1, outBlocks = 1, outHeight = 1, outWidth = 1
private let inHeight = 1, inWidth = 1, kernelHeight = 1, kernelWidth = 1, stride = 1, padHeight = 0, padWidth = 0
private let sourcePixel = lanes, sourceRow = lanes, sourceBlock = lanes, sourceImage = lanes, sourceOrigin = 0
private let outPixelPitch = lanes, outRowPitch = lanes, outBlockPitch = lanes, outImagePitch = lanes, outOrigin = 0
private let haloRow = 0, haloAbove = 0, haloBelow = 0
private let maximum = true
//% end
// docs
func poolKernel(
  _ source: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ begin: Int, _ end: Int
) {
  var unit = begin
  while unit < end {
    let row = unit % outHeight
    let block = unit / outHeight % outBlocks
    let image = unit / const(outHeight * outBlocks)
    let x = UnsafeRawPointer(source + (image * sourceImage + block * sourceBlock + sourceOrigin))
    let o = y + (image * outImagePitch + block * outBlockPitch + row * outRowPitch + outOrigin)
    if haloRow + haloAbove + haloBelow > 0 {  //% if
      let (above, below) = (row == 0 ? haloAbove : 0, row == const(outHeight - 1) ? haloBelow : 0)
      zeroHalo(o, outRowPitch, haloRow, above, below)
    }  //% end
    var top = row * stride - padHeight
    var bottom = top + kernelHeight
    if top < 0 { top = 0 }
    if bottom > inHeight { bottom = inHeight }
    var column = 0
    while column < outWidth {
      var left = column * stride - padWidth
      var right = left + kernelWidth
      if left < 0 { left = 0 }
      if right > inWidth { right = inWidth }
      var result: V = x.loadUnaligned(fromByteOffset: (top * sourceRow + left * sourcePixel) * 4, as: V.self)
      if maximum {  //% if
      } else {  //% else
        result = V.zero
      }  //% end
      var i = top
      while i < bottom {
        var at = (i * sourceRow + left * sourcePixel) * 4
        var j = left
        while j < right {
          let value: V = x.loadUnaligned(fromByteOffset: at, as: V.self)
          if maximum {  //% if
            // Also where `value` is not a number, as PyTorch's pool keeps it.
            result.replace(with: value, where: (value .> result) .| (value .!= value))
          } else {  //% else
            result += value
          }  //% end
          at += const(sourcePixel * 4)
          j += 1
        }
        i += 1
      }
      if maximum {  //% if
      } else {  //% else
        result /= V(repeating: Float((bottom - top) * (right - left)))
      }  //% end
      UnsafeMutableRawPointer(o + column * outPixelPitch).storeBytes(of: result, as: V.self)
      column += 1
    }
    unit += 1
  }
}
