// What a text means: defaults, attributes, blocks, families, parameters, names.

import Testing

@testable import ResNetDSL

struct ResolveTests {
  private func network(_ text: String, _ selection: Selection? = nil) throws -> Network {
    let outcome = compile(text, selection)
    return try #require(outcome.network, "\(outcome.diagnostics.map(\.message))")
  }

  func items(_ row: String, header: String = "") throws -> [Item] {
    try network("model Net\ninput 3 x 32 x 32\n\(header)\nr \(row)").stages[0].items
  }

  func convolution(_ row: String, header: String = "") throws -> ConvolutionLayer {
    guard case .layer(let layer) = try items(row, header: header)[0], case .convolution(let result) = layer.kind else {
      Issue.record("no convolution")
      throw CancellationError()
    }
    return result
  }

  func block(_ row: String, header: String = "") throws -> Block {
    guard case .block(let result) = try items(row, header: header)[0] else {
      Issue.record("no block")
      throw CancellationError()
    }
    return result
  }

  func activations(_ block: Block) -> [Activation?] {
    block.layers.map { if case .convolution(let it) = $0.kind { it.activation } else { nil } }
  }

  @Test func convolutionDefaults() throws {
    let plain = try convolution("3x3, 64")
    #expect(plain.kernel == Extent(3, 3) && plain.width.value == 64)
    #expect(plain.stride == nil && plain.padding == nil && plain.dilation == 1)
    #expect(!plain.bias && plain.norm?.epsilon == 1e-5 && plain.activation == .relu)
    let bare = try convolution("1x7, 64, no norm")
    #expect(bare.kernel == Extent(1, 7) && bare.bias && bare.norm?.epsilon == nil && bare.activation == .relu)
    #expect(try !convolution("3x3, 64, no norm, no bias").bias)
    let both = try convolution("3x3, 64, bias, eps 1e-3, linear")
    #expect(both.bias && both.norm?.epsilon == 1e-3 && both.activation == .linear)
  }

  // MARK: Words behind a bracket

  @Test func wordsBehindABracket() throws {
    let linear = try block("[3x3, 3; 3x3, 3] linear x 3")
    #expect(linear.activation == .linear && linear.statesActivation && linear.repeats == 3 && linear.shortcut == nil)
    let both = try block("[3x3, 3; 3x3, 3] shortcut identity leaky relu 0.1 x 2")
    #expect(both.activation == .leakyRelu(slope: 0.1) && both.shortcut == .identityWhereShapeStays)
    #expect(try block("[3x3, 3; 3x3, 3] silu shortcut A pad both").shortcut == .identityZeroPadded(.both))
    #expect(try block("[3x3, 3; 3x3, 3] shortcut A").shortcut == .identityZeroPadded(nil))
    #expect(try block("[3x3, 3] x 2", header: "activation silu").activation == .silu)
    // A layer may follow what the block itself says.
    #expect(try items("[3x3, 3; 3x3, 3] linear x 2; silu").count == 2)
  }

  /// What would follow the sum follows the last convolution.
  @Test func withoutShortcutWordsAreTheLastConvolutions() throws {
    let plain = try block("[3x3, 3; 3x3, 3] linear x 2", header: "shortcut none")
    #expect(plain.kind == .plain && activations(plain) == [.relu, .linear])
    #expect(try activations(block("[3x3, 3; 3x3, 3, silu] linear", header: "shortcut none")) == [.relu, .silu])
    let own = try block("[3x3, 3; 3x3, 3] shortcut none")
    #expect(own.kind == .plain && activations(own) == [.relu, .relu])
  }

