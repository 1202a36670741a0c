//% strip
// The mean of each channel's map. A row is summed by itself first, which keeps sums of many pixels exact enough. A unit
// is one block of channels.
private let batch = 1, outBlocks = 1, inHeight = 1, inWidth = 1
private let sourcePixel = lanes, sourceRow = lanes, sourceBlock = lanes, sourceImage = lanes, sourceOrigin = 0
private let outRowPitch = lanes, outBlockPitch = lanes, outImagePitch = lanes, outOrigin = 0, haloFloats = 0
//% end
// docs
func globalAveragePoolKernel(
  _ source: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ begin: Int, _ end: Int
) {
  var unit = begin
  while unit < end {
    let block = unit % outBlocks
    let image = unit / outBlocks
    let x = UnsafeRawPointer(source + (image * sourceImage + block * sourceBlock + sourceOrigin))
    var sum = V.zero
    var row = 0
    while row < inHeight {
      var rowSum = V.zero
      var at = row * const(sourceRow * 4)
      var column = 0
      while column < inWidth {
        rowSum += x.loadUnaligned(fromByteOffset: at, as: V.self)
        at += const(sourcePixel * 4)
        column += 1
      }
      sum += rowSum
      row += 1
    }
    let map = y + (image * outImagePitch + block * outBlockPitch)
    if haloFloats > 0 {  //% if
      zero(map, outBlockPitch)
    }  //% end
    let mean: V = sum / V(repeating: Float(const(inHeight * inWidth)))
    UnsafeMutableRawPointer(map + outOrigin).storeBytes(of: mean, as: V.self)
    unit += 1
  }
}
