import ResNetCPU

//% strip
// Channels of a value, in other lanes. A unit is one row of one block of channels.
private let batch = 1, outBlocks = 1, outHeight = 1, outWidth = 1
private let blocksRead = [1], firstRead = [0], readStart = [0], laneSource = [0, 0, 0, 0], laneIndex = [0, 1, 2, 3]
private let lanesRead: StaticString = "1000200030004000"
private let sourcePixel = lanes, sourceRow = lanes, sourceBlock = lanes, sourceImage = lanes, sourceOrigin = 0
private let outPixelPitch = lanes, outRowPitch = lanes, outBlockPitch = lanes, outImagePitch = lanes, outOrigin = 0
private let haloRow = 0, haloAbove = 0, haloBelow = 0
private let byTable = false, b = 0, l = 0, s = 0
@inline(__always) private func loadGathered(_ p: UnsafePointer<Float>) -> V { resnet_load_4(p) }
@inline(__always) private func storeGathered(_ x: V, _ p: UnsafeMutablePointer<Float>) { resnet_store_4(x, p) }
@inline(__always) private func loadLane(_ p: UnsafePointer<Float>, _ lane: Int) -> Float { p[lane] }
@inline(__always) private func storeLane(_ x: Float, _ p: UnsafeMutablePointer<Float>, _ lane: Int) { p[lane] = x }
//% end
// docs
func gatherKernel(
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
    if byTable {  //% if
      gatherKernel_lanes(x, o, block)
    } else {  //% else
      //% for b in outBlocks
      if block == const(b) { gatherKernel_b(x, o) }
      //% end
    }  //% end
    unit += 1
  }
}

//% if byTable == 0
//% for b in outBlocks
/// A row of block const(b).
private func gatherKernel_b(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
  var column = 0
  while column < outWidth {
    let pixel = x + column * sourcePixel
    //% for s in blocksRead[b]
    let v_s: V = loadGathered(pixel + const(readStart[firstRead[b] + s]))
    //% end
    var gathered = V.zero
    //% for l in lanes, s in blocksRead[b]
    //% if laneSource[b * lanes + l] == s
    gathered[const(l)] = v_s[const(laneIndex[b * lanes + l])]
    //% end
    //% end
    storeGathered(gathered, y + column * outPixelPitch)
    column += 1
  }
}

//% end
//% end
//% if byTable > 0
/// A row of one block, lane by lane. The table has four letters for each lane: the lane that it is, counted from 1, six
/// bits a letter.
private func gatherKernel_lanes(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ block: Int) {
  let table: StaticString = lanesRead
  var lane = 0
  while lane < lanes {
    let letters = table.utf8Start + (block * lanes + lane) * 4
    var slot = Int(letters[3]) - 48
    slot = slot * 64 + Int(letters[2]) - 48
    slot = slot * 64 + Int(letters[1]) - 48
    slot = slot * 64 + Int(letters[0]) - 49
    let from = x + (slot < 0 ? 0 : slot / lanes * sourceBlock)
    let fromLane = slot < 0 ? 0 : slot % lanes
    var column = 0
    while column < outWidth {
      let number: Float = slot < 0 ? 0 : loadLane(from + column * sourcePixel, fromLane)
      storeLane(number, y + column * outPixelPitch, lane)
      column += 1
    }
    lane += 1
  }
}
//% end
