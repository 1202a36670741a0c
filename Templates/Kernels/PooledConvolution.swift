//% strip
import ResNetCPU

// A convolution together with the pool or the depthwise convolution that alone reads it: the map between them is nowhere.
// The rows that a window needs stay in a ring in the thread's scratch memory, near enough to be read for nothing; a thread
// computes those that it has not got yet, then the reader's row. The convolution and its reader are those of their own
// templates, `kernel` and `poolKernel_row` or `depthwiseKernel_row`, which stand in the same file.
//
// A unit is one row of the reader's map for one group of channels. Where a thread's part begins between two windows that
// share rows it computes them once more, so that what comes out depends on no thread.
private let outHeight = 1, inHeight = 1, kernelHeight = 1, stride = 1, padHeight = 0
private let groups = 1, images = 1, vectors = 1, outBlocks = 1
private let outRowPitch = lanes, outBlockPitch = lanes, outImagePitch = lanes, outOrigin = 0
private let rowTiles = 1, tileRows = 1, notesFloats = 16, ringBlock = lanes, ringFloats = lanes
private let secondWeights = 0, ringRow = lanes, ringBeside = 0, firstColumn = 0

@inline(__always) private func poolKernel_row(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ row: Int) {
  resnet_store_4(resnet_load_4(x), y)
}

@inline(__always) private func depthwiseKernel_row(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ block: Int, _ row: Int
) {
  resnet_store_4(resnet_load_4(x), y)
}
//% end
// docs
func pooledKernel(
  _ source_0: UnsafePointer<Float>, _ source_1: UnsafePointer<Float>, _ added: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ notes: UnsafeMutablePointer<Float>,
  _ begin: Int, _ end: Int
) {
  let scratch = notes + notesFloats
  let sums = scratch + ringFloats
  //% if depthwise > 0
  // The columns of zeros beside the map's rows stay as they are.
  var line = scratch
  while line < sums {
    zero(line, ringBeside)
    zero(line + const(ringRow - ringBeside), ringBeside)
    line += ringRow
  }
  //% end
  // How many tiles of rows of a group's map have been computed: by the thread's last call, if it ended here.
  var computed = Int(notes[0]) == begin ? Int(notes[1]) : -1
  var unit = begin
  while unit < end {
    let row = unit % outHeight
    let turn = unit / outHeight
    let top = row * stride - padHeight
    let bottom = top + kernelHeight < inHeight ? top + kernelHeight : inHeight
    let first = top > 0 ? top / tileRows : 0
    let last = (bottom + const(tileRows - 1)) / tileRows
    if row == 0 || computed < first { computed = first }
    if computed < last {
      kernel(
        source_0, source_1, added, scratch, weights, sums, turn * rowTiles + computed, turn * rowTiles + last)
      computed = last
    }
    let block = turn / images % groups * vectors
    let image = turn / const(images * groups) * images + turn % images
    let o = y + (image * outImagePitch + block * outBlockPitch + row * outRowPitch + outOrigin)
    var vector = 0
    while vector < vectors && block + vector < outBlocks {
      //% if depthwise == 0
      poolKernel_row(scratch + vector * ringBlock, o + vector * outBlockPitch, row)
      //% else
      depthwiseKernel_row(
        scratch + (vector * ringBlock + firstColumn), o + vector * outBlockPitch, weights + secondWeights,
        block + vector, row)
      //% end
      vector += 1
    }
    unit += 1
  }
  notes[0] = Float(end)
  notes[1] = Float(computed)
}
