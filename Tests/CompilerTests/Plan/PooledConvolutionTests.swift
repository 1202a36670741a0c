// A pool computes the convolution that it alone reads where that pays, nowhere else, and every row that it reads lies in
// its ring, wherever a thread begins.
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct PooledConvolutionTests {
  @Test(arguments: Target.all, ["resnet18.rn", "resnet50.rn"]) func poolsComputeStems(target: Target, model: String)
    throws
  {
    for batch in [1, 8] {
      let plan = try plan(model, target, batch: batch)
      #expect(pooled(plan) == ["conv1 pool1"])
      let step = try #require(plan.steps.first)
      guard case .pooledConvolution(let kernel) = plan.kernels[step.kernel] else {
        return #expect(Bool(false), "conv1 stands alone")
      }
      #expect(kernel.pool.ringRows == 3 && kernel.convolution.tiling.rows == [TileRun(size: 1, count: 112, start: 0)])
      // Its map is nowhere in memory, and the image is needed for as long as the pool runs.
      let slots = plan.arena.slots
      #expect(slots[1].floats == 0 && slots[0].death == 2 && slots[2].birth == 2)
      #expect(step.sources == [NodeID(0)] && plan.reads[2] == [NodeID(0)] && plan.reads[1] == [])
      #expect(plan.steps.count == plan.graph.nodes.count - 2)
    }
  }

  /// 43 KB of rows behind what it notes of them, and nothing else, since 147 weights for each channel are one chunk.
  @Test func theRingIsThreeRowsOfAGroup() throws {
    let plan = try plan("resnet50.rn", .avx512)
    #expect(plan.kernels[0].scratchFloats(lanes: 16) == ScratchNotes.floats + 3 * 112 * 32)
  }

  /// Winograd's tiles are not rows of a map, and a global average has a single row.
  @Test func otherPoolsStandAlone() throws {
    #expect(pooled(try plan("resnet50.rn", .avx512)).allSatisfy { !$0.contains("head.pool") })
    let plan = try plan("vgg19_bn.rn", .avx512)
    for (index, reader) in plan.graph.consumers().enumerated() {
      let step = plan.steps.first { $0.node.index == index }
      guard let step, case .winograd = plan.kernels[step.kernel], let reader = reader.first,
        case .maxPool = plan.graph[reader].operation
      else { continue }
      #expect(plan.steps.contains { $0.node == reader && $0.convolution == nil })
    }
  }

  @Test func aSecondReaderNeedsTheMap() throws {
    let graph = runPasses(try lowered(Self.network([Spell.conv(3, 40), Spell.maxPool(2, stride: 2)])))
    #expect(pooled(makePlan(graph, target: .avx2, batch: 1)) == ["stem.1 stem.pool"])
    let stem = try #require(graph.nodes.firstIndex { $0.name == "stem.1" })

    var tapped = graph
    tapped.nodes.append(
      Node(
        name: "tap", stage: nil, operation: .globalAveragePool, inputs: [NodeID(stem)], shape: Shape(40, 1, 1),
        origin: Spell.nowhere))
    #expect(pooled(makePlan(tapped, target: .avx2, batch: 1)) == [])

    var output = graph
    output.output = NodeID(stem)
    #expect(pooled(makePlan(output, target: .avx2, batch: 1)) == [])
  }

  /// A value that the convolution reads may be overwritten when its pool has run, not when its own turn has passed.
  @Test func inputsLiveUntilThePoolHasRun() throws {
    let network = Self.network([
      Spell.conv(3, 32, norm: false, .linear), Spell.conv(1, 32), Spell.maxPool(3, stride: 2),
    ])
    var graph = runPasses(try lowered(network))
    let (first, second) = (try index("stem.1", graph), try index("stem.2", graph))
    // Between the convolution and its pool, and the last to read what the convolution reads.
    let shape = graph.nodes[first].shape
    let sum = Node(
      name: "between", stage: nil, operation: .activation(.relu), inputs: [NodeID(first)], shape: shape,
      origin: Spell.nowhere)
    graph.nodes.insert(sum, at: second + 1)
    for index in graph.nodes.indices where index > second + 1 {
      graph.nodes[index].inputs = graph.nodes[index].inputs.map { $0.index > second ? NodeID($0.index + 1) : $0 }
    }
    graph.output = NodeID(graph.output.index + 1)
    let plan = makePlan(graph, target: .avx512, batch: 1, algorithms: .exact)
    #expect(pooled(plan).count == 1)
    let slots = plan.arena.slots
    #expect(slots[second + 1].inPlaceOf == nil, "it would overwrite what the pool has still to read")
    #expect(slots[first].death == second + 2)
  }

  @Test func ringsStayNear() throws {
    func isPooled(_ layers: [Layer], height: Int = 64, width: Int = 64) throws -> Bool {
      let graph = runPasses(try lowered(Self.network(layers, height: height, width: width)))
      return !pooled(makePlan(graph, target: .avx512, batch: 1, algorithms: .exact)).isEmpty
    }
    let pool = Spell.maxPool(3, stride: 2)
    #expect(try isPooled([Spell.conv(3, 32), pool]))
    #expect(try isPooled([Spell.conv(3, 32), pool], width: 600))
    // Three rows of 32 channels of so many pixels are 384 KB.
    #expect(try !isPooled([Spell.conv(3, 32), pool], width: 1024))
    // The window is as high as the map.
    #expect(try !isPooled([Spell.conv(3, 32), Spell.maxPool(3, stride: 2, pad: 0)], height: 3, width: 32))
    #expect(try isPooled([Spell.conv(3, 32), Spell.averagePool(2, stride: 2)], height: 4, width: 32))
    // 3.2 MB of input, read once for each of 16 groups, or once for all: the map is 6.4 MB.
    #expect(try isPooled([Spell.conv(1, 16), Spell.conv(1, 512), pool], height: 56, width: 56))
    #expect(try !isPooled([Spell.conv(1, 512), Spell.conv(1, 512), pool], height: 56, width: 56))
  }

  /// What the template does, on paper: whatever part of the units a thread has.
  @Test(arguments: Target.all) func everyRowIsInTheRing(target: Target) throws {
    var seen = Set<String>()
    for (kernel, stride, pad) in [
      (1, 1, 0), (2, 1, 0), (2, 2, 0), (3, 1, 1), (3, 2, 1), (3, 3, 1), (2, 3, 0), (5, 2, 2),
    ] {
      for (height, width) in [(12, 2), (9, 5), (12, 7), (23, 14), (30, 40)] {
        for (channels, batch) in [(5, 1), (40, 3), (136, 2)] {
          let layers = [Spell.conv(3, channels), Spell.maxPool(kernel, stride: stride, pad: pad)]
          let graph = runPasses(try lowered(Self.network(layers, height: height, width: width)))
          let plan = makePlan(graph, target: target, batch: batch, algorithms: .exact)
          for case .pooledConvolution(let pooled) in plan.kernels {
            check(pooled)
            seen.insert(pooled.convolution.tiling.rows[0].size > 1 ? "tiles of rows" : "rows")
            seen.insert(pooled.images > 1 ? "strips of images" : "images")
          }
        }
      }
    }
    #expect(seen.count == 4, "\(seen)")
  }

  private func check(_ kernel: PooledConvolutionKernel) {
    let (convolution, pool) = (kernel.convolution, kernel.pool)
    let tiling = convolution.tiling
    let (rowTiles, tileRows) = (tiling.rowTileCount, tiling.rows[0].size)
    #expect(kernel.units == convolution.units / rowTiles * pool.out.height)
    #expect(convolution.strip % rowTiles == 0)
    for begin in 0..<min(kernel.units, 3 * pool.out.height) {
      var ring = [Int?](repeating: nil, count: kernel.ringTiles * tileRows)
      var computed = 0
      for unit in begin..<min(kernel.units, begin + 2 * pool.out.height) {
        let (row, turn) = (unit % pool.out.height, unit / pool.out.height)
        let top = max(0, row * pool.pooling.stride.rows - pool.pooling.padding.top)
        let bottom = min(
          row * pool.pooling.stride.rows - pool.pooling.padding.top + pool.pooling.kernel.height, pool.inHeight)
        let (first, last) = (top / tileRows, (bottom + tileRows - 1) / tileRows)
        if row == 0 || unit == begin || computed < first { computed = first }
        #expect(last - computed <= kernel.ringTiles)
        for tile in computed..<max(computed, last) {
          // The convolution's own reading of its unit is the pool's.
          let position = turn * rowTiles + tile
          let (groups, strip) = (tiling.groupCount, convolution.strip)
          #expect(position / strip % groups == turn / kernel.images % groups)
          let image = (position / (strip * groups) * strip + position % strip) / rowTiles
          #expect(image == turn / (kernel.images * groups) * kernel.images + turn % kernel.images)
          let run = tiling.rows.last { tile * tileRows >= $0.start }
          #expect(run.map { (tile * tileRows - $0.start) % $0.size } == 0)
          for line in tile * tileRows..<min((tile + 1) * tileRows, pool.inHeight) {
            ring[line % ring.count] = turn * pool.inHeight + line
          }
        }
        computed = max(computed, last)
        #expect((top..<bottom).allSatisfy { ring[$0 % ring.count] == turn * pool.inHeight + $0 })
      }
    }
  }

  private static func network(_ layers: [Layer], height: Int = 32, width: Int = 32) -> Network {
    Spell.network(
      input: (3, height, width), .none,
      [
        Stage(name: Spell.at("stem"), size: nil, items: layers.map(Item.layer), span: Spell.nowhere),
        Spell.row("head", 1, Spell.globalPool, Spell.fc(4)),
      ])
  }

  /// `conv1 pool1` for each pool that computes a convolution.
  private func pooled(_ plan: Plan) -> [String] {
    plan.steps.compactMap { step in step.convolution.map { "\(plan.graph[$0].name) \(plan.graph[step.node].name)" } }
  }

  private func index(_ name: String, _ graph: Graph) throws -> Int {
    try #require(graph.nodes.firstIndex { $0.name == name })
  }
}
