// Winograd's matrices against the definition of a convolution, splits against the tiles they must cover, and the choices
// of the cost model for the networks of the paper.
import Testing

@testable import ResNetCompiler

@Suite struct WinogradTests {
  /// A ((G g) * (B d)) is the correlation of `d` with `g`, whatever the points.
  @Test(arguments: WinogradTransform.all(stride: 1) + WinogradTransform.all(stride: 2))
  func transformsComputeAConvolution(transform: WinogradTransform) {
    let d = (0..<transform.size).map { Double(($0 * 7 + 3) % 5) - 1.5 }
    let g = [0.75, -2, 1.25]
    func product(_ rows: [[Double]], _ x: [Double]) -> [Double] {
      rows.map { zip($0, x).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    let products = zip(product(transform.filter, g), product(transform.input, d)).map { $0 * $1 }
    let y = product(transform.output, products)
    for i in 0..<transform.tile {
      let expected = (0..<3).reduce(0) { $0 + d[i * transform.stride + $1] * g[$1] }
      #expect(abs(y[i] - expected) < 1e-13)
    }
    // What is rounded to single precision is exact in it.
    for coefficient in (transform.input + transform.output).joined() {
      #expect(Double(Float(coefficient)) == coefficient)
    }
  }

  @Test(arguments: [1, 4, 9, 16, 25, 49, 196, 197, 1568])
  func blocksCoverAllTiles(tiles: Int) {
    for blockCount in 1...min(tiles, 20) {
      let split = WinogradSplit(
        groups: [TileRun(size: 2, count: 1, start: 0)], tiles: tiles, blockCount: blockCount, rowLimit: 14)
      let smaller = split.blockCount - split.largerBlocks
      #expect(split.largerBlocks > 0 && smaller >= 0)
      #expect(split.largerBlocks * split.blockTiles + smaller * (split.blockTiles - 1) == tiles)
      #expect(split.chunks.reduce(0) { $0 + $1.rows * $1.larger } == split.blockTiles)
      if smaller > 0 { #expect(split.chunks.reduce(0) { $0 + $1.rows * $1.smaller } == split.blockTiles - 1) }
      #expect(split.chunks.allSatisfy { $0.rows <= 14 })
    }
  }

  /// Whole blocks have the steps that are best for them; any part of one wastes at most a fifth of a long step, and nothing of
  /// one up to six tiles.
  @Test(arguments: [1, 4, 6, 9, 14, 28], [1, 5, 25, 49, 100]) func stepsForAnyPartOfABlock(rowLimit: Int, tiles: Int) {
    let split = WinogradSplit(
      groups: [TileRun(size: 2, count: 1, start: 0)], tiles: tiles, blockCount: 1, rowLimit: rowLimit)
    let sizes = split.rowSizes
    #expect(Set(split.chunks.map(\.rows)).isSubset(of: sizes) && sizes == sizes.sorted(by: >) && sizes.last == 1)
    var spare = 0
    for count in 1...sizes[0] {
      guard let step = sizes.last(where: { $0 >= count }) else {
        Issue.record("no step for \(count) tiles")
        continue
      }
      #expect(step - count <= (count <= 6 ? 0 : count / 4), "\(count) tiles in a step of \(step)")
      spare = max(spare, step - count)
    }
    #expect(split.spareRows == spare)
  }

  private func tile(_ model: String, _ layer: String, _ target: Target = .avx512, batch: Int = 1) throws -> Int {
    let plan = try plan(model, target, batch: batch)
    let step = try #require(plan.steps.first { plan.graph[$0.node].name == layer })
    guard case .winograd(let kernel) = plan.kernels[step.kernel] else { return 0 }
    return kernel.transform.tile
  }

  /// As measured: large maps F(4x4), 14x14 F(3x3), whose weights are a third smaller, F(2x2) with stride 2.
  @Test(arguments: [
    ("conv2_2.2", 4), ("conv3_2.2", 4), ("conv4_2.2", 3), ("conv3_1.2", 2), ("conv5_2.2", 0), ("conv2_1.1", 0),
  ])
  func resNet50(layer: String, tile: Int) throws {
    #expect(try self.tile("resnet50.rn", layer) == tile)
  }

  /// With eight images to a matrix of weights the largest tiles win everywhere.
  @Test func batchEightTakesLargeTiles() throws {
    for layer in ["conv2_2.2", "conv3_2.2", "conv4_2.2"] {
      #expect(try tile("resnet50.rn", layer, batch: 8) == 4)
    }
  }

  /// Weights that come from memory at each pass are read as they are, 9 floats where F(3x3) has 25; those that stay in a
  /// cache, or of few channels, are packed transformed.
  @Test func largeFiltersAreTransformedWhileRunning() throws {
    let plan = try plan("resnet18.rn", .avx512)
    for step in plan.steps {
      guard case .winograd(let kernel) = plan.kernels[step.kernel], let weights = step.weights else { continue }
      let name = plan.graph[step.node].name
      let isLarge = name.hasPrefix("conv4_") && name != "conv4_1.1"
      #expect(kernel.filters.stage == (isLarge ? .running : .packed), "\(name)")
      #expect(
        weights.floats == kernel.out.blocks * kernel.lanes * (kernel.filterFloats * kernel.reduction + 1), "\(name)")
    }
  }

  @Test func exactMeansDirect() throws {
    let plan = try plan("resnet18.rn", .avx512, algorithms: .exact)
    #expect(!plan.kernels.contains { if case .winograd = $0 { true } else { false } })
  }

  /// A basic block's projection stays a layer of its own, so that its last 3x3 can be a Winograd convolution.
  @Test func projectionsOfBasicBlocksStayAlone() throws {
    let plan = try plan("resnet18.rn", .avx512)
    #expect(plan.steps.contains { plan.graph[$0.node].name == "conv3_1.shortcut" })
    #expect(try tile("resnet18.rn", "conv3_1.2") == 4)
  }
}
