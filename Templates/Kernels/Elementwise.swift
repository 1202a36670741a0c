import ResNetCPU

//% strip
// A sum, a product or a blend of values and its activation, where no convolution could take them in. A unit is one row of one block
// of channels.
private let batch = 1, outBlocks = 1, outHeight = 1, outWidth = 1, operands = 1
private let mode = [1], sourcePixel = [lanes], sourceRow = [lanes], sourceBlock = [lanes], sourceImage = [lanes]
private let sourceOrigin = [0], sourceChannels = [lanes], channelsBefore = [0]
private let outPixelPitch = lanes, outRowPitch = lanes, outBlockPitch = lanes, outImagePitch = lanes, outOrigin = 0
private let haloRow = 0, haloAbove = 0, haloBelow = 0
private let padded = 0, padBlock = [0], padLanes = [0], z = 0
private let moves = 1, moveFrom = [0], moveTo = [0], moveEnd = [lanes]
private let t = 0, e = 0
private let blends = 0, prelu = false, affine = false, hasFMA = false, slopeStart = 0, scaleStart = lanes
private let isInteger = 0

@inline(__always) private func loadOperand_t(_ p: UnsafePointer<Float>) -> V { resnet_load_4(p) }
@inline(__always) private func laneOperand_t(_ p: UnsafePointer<Float>, _ lane: Int) -> Float { p[lane] }
@inline(__always) private func storeSum(_ x: V, _ p: UnsafeMutablePointer<Float>) { resnet_store_4(x, p) }
@inline(__always) private func activation(_ x: V) -> V { x }
//% end
// docs
func elementwiseKernel(
  _ source_0: UnsafePointer<Float>, _ source_1: UnsafePointer<Float>, _ source_2: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ begin: Int, _ end: Int
) {
  var unit = begin
  while unit < end {
    let row = unit % outHeight
    let block = unit / outHeight % outBlocks
    let image = unit / const(outHeight * outBlocks)
    let o = y + (image * outImagePitch + block * outBlockPitch + row * outRowPitch + outOrigin)
    if haloRow + haloAbove + haloBelow > 0 {  //% if
      let (above, below) = (row == 0 ? haloAbove : 0, row == const(outHeight - 1) ? haloBelow : 0)
      zeroHalo(o, outRowPitch, haloRow, above, below)
    }  //% end
    //% strip
    let source_t = source_0
    //% end
    //% for t in operands
    let x_t = source_t + (image * const(sourceImage[t]) + row * const(sourceRow[t]) + const(sourceOrigin[t]))
    //% end
    //% if isInteger > 0
    //% for t in operands
    //% if (mode[t] - 1) * (mode[t] - 3) == 0
    let factor_t: V = resnet_load_4(weights + const(t * lanes))
    //% end
    //% end
    //% end
    //% if affine > 0
    let shift: V = resnet_load_4(weights + block * lanes)
    let scale: V = resnet_load_4(weights + (scaleStart + block * lanes))
    //% end
    var column = 0
    while column < outWidth {
      var sum = V.zero
      //% if blends > 0
      var first = V.zero
      //% end
      //% for t in operands
      if mode[t] == 1 {  //% if
        let operand_t: V = loadOperand_t(x_t + (block * const(sourceBlock[t]) + column * const(sourcePixel[t])))
        if isInteger > 0 {  //% if
          sum = resnet_add_4(sum, resnet_multiply_4(operand_t, factor_t))
        } else {  //% else
          sum = resnet_add_4(sum, operand_t)
        }  //% end
      }  //% end
      if mode[t] == 2 {  //% if
        var lane_t = 0
        while lane_t < lanes {
          let channel = block * lanes + lane_t - const(channelsBefore[t])
          if channel >= 0 && channel < const(sourceChannels[t]) {
            let at = channel / lanes * const(sourceBlock[t]) + column * const(sourcePixel[t]) + channel % lanes
            sum[lane_t] += x_t[at]
          }
          lane_t += 1
        }
      }  //% end
      if mode[t] == 3 {  //% if
        // Channels lie in another order there.
        var lane_t = 0
        while lane_t < lanes {
          let slot = block * lanes + lane_t
          //% for e in moves
          if slot >= const(moveTo[e]) && slot < const(moveEnd[e]) {
            let from = slot + const(moveFrom[e] - moveTo[e])
            sum[lane_t] += laneOperand_t(
              x_t + (from / lanes * const(sourceBlock[t]) + column * const(sourcePixel[t])), from % lanes)
          }
          //% end
          lane_t += 1
        }
        if isInteger > 0 {  //% if
          sum = resnet_multiply_4(sum, factor_t)
        }  //% end
      }  //% end
      if mode[t] == 4 {  //% if
        sum = resnet_multiply_4(
          sum, resnet_load_4(x_t + (block * const(sourceBlock[t]) + column * const(sourcePixel[t]))))
      }  //% end
      if mode[t] == 5 {  //% if
        // One factor for all channels of a pixel.
        sum = resnet_multiply_4(sum, resnet_splat_4(x_t + column * const(sourcePixel[t])))
      }  //% end
      if mode[t] == 6 {  //% if
        first = sum
        sum = resnet_subtract_4(
          resnet_load_4(x_t + (block * const(sourceBlock[t]) + column * const(sourcePixel[t]))), first)
      }  //% end
      if mode[t] == 7 {  //% if
        sum = resnet_multiply_add_4(
          first, sum, resnet_load_4(x_t + (block * const(sourceBlock[t]) + column * const(sourcePixel[t]))))
      }  //% end
      //% end
      if affine {  //% if
        if hasFMA {  //% if
          sum = resnet_fma_4(shift, sum, scale)
        } else {  //% else
          sum = resnet_multiply_add_4(shift, sum, scale)
        }  //% end
      }  //% end
      if prelu {  //% if
        sum = resnet_prelu_4(sum, resnet_load_4(weights + (slopeStart + block * lanes)))
      } else {  //% else
        sum = activation(sum)
      }  //% end
      //% for z in padded
      if block == const(padBlock[z]) { sum = clearPadLanes(sum, const(padLanes[z])) }
      //% end
      storeSum(sum, o + column * outPixelPitch)
      column += 1
    }
    unit += 1
  }
}