  /// Where it cannot be the last convolution's, it is a layer: no word is without a meaning.
  @Test(arguments: [
    "[3x3, 3; 3x3, 3, linear] silu shortcut none", "[{ 3x3, 3 | 1x1, 3 }] silu shortcut none",
    "[average pool; dropout 0.5] silu shortcut none",
  ])
  func withoutShortcutWordsAreKept(_ row: String) throws {
    for header in ["activation linear", "activation linear\norder pre"] {
      let block = try block(row, header: header)
      #expect(block.kind == .plain && block.layers.last?.kind == .activation(.silu))
      let linear = try self.block(row.replacing("silu", with: "linear"), header: header)
      #expect(linear.layers.count == block.layers.count - 1)
    }
    let before = try block("[3x3, 3] silu shortcut none x 2", header: "order pre")
    #expect(before.layers.map(\.kind).last == .activation(.silu) && before.layers.count == 2)
  }

  @Test func wordsBehindABracketHaveTheirPlace() {
    let head = "model Net\ninput 3 x 32 x 32\n"
    assertDiagnostics(
      head + "r [3x3, 3; 3x3, 3] x 3 1️⃣linear",
      Expected(1, "misplaced-attribute", "'linear' belongs before the repeat"))
    assertDiagnostics(
      head + "r [3x3, 3; 3x3, 3] x 3, 1️⃣linear",
      Expected(1, "misplaced-attribute", "what follows a block's sum stands right behind its bracket, without a comma"))
    assertDiagnostics(
      head + "r [3x3, 3; 3x3, 3]1️⃣, relu x 3",
      Expected(1, "misplaced-repeat", "what stands between a bracket and its repeat has no comma"))
    assertDiagnostics(
      head + "r [3x3, 3; 3x3, 3] linear 1️⃣relu",
      Expected(1, "duplicate-attribute", "the activation is set twice"))
    assertDiagnostics(
      head + "r [3x3, 3; 3x3, 3] shortcut 1️⃣projection x 2",
      Expected(1, "unknown-option", "'projection' does not say where the shortcut projects"))
    assertDiagnostics(
      head + "r [3x3, 3; 3x3, 3] shortcut1️⃣",
      Expected(
        1, "unexpected-token",
        "expected 'A', 'B', 'C', 'identity' or 'none' after 'shortcut', found the end of the file"))
    #expect(compile(head + "r (3x3, 3; 3x3, 3) linear x 2").codes.contains("missing-comma"))
  }

  @Test func slopes() throws {
    #expect(try convolution("3x3, 64, leaky relu").activation == .leakyRelu(slope: 0.01))
    #expect(try convolution("3x3, 64, leaky relu 0.1, stride 2").activation == .leakyRelu(slope: 0.1))
    #expect(try convolution("3x3, 64", header: "activation leaky relu 0.2").activation == .leakyRelu(slope: 0.2))
    let layers = try items("3x3 max pool, stride 2; leaky relu 1e-1; 3x3, 64, linear; leaky relu; 10-d fc")
    #expect(layers[1].layers[0].kind == .activation(.leakyRelu(slope: 0.1)) && layers.count == 5)
    for activation in Activation.allCases + [.leakyRelu(slope: 0.25)] {
      #expect(try convolution("3x3, 64, \(activation.text)").activation == activation)
    }
  }

  /// Any expression is a fully connected layer's width.
  @Test func widthsBeforeFullyConnected() throws {
    func widths(_ text: String, variant: String? = nil) throws -> [Int] {
      try network(text, Selection(variant: variant, parameters: [Selection.Setting(name: "w", value: 4)])).stages
        .flatMap(\.items).flatMap {
          item -> [Int] in
          let layers =
            if case .block(let block) = item { block.layers } else if case .layer(let layer) = item { [layer] } else {
              [Layer]()
            }
          return layers.compactMap { if case .fullyConnected(let layer) = $0.kind { layer.width.value } else { nil } }
        }
    }
    let head = "family Net(w = 3)\ninput 3 x 32 x 32\n"
    let all =
      "(5w)-d fc, relu, (w + 2)-d fc, relu; w + 2-d fc, relu, 5w-d fc, relu, w-d fc, relu, "
      + "(w + 1) * (w - 1)-d fc, relu, 2(w)-w-d fc, relu"
    let found = [20, 6, 6, 20, 4, 15, 4]
    #expect(try widths(head + "a \(all)") == found)
    #expect(try widths(head + "a (\(all)) x 2, 3-d fc") == found + [3])
    #expect(try widths(head + "block b(v) = (5v)-d fc, linear, v + 2-d fc\na b(w), (3x3, w) x w") == [20, 6])
    #expect(try widths(head + "     | x | y\na | (5w)-d fc | w + 2-d fc", variant: "y") == [6])
  }

