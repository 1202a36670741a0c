//% strip
import ResNetCPU

// Back from products to outputs: the transform of each tile, then bias, residual and activation as of a direct kernel. What
// multiplies stands in Winograd.swift, in whose file this is expanded.
private let size = 4, tile = 2, positions = 16, tilesDown = 1, tilesAcross = 1, groupRuns = 1, vectors = [1]
private let productPitch = lanes, productsAt = 16 * lanes, sumsAt = 48 * lanes, outBlocks = 1, outHeight = 2
private let outWidth = 2, outPixelPitch = lanes, outRowPitch = 2 * lanes, outBlockPitch = 4 * lanes
private let outImagePitch = 4 * lanes, outOrigin = 0, haloRow = 0, haloAbove = 0, haloBelow = 0, padded = 0
private let padBlock = [0], padLanes = [0], z = 0, residual = 0, residualPixel = lanes, residualRow = lanes
private let residualBlock = lanes, residualImage = lanes, residualOrigin = 0, residualBlocks = 0
private let residualBlocksBefore = 0, prelu = false, g = 0, isInteger = false, factorStart = 0, residualStart = 0

private func outputTile(
  _ x: UnsafePointer<Float>, _ rowStep: Int, _ columnStep: Int, _ y: UnsafeMutablePointer<Float>, _ pitch: Int
) {
  tileMap(4, x, rowStep, columnStep, y, pitch) { x in [x[0] + x[1] + x[2], x[1] - x[2] + x[3]] }
}

// Of whole numbers: products have factors.
private func outputTile(
  _ x: UnsafePointer<Float>, _ rowStep: Int, _ columnStep: Int, _ factors: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, _ pitch: Int
) {
  outputTile(x, rowStep, columnStep, y, pitch)
}

@inline(__always) private func loadAdded(_ p: UnsafePointer<Float>) -> V { resnet_load_4(p) }
@inline(__always) private func storeSum(_ x: V, _ p: UnsafeMutablePointer<Float>) { resnet_store_4(x, p) }
@inline(__always) private func activation(_ x: V) -> V { x }
//% end
//% for g in groupRuns
/// Outputs of const(vectors[g]) blocks of channels, from the products of tiles `begin ..< end` of the block whose first is
/// `first`.
internal func winogradKernel_finish_g(
  _ scratch: UnsafeMutablePointer<Float>, _ added: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
  _ weights: UnsafePointer<Float>, _ first: Int, _ begin: Int, _ end: Int, _ channels: Int
) {
  let sums = scratch + sumsAt
  //% if isInteger
  //% if residual > 0
  let addedFactor: V = resnet_load_4(weights + residualStart)
  //% end
  //% end
  var vector = 0
  while vector < const(vectors[g]) {
    let block = channels + vector
    let bias = resnet_load_4(weights + block * lanes)
    var index = begin
    while index < end {
      let (row, column) = ((first + index) / tilesAcross % tilesDown, (first + index) % tilesAcross)
      let image = (first + index) / const(tilesDown * tilesAcross)
      let products = scratch + (index * const(vectors[g] * lanes) + vector * lanes + productsAt)
      if isInteger {  //% if
        let factors = weights + (factorStart + block * const(positions * lanes))
        outputTile(products, const(size * productPitch), productPitch, factors, sums, lanes)
      } else {  //% else
        outputTile(products, const(size * productPitch), productPitch, sums, lanes)
      }  //% end
      var i = 0
      while i < tile && row * tile + i < outHeight {
        let line = row * tile + i
        let o = y + (image * outImagePitch + block * outBlockPitch + line * outRowPitch + outOrigin)
        if haloRow + haloAbove + haloBelow > 0 {  //% if
          if column == 0 {
            zeroHalo(o, outRowPitch, haloRow, line == 0 ? haloAbove : 0, line == const(outHeight - 1) ? haloBelow : 0)
          }
        }  //% end
        //% if residual > 0
        let r = added + (image * residualImage + line * residualRow + residualOrigin)
        //% end
        var j = 0
        while j < tile && column * tile + j < outWidth {
          var sum: V = resnet_add_4(resnet_load_4(sums + (i * tile + j) * lanes), bias)
          if residual == 1 {  //% if
            let x: V = loadAdded(r + (block * residualBlock + (column * tile + j) * residualPixel))
            if isInteger {  //% if
              sum = resnet_add_4(sum, resnet_multiply_4(x, addedFactor))
            } else {  //% else
              sum = resnet_add_4(sum, x)
            }  //% end
          }  //% end
          if residual == 2 {  //% if
            // Option A, in whole vectors: channels outside the smaller value add nothing.
            let from = block - residualBlocksBefore
            if from >= 0 && from < residualBlocks {
              let x: V = loadAdded(r + (from * residualBlock + (column * tile + j) * residualPixel))
              if isInteger {  //% if
                sum = resnet_add_4(sum, resnet_multiply_4(x, addedFactor))
              } else {  //% else
                sum = resnet_add_4(sum, x)
              }  //% end
            }
          }  //% end
          if prelu {  //% if
            sum = resnet_prelu_4(sum, resnet_load_4(weights + (const(outBlocks * lanes) + block * lanes)))
          } else {  //% else
            sum = activation(sum)
          }  //% end
          //% for z in padded
          if block == const(padBlock[z]) { sum = clearPadLanes(sum, const(padLanes[z])) }
          //% end
          storeSum(sum, o + (column * tile + j) * outPixelPitch)
          j += 1
        }
        i += 1
      }
      index += 1
    }
    vector += 1
  }
}
//% end
