// Strips are as tall as the second level of cache allows, and chunks of weights fit the first.
import Testing

@testable import ResNetCompiler

@Suite struct LoopOrderTests {
  @Test(arguments: [
    // 3.2 MB of input are read for each of two groups: 8 rows of it are 0.5 MB.
    ("conv2_2.1", 8, 56), ("conv3_1.1", 8, 56),
    // Two strips, where 0.8 MB of input would be read for each of 8 groups.
    ("conv4_2.1", 7, 14),
    // 3 to 12.6 MB of weights, which must not be read twice.
    ("conv4_1.3", 14, 14), ("conv5_1.3", 7, 7), ("conv5_3.2", 7, 7),
  ])
  func resNet50(layer: String, strip: Int, units: Int) throws {
    let kernel = try #require(convolution(layer, in: plan("resnet50.rn", .avx512, algorithms: .exact)))
    #expect(kernel.strip == strip)
    #expect(kernel.units == units * kernel.tiling.groupCount)
  }

  @Test(arguments: Target.all, [1, 3, 8]) func chunksFitTheCache(target: Target, batch: Int) throws {
    let plan = try plan("resnet50.rn", target, batch: batch, algorithms: .exact)
    for case .convolution(let kernel) in plan.kernels {
      #expect(batch * kernel.tiling.rowTileCount % kernel.strip == 0)
      for (term, chunks) in zip(kernel.terms, kernel.stream.chunks) {
        #expect((chunks.count - 1) * chunks.blocks + chunks.lastBlocks == term.counts[0])
        #expect(1...chunks.blocks ~= chunks.lastBlocks)
        let bytes = term.blockReduction * chunks.blocks * kernel.tiling.groups[0].size * target.lanes * 4
        #expect(bytes <= 32 << 10 || chunks.blocks == 1, "\(bytes)")
      }
      #expect(kernel.scratchFloats(lanes: target.lanes) * 4 <= 256 << 10)
      #expect(kernel.stream.chunks.isEmpty || kernel.stream.chunks.count == kernel.terms.count)
    }
  }

  /// A prime number of blocks needs no chunk for each: 208 channels are 13 blocks, 53 KB by four vectors.
  @Test func chunksNeedNotBeAlike() throws {
    let kernel = try #require(convolution("stage3_2.1", in: plan("regnet_y_400mf.rn", .avx512)))
    #expect(kernel.stream.chunks == [.init(of: 13, blocks: 7)])
    #expect(kernel.stream.chunks.map(\.count) == [2] && kernel.stream.chunks.map(\.lastBlocks) == [6])
    // What can be alike is.
    let other = try #require(convolution("stage4_2.1", in: plan("regnet_y_400mf.rn", .avx512)))
    #expect(other.stream.chunks.allSatisfy { $0.blocks == $0.lastBlocks && $0.count > 1 })
  }

  /// What all tiles of a strip ask for covers the longest chunk.
  @Test(arguments: Target.all) func aShareIsAskedForByEveryTile(target: Target) throws {
    for case .convolution(let kernel) in try plan("resnet50.rn", target, algorithms: .exact).kernels
    where kernel.stream.ahead > 0 {
      let width = kernel.tiling.groups[0].size * target.lanes
      let chunks = kernel.stream.chunks
      let longest =
        chunks.isEmpty
        ? kernel.reduction * width : zip(kernel.terms, chunks).map { $0.blockReduction * $1.blocks * width }.max()
      #expect(try kernel.stream.ahead * kernel.strip * kernel.tiling.columnTileCount >= #require(longest))
    }
  }

  private func convolution(_ layer: String, in plan: Plan) -> ConvolutionKernel? {
    guard let step = plan.steps.first(where: { plan.graph[$0.node].name == layer }),
      case .convolution(let kernel) = plan.kernels[step.kernel]
    else { return nil }
    return kernel
  }
}
