import ResNetCPU

//% strip
// A convolution over the channels of one pixel, which lie in plain order, with zeros beyond the first and the last. A unit
// is one block of channels.
private let batch = 1, outBlocks = 1
private let windowSize = 1, sourceChannels = lanes, adjacent = true
private let sourceBlock = lanes, sourceImage = lanes, sourceOrigin = 0
private let outRowPitch = lanes, outBlockPitch = lanes, outImagePitch = lanes, outOrigin = 0
private let haloRow = 0, haloAbove = 0, haloBelow = 0
private let padded = 0, padBlock = [0], padLanes = [0], z = 0

@inline(__always) private func activation(_ x: V) -> V { x }
//% end
// docs
func channelConvolutionKernel(
  _ source: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ begin: Int,
  _ end: Int
) {
  var unit = begin
  while unit < end {
    let block = unit % outBlocks
    let image = unit / outBlocks
    let x = source + (image * sourceImage + sourceOrigin)
    let o = y + (image * outImagePitch + block * outBlockPitch + outOrigin)
    if haloRow + haloAbove + haloBelow > 0 {  //% if
      zeroHalo(o, outRowPitch, haloRow, haloAbove, haloBelow)
    }  //% end
    var sums = V.zero
    let first = block * lanes - const(windowSize / 2)
    if adjacent {  //% if
      if first >= 0, first + const(windowSize + lanes - 1) <= sourceChannels {
        var tap = 0
        while tap < windowSize {
          sums = multiplyAdd(sums, resnet_load_4(x + (first + tap)), resnet_splat_4(weights + tap))
          tap += 1
        }
      } else {
        sums = channelConvolutionKernel_edge(x, weights, first)
      }
    } else {  //% else
      sums = channelConvolutionKernel_edge(x, weights, first)
    }  //% end
    sums = activation(sums)
    //% for z in padded
    if block == const(padBlock[z]) { sums = clearPadLanes(sums, const(padLanes[z])) }
    //% end
    resnet_store_4(sums, o)
    unit += 1
  }
}

/// The sums of a block, channel by channel, from that which the first lane looks at first; there may be none.
private func channelConvolutionKernel_edge(
  _ x: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ first: Int
) -> V {
  var sums = V.zero
  var lane = 0
  while lane < lanes {
    var sum: Float = 0
    var tap = 0
    while tap < windowSize {
      let channel = first + lane + tap
      if channel >= 0, channel < sourceChannels {
        sum += weights[tap] * x[channel / lanes * sourceBlock + channel % lanes]
      }
      tap += 1
    }
    sums[lane] = sum
    lane += 1
  }
  return sums
}