  @Test func headerDefaults() throws {
    let header = "norm none\nactivation silu"
    let plain = try convolution("3x3, 64", header: header)
    #expect(plain.bias && plain.norm?.epsilon == nil && plain.activation == .silu)
    #expect(try convolution("3x3, 64, norm batch", header: header).norm?.epsilon == 1e-5)
    #expect(try convolution("3x3, 64, norm batch, eps 2e-5", header: header).norm?.epsilon == 2e-5)
    #expect(try convolution("3x3, 64", header: "norm batch, eps 1e-3").norm?.epsilon == 1e-3)
    #expect(try block("[3x3, 8; 3x3, 8]", header: header).activation == .silu)
  }

  @Test func attributes() throws {
    let all = try convolution("3x3, 8, stride 2, pad 1x2, dilation 3")
    #expect(all.stride?.value == 2 && all.padding == .even(1, 2) && all.dilation == 3)
    #expect(try convolution("3x3, 8, pad 1 2").padding == .even(1, 2))
    #expect(try convolution("3x3, 8, pad 0").padding == .even(0, 0))
    let sides = "family Net(n = 1)\ninput 3 x 32 x 32\nr 3x3, 8, pad 0 n (n + 1) 3; 3x3, 8, pad n n"
    let padded = compile(sides).network?.stages.flatMap(\.items).flatMap(\.layers).map { $0.convolution?.padding }
    #expect(padded == [.sides(Padding(top: 0, left: 1, bottom: 2, right: 3)), .even(1, 1)])
  }

  @Test func spellings() throws {
    #expect(try convolution("3 x 3, 8") == convolution("3x3, 8").moved(to: convolution("3 x 3, 8")))
    #expect(try convolution("3×3, 8").kernel == Extent(3, 3))
    #expect(try block("[3x3, 8; 3x3, 8] × 3").repeats == 3)
    #expect(try block("[3x3, 8; 3x3, 8] x3").repeats == 3)
    #expect(try block("[3x3, 8; 3x3, 8]x3").repeats == 3)
    #expect(try block("[3x3, 8, 3x3, 8] x 3").layers.count == 2)
  }

