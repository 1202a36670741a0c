import ResNetCPU

//% strip
// Winograd's convolution F(m x m, 3x3) (Lavin and Gray, 2015): m^2 outputs of a channel for (m + 2)^2 multiplications
// instead of 9 m^2, or (2m + 1)^2 with stride 2. A tile of as many input pixels becomes as many sums of pixels, each
// position of all tiles is multiplied with its own matrix of transformed weights, and m^2 outputs come back out of the
// products.
//
// A unit of work is a tile by a group of output channels: all tiles of a block for one group, then for the next one. Any
// number of threads find something to do, and few of them much in one place: a thread transforms the tiles that it needs of
// a block once and uses them for all its groups. Transformed tiles and products stay in its scratch memory, sized for the
// second-level cache, from one call in a step to the next. What a tile becomes depends on no other.
//
// Transformed weights are several times as many as weights. Where all of them would come from memory at each pass,
// they are packed as they are and transformed while the kernel runs: part by part of the input channels, into scratch
// memory, while memory delivers the next part.
//
// As it stands the file is the smallest instance: F(2x2, 3x3), one tile, one vector of channels in and out.
private let hasFMA = false, size = 4, tile = 2, tileStep = 2, positions = 16, inHeight = 4, inWidth = 4, tilesDown = 1
private let tilesAcross = 1, groups = 1, blockTiles = 1, largerBlocks = 1, groupRuns = 1, vectors = [1]
private let groupCount = [1], groupStart = [0], firstGroup = [0], rowRuns = 1, rows = [1], rowsBelow = [0]
private let mostRows = 1, notesFloats = 16, inBlocks = 1, lanesRead = lanes, sourcePixel = lanes, sourceRow = 4 * lanes
private let sourceBlock = 16 * lanes, sourceImage = 16 * lanes, sourceOrigin = 0, pairStep = 0, lastPairStep = 0
private let tilePitch = lanes, positionPitch = lanes, productPitch = lanes, productsAt = 16 * lanes
private let patchAt = 32 * lanes, outBlocks = 1, padded = 0, panelFloats = 16 * lanes * lanes, slopeFloats = 0
private let prefetch = 0, running = 0, parts = 1, partBlocks = 1, filtersAt = 52 * lanes, filterPitch = [lanes * lanes]
private let aheadLines = 0, weightLanes = lanes, filterLanes = lanes, evenRows = 1, largerRows = 0, g = 0, h = 0, p = 0
private let v = 0, isInteger = false

private func inputTile(
  _ x: UnsafePointer<Float>, _ rowStep: Int, _ columnStep: Int, _ y: UnsafeMutablePointer<Float>, _ pitch: Int
) {
  tileMap(4, x, rowStep, columnStep, y, pitch) { x in [x[2] - x[0], x[1] + x[2], x[2] - x[1], x[3] - x[1]] }
}

private func filterTile(
  _ x: UnsafePointer<Float>, _ rowStep: Int, _ columnStep: Int, _ y: UnsafeMutablePointer<Float>, _ pitch: Int
) {
  let half = V(repeating: 0.5)
  tileMap(3, x, rowStep, columnStep, y, pitch) { x in
    [V.zero - x[0], (x[0] + x[1] + x[2]) * half, (x[0] - x[1] + x[2]) * half, x[2]]
  }
}

func tileMap(
  _ size: Int, _ x: UnsafePointer<Float>, _ rowStep: Int, _ columnStep: Int, _ y: UnsafeMutablePointer<Float>,
  _ pitch: Int, _ axis: ([V]) -> [V]
) {
  let columns = (0..<size).map { j in
    axis((0..<size).map { i in resnet_load_4(x + (i * rowStep + j * columnStep)) })
  }
  for i in columns[0].indices {
    for (j, sum) in axis(columns.map { $0[i] }).enumerated() {
      resnet_store_4(sum, y + (i * columns[0].count + j) * pitch)
    }
  }
}

// Of whole numbers: tiles are read from two blocks, or from what was copied from there.
private func inputTile(
  _ x: UnsafePointer<Float>, _ pair: Int, _ rowStep: Int, _ columnStep: Int, _ y: UnsafeMutablePointer<Float>,
  _ pitch: Int
) {
  inputTile(x, rowStep, columnStep, y, pitch)
}

private func patchTile(
  _ x: UnsafePointer<Float>, _ rowStep: Int, _ columnStep: Int, _ y: UnsafeMutablePointer<Float>, _ pitch: Int
) {
  inputTile(x, rowStep, columnStep, y, pitch)
}

@inline(__always) private func loadPixel(_ p: UnsafePointer<Float>, _ q: UnsafePointer<Float>) -> V {
  resnet_load_4(p)
}

