import ResNetCPU

//% strip
// A map `factor` times as high and as wide: each value so many times, or along straight lines between the middles of
// values. A unit is one row of one block of channels.
private let batch = 1, outBlocks = 1, outHeight = 2, outWidth = 2
private let inHeight = 1, inWidth = 1, factor = 2
private let sourcePixel = lanes, sourceRow = lanes, sourceBlock = lanes, sourceImage = lanes, sourceOrigin = 0
private let outPixelPitch = lanes, outRowPitch = 2 * lanes, outBlockPitch = 4 * lanes, outImagePitch = 4 * lanes
private let outOrigin = 0
private let haloRow = 0, haloAbove = 0, haloBelow = 0
private let bilinear = false
//% end
// docs
func upsampleKernel(
  _ source: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ begin: Int, _ end: Int
) {
  var unit = begin
  while unit < end {
    let row = unit % outHeight
    let block = unit / outHeight % outBlocks
    let image = unit / const(outHeight * outBlocks)
    let x = source + (image * sourceImage + block * sourceBlock + sourceOrigin)
    let o = y + (image * outImagePitch + block * outBlockPitch + row * outRowPitch + outOrigin)
    if haloRow + haloAbove + haloBelow > 0 {  //% if
      let (above, below) = (row == 0 ? haloAbove : 0, row == const(outHeight - 1) ? haloBelow : 0)
      zeroHalo(o, outRowPitch, haloRow, above, below)
    }  //% end
    if bilinear {  //% if
      let down = upsampleKernel_place(row)
      let first = x + down.first * sourceRow
      let second = first + (down.first < const(inHeight - 1) ? sourceRow : 0)
      var column = 0
      while column < outWidth {
        let across = upsampleKernel_place(column)
        let left = across.first * sourcePixel
        let right = left + (across.first < const(inWidth - 1) ? sourcePixel : 0)
        let upper = upsampleKernel_between(first, left, right, across.share)
        let lower = upsampleKernel_between(second, left, right, across.share)
        let rest = resnet_multiply_add_4(V.zero, upper, V(repeating: 1 - down.share))
        resnet_store_4(
          resnet_multiply_add_4(rest, lower, V(repeating: down.share)), o + column * outPixelPitch)
        column += 1
      }
    } else {  //% else
      let line = x + row / factor * sourceRow
      var column = 0
      while column < inWidth {
        let value = resnet_load_4(line + column * sourcePixel)
        let to = o + column * const(factor * outPixelPitch)
        var copy = 0
        while copy < factor {
          resnet_store_4(value, to + copy * outPixelPitch)
          copy += 1
        }
        column += 1
      }
    }  //% end
    unit += 1
  }
}

/// The value before a place of the larger map, and how much of the one after it belongs there: the middle of place `i` lies
/// `(i + 1/2) / factor - 1/2` values from the first one's, and before that it is that one.
@inline(__always) private func upsampleKernel_place(_ index: Int) -> (first: Int, share: Float) {
  let halves = 2 * index + const(1 - factor)
  guard halves > 0 else { return (0, 0) }
  let (first, rest) = (halves / const(2 * factor), halves % const(2 * factor))
  return (first, Float(rest) / Float(const(2 * factor)))
}

@inline(__always) private func upsampleKernel_between(
  _ line: UnsafePointer<Float>, _ left: Int, _ right: Int, _ share: Float
) -> V {
  let first = resnet_multiply_add_4(V.zero, resnet_load_4(line + left), V(repeating: 1 - share))
  return resnet_multiply_add_4(first, resnet_load_4(line + right), V(repeating: share))
}