  @Test func layers() throws {
    let row =
      "3x3 max pool, stride 2, pad 1, ceil; 2x2 average pool; average pool, 10-d fc, relu, dropout 0.5, "
      + "5-d fc, no bias, relu; relu, softmax"
    let kinds = try items(row).map { item -> Layer.Kind? in if case .layer(let layer) = item { layer.kind } else { nil }
    }
    #expect(kinds.count == 8)
    guard case .maxPool(let max)? = kinds[0], case .averagePool(let average)? = kinds[1],
      case .fullyConnected(let first)? = kinds[3], case .fullyConnected(let second)? = kinds[5]
    else { return #expect(Bool(false)) }
    #expect(max.kernel == Extent(3, 3) && max.stride?.value == 2 && max.padding == .even(1, 1) && max.ceilMode)
    #expect(average.kernel == Extent(2, 2) && average.stride == nil && average.padding == nil && !average.ceilMode)
    #expect(kinds[2] == .adaptivePool(.wholeMap(.average)))
    #expect(first.width.value == 10 && first.bias && first.activation == .relu)
    #expect(kinds[4] == .dropout(0.5))
    #expect(second.width.value == 5 && !second.bias && second.activation == .relu)
    #expect(kinds[6] == .activation(.relu) && kinds[7] == .softmax)
  }

  @Test func residualBlocksEndLinear() throws {
    let plain = try block("[3x3, 8; 3x3, 8] x 4")
    #expect(plain.kind == .residual && plain.repeats == 4 && plain.activation == .relu)
    #expect(activations(plain) == [.relu, .linear])
    #expect(activations(try block("[3x3, 8; 3x3, 8, silu]")) == [.relu, .silu])
    #expect(activations(try block("[3x3, 8; 3x3, 8, dropout 0.3]")) == [.relu, .linear, nil])
    // Where nothing is activated, a pool behind it asks nothing.
    let linear = try block("[3x3, 8; 3x3 max pool, stride 1]", header: "activation linear")
    #expect(activations(linear) == [.linear, nil])
    let group = try block("(3x3, 8; 3x3, 8) x 2")
    #expect(group.kind == .plain && activations(group) == [.relu, .relu])
  }

  @Test func plainNetworksHavePlainBlocks() throws {
    let plain = try block("[3x3, 8; 3x3, 8] x 4", header: "shortcut none")
    #expect(plain.kind == .plain && activations(plain) == [.relu, .relu])
  }

  @Test func groupsAreWrittenOut() throws {
    let inner = try block("[(3x3, 8) x 2; 1x1, 8] x 3")
    #expect(inner.layers.count == 3 && inner.repeats == 3)
    #expect(activations(inner) == [.relu, .relu, .linear])
    // The last copy of the last convolution is the block's last.
    #expect(activations(try block("[1x1, 4; (3x3, 8) x 2] x 3")) == [.relu, .relu, .linear])
    #expect(activations(try block("[1x1, 4; (3x3, 8, silu) x 2] x 3")) == [.relu, .silu, .silu])
    let outer = try items("([3x3, 8; 3x3, 8] x 2; 1x1, 8) x 3")
    #expect(outer.count == 6)
    let nested = try block("((3x3, 8) x 2; 1x1, 8) x 3")
    #expect(nested.kind == .plain && nested.layers.count == 3 && nested.repeats == 3)
  }

  @Test func definitionsExpand() throws {
    let header = "block two(w) = 3x3, w; 3x3, 2w\nblock stage(w, n) = [two(w + 1)] x n\nblock stem = relu"
    let stage = try block("stage(7, 5)", header: header)
    #expect(stage.repeats == 5 && activations(stage) == [.relu, .linear])
    let widths = stage.layers.compactMap { if case .convolution(let it) = $0.kind { it.width.value } else { nil } }
    #expect(widths == [8, 16])
    #expect(try items("stem, stage(1, 2), stem", header: header).count == 3)
  }

  @Test(arguments: [
    ("6n + 2", 20), ("6*n+2", 20), ("2(n + 1)", 8), ("n*n*n/9", 3), ("(n - 1)*4", 8), ("10 - n - 2", 5), ("2n*n", 18),
    ("12/n/2", 2), ("2 + 3n", 11),
  ])
  func expressions(text: String, value: Int) throws {
    let text = "family Net(n = 3)\ninput 3 x 32 x 32\ndepth \(text)\nr 3x3, n, stride n; 2n-d fc"
    #expect(try network(text).depth?.value == value)
  }

  @Test func parametersStandWhereNumbersDo() throws {
    let text =
      "family Net(k = 3, c = 2k)\ninput c x (16k) x (16k)\nr k x k, 8\ns k x 1, (c + 1), pad 1 x 0; c-d fc, linear; 2k-d fc"
    let network = try network(text)
    #expect(network.name.value == "Net3_6")
    #expect(network.input.value == InputShape(channels: 6, height: 48, width: 48))
    let other = try self.network(text, Selection(parameters: [.init(name: "k", value: 1)]))
    #expect(other.parameters == [.init(name: "k", value: 1), .init(name: "c", value: 2)])
  }

  @Test func shortcuts() throws {
    func shortcut(_ line: String) throws -> ShortcutOption {
      try network("model Net\ninput 3 x 32 x 32\n\(line)\nr 3x3, 8").shortcut.value
    }
    #expect(try shortcut("") == .projectWhereShapeChanges)
    #expect(try shortcut("shortcut A") == .identityZeroPadded(nil))
    #expect(try shortcut("shortcut A, pad end") == .identityZeroPadded(.end))
    #expect(try shortcut("shortcut A, pad both") == .identityZeroPadded(.both))
    #expect(try shortcut("shortcut B") == .projectWhereShapeChanges)
    #expect(try shortcut("shortcut C") == .projectAlways)
    #expect(try shortcut("shortcut none") == ShortcutOption.none)
    #expect(try network("model Net\ninput 3 x 32 x 32\nr 3x3, 8").strideOn == nil)
    #expect(try network("model Net\ninput 3 x 32 x 32\nstride on first\nr 3x3, 8").strideOn == .first)
    #expect(try network("model Net\ninput 3 x 32 x 32\nstride on 3x3\nr 3x3, 8").strideOn == .on3x3)
  }

  @Test func cellsSpanAndRepeat() throws {
    let text = "family F\ninput 3 x 32 x 32\n | a | b | c\nr | 3x3, 1 | same | 3x3, 3\ns 3x3, 9\nt | 3x3, 4"
    for (variant, width) in [("a", 1), ("b", 1), ("c", 3)] {
      let network = try network(text, Selection(variant: variant))
      #expect(network.name.value == "F\(variant)")
      let widths = network.stages.map { stage -> Int in
        if case .layer(let layer) = stage.items[0], case .convolution(let it) = layer.kind { it.width.value } else { 0 }
      }
      #expect(widths == [width, 9, 4])
    }
  }

  @Test func errorsOfOtherColumnsAreFound() {
    assertDiagnostics(
      "family F\ninput 3 x 32 x 32\n | a | b\nr | 3x3, 1 | 3x3, 1️⃣0", Expected(1, "number-out-of-range"),
      selection: Selection(variant: "a"))
  }

  @Test func namesOfFamilies() throws {
    func name(_ line: String, _ rest: String, _ variant: String? = nil) throws -> String {
      try network("\(line)\ninput 3 x 32 x 32\n\(rest)r 3x3, 8", Selection(variant: variant)).name.value
    }
    #expect(try name("family Wide(b = 28, k = 10)", "") == "Wide28_10")
    #expect(try name("family Wide(n = 3)", "depth 6n\n") == "Wide18")
    #expect(try name("family Net(n = 3)", "| 18 | 50d\n", "50d") == "Net50d_3")
    #expect(try name("family Net(n = 0 - 3)", "") == "Netm3")
    #expect(try name("family Net", "depth 5\n") == "Net")
    #expect(try name("model Net", "depth 5\n") == "Net")
  }

  @Test func theCommandLinesMistakes() {
    let family = "family 1️⃣Net(n = 3)\ninput 3 x 32 x 32\nr [3x3, 8; 3x3, 8] x n"
    assertDiagnostics(
      family, Expected(1, "unknown-setting", "'Net' has no parameter 'm'"),
      selection: Selection(parameters: [.init(name: "m", value: 1)]))
    assertDiagnostics(
      family, Expected(1, "unknown-variant", "'Net' has no variant '18'"), selection: Selection(variant: "18"))
    assertDiagnostics(
      "family Net(1️⃣n = 3)\ninput 3 x 32 x 32\nr [3x3, 8; 3x3, 8] x n", Expected(1, "number-out-of-range"),
      selection: Selection(parameters: [.init(name: "n", value: .min)]))
  }
}

extension ConvolutionLayer {
  /// The same layer with the spans of another, to compare what was read from where it stood.
  fileprivate func moved(to other: ConvolutionLayer) -> ConvolutionLayer {
    var result = self
    result.width.span = other.width.span
    return result
  }
}
