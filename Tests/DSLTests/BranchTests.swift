// What cuts a network across its channels: groups, depthwise convolutions, branches.

import Testing

@testable import ResNetDSL

struct BranchTests {
  private func outcome(_ row: String, header: String = "") -> Outcome {
    compile("model Net\ninput 3 x 32 x 32\n\(header)\nr \(row)")
  }

  private func layers(_ row: String, header: String = "") throws -> [Layer] {
    let outcome = outcome(row, header: header)
    let network = try #require(outcome.network, "\(outcome.diagnostics.map(\.message))")
    return network.stages[0].items.flatMap { item in
      switch item {
      case .layer(let layer): [layer]
      case .block(let block): block.layers
      }
    }
  }

  private func branches(_ row: String, header: String = "") throws -> [[Layer]] {
    let all = try layers(row, header: header).compactMap { layer -> [[Layer]]? in
      if case .branches(let branches, _) = layer.kind { branches } else { nil }
    }
    return try #require(all.first)
  }

  private func widths(_ layers: [Layer]) -> [Int?] { layers.map { $0.convolution?.width.value } }

  // MARK: Groups

  @Test func grouping() throws {
    func grouping(_ row: String) throws -> Grouping? { try layers(row)[0].convolution?.grouping }
    #expect(try grouping("3x3, 64") == .whole)
    guard case .groups(let count)? = try grouping("3x3, 64, groups 32") else { return #expect(Bool(false)) }
    #expect(count.value == 32)
    guard case .depthwise? = try grouping("3x3, 64, depthwise") else { return #expect(Bool(false)) }
  }

  @Test func groupsAreNumbersInRange() throws {
    let head = "family Net(g = 4)\ninput 3 x 32 x 32\n"
    let network = try #require(compile(head + "r 3x3, 64, groups (2g)").network)
    guard case .layer(let layer) = network.stages[0].items[0], case .groups(let count)? = layer.convolution?.grouping
    else { return #expect(Bool(false)) }
    #expect(count.value == 8)
    for wrong in ["0", "65537"] {
      #expect(outcome("3x3, 64, groups \(wrong)").codes == ["number-out-of-range"], "\(wrong)")
    }
  }

  @Test func groupingIsSaidOnce() {
    assertDiagnostics(
      "model Net\ninput 3 x 32 x 32\nr 3x3, 64, groups 4, 1️⃣depthwise",
      Expected(1, "duplicate-attribute", "'depthwise' is groups, one for each channel"))
    assertDiagnostics(
      "model Net\ninput 3 x 32 x 32\nr 3x3, 64, depthwise, 1️⃣groups 4",
      Expected(1, "duplicate-attribute", "'depthwise' is groups, one for each channel"))
    #expect(outcome("3x3, 64, groups 4, groups 4").codes == ["duplicate-attribute"])
    #expect(outcome("10-d fc, groups 2").codes == ["misplaced-attribute"])
  }

  // MARK: Branches

  @Test func branchesHoldLayers() throws {
    let inception = try branches("{ 1x1, 64 | 1x1, 96; 3x3, 128 | 3x3 max pool, stride 1; 1x1, 32 }")
    #expect(inception.map { widths($0) } == [[64], [96, 128], [nil, 32]])
    let nested = try branches("{ 1x1, 8; { 1x3, 4 | 3x1, 4 } | 1x1, 16 }")
    guard case .branches(let inner, _) = nested[0][1].kind else { return #expect(Bool(false)) }
    #expect(inner.map { widths($0) } == [[4], [4]])
    #expect(try branches("{ 3x3, 8 | identity }").map(\.count) == [1, 0])
    #expect(try branches("two(4), {two(8) | 1x1, 2}", header: "block two(w) = 3x3, w; 3x3, 2w")[0].count == 2)
  }

  /// Inner groups are written out; a convolution's stride belongs to the first repetition.
  @Test func groupsInBranchesAreWrittenOut() throws {
    let repeated = try branches("{ (3x3, 8; 1x1, 4) x 3 | 1x1, 2 }")
    #expect(widths(repeated[0]) == [8, 4, 8, 4, 8, 4])
    let strided = try branches("16x16 { (3x3, 8, stride 2) x 2 | 5x5, 2, stride 2 }").map { branch in
      branch.map { $0.convolution?.stride?.value }
    }
    #expect(strided == [[2, 1], [2]])
  }

  @Test func aStrideInABranchOfARepeatedGroupIsAskedAbout() {
    #expect(outcome("({ 3x3, 8, stride 2 | 5x5, 8, stride 2 }) x 2").codes == ["ambiguous-stride", "ambiguous-stride"])
    #expect(outcome("({ 3x3, 8 | 5x5, 8 }) x 2").codes == [])
  }

  @Test func attributesStandInside() {
    assertDiagnostics(
      "model Net\ninput 3 x 32 x 32\nr { 1x1, 8 | 3x3, 8 }, 1️⃣stride 2",
      Expected(1, "misplaced-attribute", "'{ ... }' has no stride"))
  }

  @Test func noResidualBlockInABranch() throws {
    assertDiagnostics(
      "model Net\ninput 3 x 32 x 32\nr { 1️⃣[3x3, 8; 3x3, 8] | 3x3, 8 }",
      Expected(1, "nested-residual", "a residual block does not stand inside branches"))
    // Without shortcuts it is a plain one.
    let plain = try branches("{ [3x3, 8; 3x3, 8] x 2 | 3x3, 8 }", header: "shortcut none")
    #expect(plain.map(\.count) == [4, 1])
  }

  @Test func limitsCountWhatBranchesHold() {
    #expect(outcome("({ (3x3, 8) x 10 | 3x3, 8 }) x 1000").codes == [])
    #expect(outcome("({ (3x3, 8) x 20 | 3x3, 8 }) x 1000").codes == ["too-many-layers"])
    #expect(outcome("{ (3x3, 8) x 10000 | ((3x3, 8) x 100) x 1000 }").codes == ["too-many-layers"])
  }

  // MARK: Sums and products

  private func combiner(_ row: String) throws -> Combiner? {
    guard case .branches(_, let combiner)? = try layers(row).first?.kind else { return nil }
    return combiner
  }

  @Test func wordsBehindABrace() throws {
    #expect(try combiner("{ 1x1, 8 | 3x3, 8 }") == .concatenation)
    #expect(try combiner("{ 1x1, 8, linear | 3x3, 8, linear } sum") == .sum(.linear))
    #expect(try combiner("{ 1x1, 8, linear | 3x3, 8, linear } sum relu") == .sum(.relu))
    #expect(try combiner("{ identity | 3x3, 8, sigmoid } product leaky relu 0.2") == .product(.leakyRelu(slope: 0.2)))
    // Behind a comma an activation is a layer, which comes to the same.
    #expect(try layers("{ identity | 1x1, 8, linear } sum, relu").map(\.kind).last == .activation(.relu))
    #expect(try combiner("{ identity | identity } sum; 3x3, 8") == .sum(.linear))
  }

  @Test func sumsAreRepeated() throws {
    let outcome = outcome("{ 3x3, 8, linear | identity } sum relu x 3")
    guard case .block(let block)? = outcome.network?.stages[0].items.first else { return #expect(Bool(false)) }
    #expect(block.kind == .plain && block.repeats == 3 && block.layers.count == 1)
    guard case .branches(let lists, .sum(.relu)) = block.layers[0].kind else { return #expect(Bool(false)) }
    #expect(lists.map(\.count) == [1, 0])
    assertDiagnostics(
      "model Net\ninput 3 x 32 x 32\nr { 3x3, 3, linear | identity } sum1️⃣, relu x 3",
      Expected(1, "misplaced-repeat", "what stands between a bracket and its repeat has no comma"))
  }

  @Test func sumsSayHowBranchesEnd() {
    #expect(outcome("{ 3x3, 8 | 1x1, 8, linear } sum").codes == ["ambiguous-activation"])
    #expect(outcome("{ 3x3, 8; 3x3 max pool, stride 1 | 1x1, 8 } product").codes.count == 2)
    #expect(outcome("{ { 3x3, 8 | 1x1, 8 } | 1x1, 16, linear } sum").codes.count == 2)
    #expect(outcome("{ { 3x3, 8, relu | 1x1, 8, relu } sum | 1x1, 8, linear } sum").codes == [])
    #expect(outcome("{ 3x3, 8 | 1x1, 8 } sum relu", header: "activation linear").codes == [])
    #expect(outcome("[1x1, 8; { 1x1, 8 | 3x3, 8 } sum]").codes.count == 2)
    // What follows a sum follows what is written.
    #expect(outcome("{ 3x3, 8, relu | 1x1, 8, relu } sum; silu").codes == [])
  }

  @Test func howManyBranches() {
    assertDiagnostics(
      "model Net\ninput 3 x 32 x 32\nr { 3x3, 8, linear } 1️⃣sum",
      Expected(1, "branch-count", "a sum has at least two branches, not 1"))
    assertDiagnostics(
      "model Net\ninput 3 x 32 x 32\nr { identity | identity | identity } 1️⃣product",
      Expected(1, "branch-count", "a product has two branches, not 3"))
  }

  @Test func combinersStandBehindBraces() {
    for row in ["[3x3, 8; 3x3, 8] sum", "(3x3, 8) sum", "3x3, 8, sum", "sum", "3x3, 8; product"] {
      #expect(outcome(row).codes.contains("misplaced-attribute"), "\(row): \(outcome(row).codes)")
    }
    #expect(outcome("3x3, 8", header: "block sum = 3x3, 8").codes == ["reserved-name"])
  }

  // MARK: Activations

  @Test func branchesBeginWithWhatEnters() {
    let codes = { outcome($0).codes }
    #expect(codes("3x3, 8; { silu | 1x1, 4 }") == ["ambiguous-activation"])
    #expect(codes("3x3, 8, linear; { silu | 1x1, 4 }") == [])
    // The second begins with what enters too, whatever stands in the first.
    #expect(codes("3x3, 8; { 1x1, 4, linear | silu }") == ["ambiguous-activation"])
  }

  @Test func branchesLeaveWhatTheFirstLeaves() {
    let codes = { outcome($0).codes }
    #expect(codes("{ 1x1, 4 | 3x3, 4 }; silu") == ["ambiguous-activation"])
    #expect(codes("{ 1x1, 4, linear | 3x3, 4 }; silu") == ["ambiguous-activation"])
    #expect(codes("{ 1x1, 4, linear | 3x3, 4, linear }; silu") == [])
    #expect(codes("{ 1x1, 4 | 3x3, 4 }; relu") == [])
  }

  /// Which activation precedes the sum, the source says.
  @Test func blocksThatEndInBranches() throws {
    let codes = { outcome($0).codes }
    #expect(codes("[1x1, 8; { 1x1, 4 | 3x3, 4 }]") == ["ambiguous-activation", "ambiguous-activation"])
    #expect(codes("[1x1, 8; { 1x1, 4, relu | 3x3, 4, linear }]") == [])
    #expect(codes("[1x1, 8; { 3x3 max pool, stride 1 | { 1x1, 4, relu | 3x3, 4 } }]") == ["ambiguous-activation"])
    // As of any pool behind the last convolution.
    #expect(codes("[1x1, 8; { 3x3 max pool, stride 1 | identity }]") == ["ambiguous-activation"])
    let bottleneck = try layers("[{ 1x1, 4 | 3x3, 4 }; 1x1, 8]")
    #expect(bottleneck.map { $0.convolution?.activation } == [nil, .linear])
  }

  // MARK: Branches that add what the one before leaves

  @Test func carriedSums() throws {
    func begins(_ row: String) throws -> [[Bool]] {
      try branches(row).map { $0.map { if case .carry = $0.kind { true } else { false } } }
    }
    #expect(
      try begins("split { 3x3, 1 | + 3x3, 1 | + identity }") == [
        [false, false], [false, true, false], [false, true],
      ])
    #expect(try begins("{ 3x3, 3 | + identity }") == [[false], [true]])
    assertDiagnostics(
      "model Net\ninput 3 x 32 x 32\nr split { 1️⃣+ 3x3, 1 | 3x3, 1 | identity }",
      Expected(1, "unexpected-token", "no branch stands before the first"))
    assertDiagnostics(
      "model Net\ninput 3 x 32 x 32\nr [3x3, 3; 3x3, 3] 1️⃣+ [3x3, 3; 3x3, 3]",
      Expected(
        1, "unexpected-token", "layers are not added with '+': '[ ... ]' adds its input to what its layers give"))
  }
}