//% end
// transforms
// docs
func winogradKernel(
  _ source: UnsafePointer<Float>, _ added: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
  _ weights: UnsafePointer<Float>, _ notes: UnsafeMutablePointer<Float>, _ begin: Int, _ end: Int
) {
  let scratch = notes + notesFloats
  // The block of which the thread has transformed tiles in this step, and which ones: from the last call, if there was one.
  var transformed = Int(notes[0]) - 1
  var from = Int(notes[1])
  var to = Int(notes[2])
  var unit = begin
  while unit < end {
    let turn = unit / blockTiles
    let group = turn % groups
    let block = turn / groups
    let larger = block < largerBlocks ? block : largerBlocks
    let first = block * blockTiles - (block - larger)
    let count = block < largerBlocks ? blockTiles : const(blockTiles - 1)
    let place = unit % blockTiles
    let stop = end - unit < count - place ? place + (end - unit) : count
    unit = (turn + 1) * blockTiles
    if block != transformed || place > to || stop < from {
      transformed = block
      from = place
      to = place
    }
    if place < from {
      winogradKernel_transform(source, scratch, first, place, from)
      from = place
    }
    if stop > to {
      winogradKernel_transform(source, scratch, first, to, stop)
      to = stop
    }
    //% for g in groupRuns
    if group / const(groupCount[0]) == g {  //% unwrap groupRuns == 1
      let panel = weights + (const(outBlocks * lanes + slopeFloats) + group * panelFloats)
      if running > 0 {  //% if
        var part = 0
        while part < parts {
          let weights = panel + part * const(partBlocks * 9 * lanesRead * vectors[g] * weightLanes)
          let next = weights + const(partBlocks * 9 * lanesRead * vectors[g] * weightLanes)
          winogradKernel_filters_g(weights, scratch + filtersAt)
          winogradKernel_multiply_g(scratch, scratch + filtersAt, next, part, place, stop)
          part += 1
        }
      } else {  //% else
        winogradKernel_multiply_g(scratch, panel, panel, 0, place, stop)
      }  //% end
      let channels = group * const(vectors[g]) + const(groupStart[g] - firstGroup[g] * vectors[g])
      winogradKernel_finish_g(scratch, added, y, weights, first, place, stop, channels)
    }  //% end
    //% end
  }
  notes[0] = Float(transformed + 1)
  notes[1] = Float(from)
  notes[2] = Float(to)
}

/// Transforms tiles `begin ..< end` of the block whose first is `first`, into `[position][block of channels][tile][lane]`.
private func winogradKernel_transform(
  _ source: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>, _ first: Int, _ begin: Int, _ end: Int
) {
  let patch = scratch + patchAt
  // Neighbours in turn: they share two columns of pixels, and each position is one stream of stores.
  var block = 0
  while block < inBlocks {
    var index = begin
    while index < end {
      let (row, column) = ((first + index) / tilesAcross % tilesDown, (first + index) % tilesAcross)
      let image = (first + index) / const(tilesDown * tilesAcross)
      // Of the pixels that the padded map has, how many lie in this tile.
      let inRows = inHeight - row * tileStep
      let inColumns = inWidth - column * tileStep
      let corner = image * sourceImage + row * const(tileStep * sourceRow) + column * const(tileStep * sourcePixel)
      let x = source + (corner + block * sourceBlock + sourceOrigin)
      let v = scratch + (block * tilePitch + index * lanes)
      //% if isInteger
      let pair = block == const(inBlocks - 1) ? lastPairStep : pairStep
      //% end
      if inRows >= size && inColumns >= size {
        if isInteger {  //% if
          inputTile(x, pair, sourceRow, sourcePixel, v, positionPitch)
        } else {  //% else
          inputTile(x, sourceRow, sourcePixel, v, positionPitch)
        }  //% end
      } else {
        // The map ends inside the tile: a copy of what there is, zeros around it.
        var i = 0
        while i < size {
          var j = 0
          while j < size {
            let inside = i < inRows && j < inColumns
            //% if isInteger
            let pixel = x + (i * sourceRow + j * sourcePixel)
            resnet_store_4(inside ? loadPixel(pixel, pixel + pair) : V.zero, patch + (i * size + j) * lanes)
            //% else
            resnet_store_4(
              inside ? resnet_load_4(x + (i * sourceRow + j * sourcePixel)) : V.zero, patch + (i * size + j) * lanes)
            //% end
            j += 1
          }
          i += 1
        }
        if isInteger {  //% if
          patchTile(patch, const(size * lanes), lanes, v, positionPitch)
        } else {  //% else
          inputTile(patch, const(size * lanes), lanes, v, positionPitch)
        }  //% end
      }
      index += 1
    }
    block += 1
  }
}

//% for g in groupRuns
//% if running > 0
/// Transforms one part of the weights, `[block of channels][tap][channel][const(vectors[g] * lanes) channels out]`, into
/// `[position][channel][const(vectors[g] * lanes) channels out]`.
private func winogradKernel_filters_g(_ weights: UnsafePointer<Float>, _ filters: UnsafeMutablePointer<Float>) {
  var w = weights
  var u = filters
  var block = 0
  while block < partBlocks {
    let last = w + const(lanesRead * vectors[g] * weightLanes)
    while w < last {
      filterTile(
        w, const(3 * lanesRead * vectors[g] * weightLanes), const(lanesRead * vectors[g] * weightLanes), u,
        const(filterPitch[g]))
      w += weightLanes
      u += lanes
    }
    w += const(8 * lanesRead * vectors[g] * weightLanes)
    block += 1
  }
}
//% end

