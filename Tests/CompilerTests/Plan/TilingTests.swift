// Tiles must cover a map once, fit the registers, and be the ones that the kernel survey arrives at by hand.
import Testing

@testable import ResNetCompiler

@Suite struct TilingTests {
  @Test(arguments: Target.all) func tilesCoverTheMapOnceAndFitTheRegisters(target: Target) {
    for blocks in [1, 2, 3, 4, 5, 7, 16, 63, 128] {
      for height in [1, 2, 3, 7, 13, 14, 28, 33, 56] {
        for width in [1, 2, 5, 7, 8, 13, 14, 28, 29, 56, 113] {
          let tiling = Tiling.choose(blocks: blocks, height: height, width: width, target: target)
          #expect(covered(tiling.groups) == Array(0..<blocks))
          #expect(covered(tiling.rows) == Array(0..<height))
          #expect(covered(tiling.columns) == Array(0..<width))
          let largest = tiling.groups[0].size * tiling.rows[0].size * tiling.columns[0].size
          #expect(largest <= target.accumulators)
          let held = width * height == 1 ? 0 : tiling.groups[0].size + 1
          #expect(largest + held <= target.registers)
        }
      }
    }
  }

  /// A core that loads one vector of 64 bytes a cycle keeps up with two multiplications a cycle where each load serves
  /// two of them: 14 pixels by two vectors are 28 multiplications and 16 loads, 6 by four 24 and 10.
  @Test(arguments: [(112, 4), (56, 4), (28, 8), (14, 16)])
  func avx512TakesSixtyFourChannels(side: Int, blocks: Int) {
    let tiling = Tiling.choose(blocks: blocks, height: side, width: side, target: .avx512)
    #expect(tiling.groups == [TileRun(size: 4, count: blocks / 4, start: 0)])
    #expect(tiling.rows == [TileRun(size: 1, count: side, start: 0)])
    for run in tiling.columns {
      #expect((run.size + 4) * 2 <= run.size * 4)
    }
  }

  /// Ten sums take as long as twelve.
  @Test(arguments: [(56, 8, 2), (28, 4, 1), (14, 1, 2)])
  func avx2LeavesNoFivePixels(side: Int, sixes: Int, fours: Int) {
    let tiling = Tiling.choose(blocks: 16, height: side, width: side, target: .avx2)
    #expect(tiling.groups[0].size == 2)
    #expect(
      tiling.columns == [TileRun(size: 6, count: sixes, start: 0), TileRun(size: 4, count: fours, start: sixes * 6)])
  }

  /// Four vectors of weights, a pixel and 28 sums would be one more than there are registers.
  @Test func sevenPixelsTakeFortyEightChannels() {
    let tiling = Tiling.choose(blocks: 32, height: 7, width: 7, target: .avx512)
    #expect(tiling.groups == [TileRun(size: 3, count: 10, start: 0), TileRun(size: 2, count: 1, start: 30)])
    #expect(tiling.rows == [TileRun(size: 1, count: 7, start: 0)])
    #expect(tiling.columns == [TileRun(size: 7, count: 1, start: 0)])
  }

  /// 3 pixels by four vectors, and then 2, took 30 % longer in ResNet-50's conv5_x.
  @Test func avx2TakesFourPixelsOfSeven() {
    let tiling = Tiling.choose(blocks: 64, height: 7, width: 7, target: .avx2)
    #expect(tiling.groups[0].size == 3)
    #expect(tiling.columns == [TileRun(size: 4, count: 1, start: 0), TileRun(size: 3, count: 1, start: 4)])
  }

  /// A fully connected layer at batch 1 has one pixel: only many channels at once hide the latency of an FMA. Two threads
  /// have 32 and 31 vectors of 63, where tiles of nine would leave them 36 and 27.
  @Test func onePixelTakesManyChannels() {
    let tiling = Tiling.choose(blocks: 63, height: 1, width: 1, target: .avx512)
    #expect(tiling.groups == [TileRun(size: 8, count: 7, start: 0), TileRun(size: 7, count: 1, start: 56)])
  }

  private func covered(_ runs: [TileRun]) -> [Int] {
    runs.flatMap { run in
      (0..<run.count).flatMap { tile in (0..<run.size).map { run.start + tile * run.size + $0 } }
    }
  }
}
