import ResNetCPU

//% strip
// A window over the channels of each pixel, which lie in plain order: neighbours in the lanes of one block, and of the
// next. A unit is one row of one block of channels.
private let batch = 1, outBlocks = 1, outHeight = 1, outWidth = 1
private let windowSize = 1, windowStep = 1, windowBefore = 0, sourceChannels = lanes
private let sourcePixel = lanes, sourceRow = lanes, sourceBlock = lanes, sourceImage = lanes, sourceOrigin = 0
private let outPixelPitch = lanes, outRowPitch = lanes, outBlockPitch = lanes, outImagePitch = lanes, outOrigin = 0
private let haloRow = 0, haloAbove = 0, haloBelow = 0
private let squared = true, emptyWindow: Float = 0
private let padded = 0, padBlock = [0], padLanes = [0], z = 0

@inline(__always) private func responseNorm(_ x: V, _ squares: V) -> V { squares }
//% end
// docs
func channelWindowKernel(
  _ source: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ begin: Int, _ end: Int
) {
  var unit = begin
  while unit < end {
    let row = unit % outHeight
    let block = unit / outHeight % outBlocks
    let image = unit / const(outHeight * outBlocks)
    let x = source + (image * sourceImage + row * sourceRow + sourceOrigin)
    let o = y + (image * outImagePitch + block * outBlockPitch + row * outRowPitch + outOrigin)
    if haloRow + haloAbove + haloBelow > 0 {  //% if
      let (above, below) = (row == 0 ? haloAbove : 0, row == const(outHeight - 1) ? haloBelow : 0)
      zeroHalo(o, outRowPitch, haloRow, above, below)
    }  //% end
    var column = 0
    while column < outWidth {
      let pixel = x + column * sourcePixel
      var result = V.zero
      var lane = 0
      while lane < lanes {
        let first = (block * lanes + lane) * windowStep - windowBefore
        let last = first + windowSize < sourceChannels ? first + windowSize : sourceChannels
        var channel = first < 0 ? 0 : first
        var value: Float = emptyWindow
        while channel < last {
          let element = pixel[channel / lanes * sourceBlock + channel % lanes]
          if squared {  //% if
            value += element * element
          } else {  //% else
            // The larger; what is no number stays.
            value = element > value || element != element ? element : value
          }  //% end
          channel += 1
        }
        result[lane] = value
        lane += 1
      }
      if squared {  //% if
        result = responseNorm(resnet_load_4(pixel + block * sourceBlock), result)
      }  //% end
      //% for z in padded
      if block == const(padBlock[z]) { result = clearPadLanes(result, const(padLanes[z])) }
      //% end
      resnet_store_4(result, o + column * outPixelPitch)
      column += 1
    }
    unit += 1
  }
}