/// Multiplies each position of tiles `begin ..< end` of a block with its matrix, into `[position][tile][const(vectors[g] * lanes) channels]`.
private func winogradKernel_multiply_g(
  _ scratch: UnsafeMutablePointer<Float>, _ filters: UnsafePointer<Float>, _ next: UnsafePointer<Float>, _ part: Int,
  _ begin: Int, _ end: Int
) {
  // Of a smaller block the last unit is no tile.
  if begin == end { return }
  // As many at a time as there are registers for, in steps as even as can be; where sums of a part before are added to, in
  // the largest, of which only the last may compute more than it has, or what lies beside would be added twice.
  let chunks = (end - begin + const(mostRows - 1)) / mostRows
  let even = evenRows
  let larger = largerRows
  var ahead = next
  var position = 0
  while position < positions {
    var a = UnsafePointer(
      scratch + (position * positionPitch + begin * lanes + part * const(partBlocks * tilePitch)))
    var c = scratch + (position * productPitch + begin * const(vectors[g] * lanes) + productsAt)
    let w = filters + position * const(filterPitch[g])
    if running == 0 {  //% if
      // The next position's weights are asked for once, by the first chunks; the others ask for what is here already.
      ahead = w + const(filterPitch[g])
    }  //% end
    var chunk = 0
    while chunk < chunks {
      let most = chunk < larger ? even + 1 : even
      let before = chunk < larger ? chunk : larger
      let left = end - begin - chunk * even - before
      let count = most < left ? most : left
      // Where there is no step of just so many, what is computed beside is computed again, or never read.
      //% for h in rowRuns
      if count <= const(rows[h]) && count > const(rowsBelow[h]) {  //% unwrap rowRuns == 1
        winogradKernel_multiply_g_h(a, w, c, ahead, part)
      }  //% end
      //% end
      a += count * lanes
      c += count * const(vectors[g] * lanes)
      if running > 0 {  //% if
        ahead += const(partBlocks * aheadLines * 16)
      } else {  //% else
        ahead += const(inBlocks * lanesRead * prefetch * 16)
        if ahead >= w + const(2 * filterPitch[g]) { ahead = w }
      }  //% end
      chunk += 1
    }
    position += 1
  }
}
//% end

//% for g in groupRuns, h in rowRuns
/// const(rows[h]) tiles by const(vectors[g] * lanes) channels of one position.
private func winogradKernel_multiply_g_h(
  _ tiles: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ products: UnsafeMutablePointer<Float>,
  _ ahead: UnsafePointer<Float>, _ part: Int
) {
  let out = UnsafeMutableRawPointer(products)
  //% for p in rows[h], v in vectors[g]
  var sum_p_v = V.zero
  //% end
  //% if running > 0
  if part > 0 {
    //% for p in rows[h], v in vectors[g]
    sum_p_v = out.loadUnaligned(fromByteOffset: const((p * vectors[g] + v) * lanes * 4), as: V.self)
    //% end
  }
  //% end
  var w = UnsafeRawPointer(weights)
  //% if prefetch + running > 0
  var next = ahead
  //% end
  var block = 0
  while block < partBlocks {
    var a = tiles + block * tilePitch
    // The next block's tiles, or the next position's: each line serves one block only.
    let following = block == const(partBlocks - 1) ? const(positionPitch - (partBlocks - 1) * tilePitch) : tilePitch
    //% for p in rows[h]
    resnet_prefetch_near(a + (following + const(p * lanes)))
    //% end
    //% if running > 0
    // A share of the next part's weights.
    //% for v in aheadLines
    resnet_prefetch_far(next + const(v * 16))
    //% end
    next += const(aheadLines * 16)
    //% end
    let lastLane: Int = resnet_hidden(lanesRead)
    var lane = 0
    repeat {
      //% for v in vectors[g]
      let w_v: V = resnet_load_weight_4(w + const(v * filterLanes * 4))
      //% end
      //% if prefetch > 0
      //% for v in prefetch
      resnet_prefetch_near(next + const(v * 16))
      //% end
      next += const(prefetch * 16)
      //% end
      //% for p in rows[h]
      let a_p: V = resnet_splat_4(a + const(p * lanes))
      //% for v in vectors[g]
      if hasFMA {  //% if
        sum_p_v = resnet_fma_4(sum_p_v, a_p, w_v)
      } else {  //% else
        sum_p_v = resnet_multiply_add_4(sum_p_v, a_p, w_v)
      }  //% end
      //% end
      //% end
      w += const(vectors[g] * filterLanes * 4)
      a += 1
      lane += 1
    } while lane < lastLane
    block += 1
  }
  //% for p in rows[h], v in vectors[g]
  out.storeBytes(of: sum_p_v, toByteOffset: const((p * vectors[g] + v) * lanes * 4), as: V.self)
  //% end
}
//% end
