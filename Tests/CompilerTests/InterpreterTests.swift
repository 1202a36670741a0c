// The interpreter gives PyTorch's answers; scripts/interpreter_fixture.py made them, in double precision.
import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct InterpreterTests {
  static let options: [(name: String, option: ShortcutOption)] = [
    ("A-end", .identityZeroPadded(.end)), ("A-both", .identityZeroPadded(.both)), ("B", .projectWhereShapeChanges),
    ("C", .projectAlways), ("none", .none),
  ]

  /// Logits by the network's name.
  static let answers: [String: [Double]] = {
    let text = (try? String(contentsOf: fixtures.appendingPathComponent("interpreter.txt"), encoding: .utf8)) ?? ""
    var result: [String: [Double]] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":")
      result[String(parts[0])] = parts[1].split(separator: " ").compactMap { Double($0) }
    }
    return result
  }()

  @Test(arguments: options.indices, [true, false]) func shortcuts(option: Int, bottleneck: Bool) throws {
    let (name, option) = Self.options[option]
    for (word, placement) in [("first", StridePlacement.first), ("on3x3", .on3x3)] {
      let network = PassTests.small(option, bottleneck: bottleneck, strideOn: placement)
      try expect(network, "\(name) \(bottleneck ? "bottleneck" : "basic") \(word) relu")
    }
  }

  @Test(arguments: Activation.allCases.filter { $0 != .relu } + [.leakyRelu(slope: 0.1)])
  func activations(activation: Activation) throws {
    let name = activation.text
    try expect(PassTests.small(.projectWhereShapeChanges, bottleneck: true, activation), "B bottleneck on3x3 \(name)")
    try expect(PassTests.small(.none, bottleneck: false, activation), "none basic on3x3 \(name)")
  }

  @Test func sequence() throws {
    var wide = Spell.conv(1, 5, dilation: 2, .linear)
    if case .convolution(var convolution) = wide.kind {
      convolution.kernel = Extent(1, 5)
      wide.kind = .convolution(convolution)
    }
    let network = Spell.network(
      input: (2, 15, 13), .none,
      [
        Spell.row("a", nil, Spell.conv(3, 4, bias: true, norm: false, .silu)), Spell.row("b", nil, wide),
        Spell.row("c", nil, Spell.maxPool(3, stride: 2, pad: 0, ceil: true)),
        Spell.row("d", nil, Spell.conv(3, 6, stride: 2, pad: 2, bias: true, .prelu)),
        Spell.row("e", nil, Spell.averagePool(3, stride: 2, pad: 1, ceil: true)),
        Spell.row("f", nil, Layer(.activation(.gelu), span: Spell.nowhere)),
        Spell.row("g", nil, Spell.averagePool(2, stride: 1)),
        Spell.row("head", 1, Spell.fc(7, .sigmoid), Spell.dropout, Spell.fc(4), Spell.softmax),
      ])
    try expect(network, "sequence")
  }

  @Test func groupsAndBranches() throws {
    let text = """
      model Side
      input 4 x 9 x 9
      a 9x9 3x3, 8, groups 2
      b 9x9 3x3, 16, depthwise, silu
      c 9x9 { 1x1, 6 | 3x3, 4; 1x3, 6, groups 2, linear | 3x3 max pool, stride 1 | identity }
      head 1x1 average pool, 5-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "side.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink)), "side")
  }

  @Test func sumsAndProductsOfBranches() throws {
    let text = """
      model Joined
      input 4 x 9 x 9
      a 9x9 3x3, 8
      b 9x9 { 3x3, 8, linear | 1x1, 8, linear | identity | 1x3, 8, linear } sum relu
      c 9x9 { 1x1, 6, linear | 1x1, 6, sigmoid } product silu
      d 9x9 { average pool; 1x1, 6, no norm, sigmoid | identity } product
      e 9x9 { identity | 3x3, 1, sigmoid } product x 2
      f 9x9 { 1x1, 5, linear | 3x3, 5, linear } sum prelu
      head 1x1 average pool, 7-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "joined.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink), "\(sink.all)"), "joined")
  }

  @Test func squeezes() throws {
    let text = """
      model Squeezed
      input 3 x 10 x 10
      stride on 3x3
      a 10x10 3x3, 8; se /4
      b 5x5 [1x1, 6; 3x3, 6; se 3-d, silu, hardsigmoid; 1x1, 12; se /4] x 2
      head 1x1 average pool, 4-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "squeezed.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink), "\(sink.all)"), "squeezed")
  }

  @Test func attention() throws {
    let text = """
      model Attended
      input 3 x 10 x 10
      stride on 3x3
      a 10x10 3x3, 8; eca
      b 5x5 [1x1, 6; 3x3, 6; eca 13, hardsigmoid; 1x1, 32; eca] x 2
      head 1x1 average pool, 4-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "attended.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink), "\(sink.all)"), "attended")
  }

  /// Branches that add what the one before leaves.
  @Test func scales() throws {
    let text = """
      model Scaled
      input 3 x 10 x 10
      names res2net
      block pooled(s) = 3x3 average pool, stride s, pad 1, counted
      a 10x10 3x3, 8
      b 5x5 [1x1, 12; split { 3x3, 3, stride 2 | 3x3, 3, stride 2 | 3x3, 3, stride 2 | pooled(2) }; 1x1, 16]; \
      [1x1, 12; split { 3x3, 3 | + 3x3, 3 | + 3x3, 3 | identity }; 1x1, 16] x 2
      head 1x1 average pool, 4-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "scaled.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink), "\(sink.all)"), "scaled")
  }

  @Test func orderPre() throws {
    let text = """
      model Pre
      input 3 x 12 x 12
      order pre
      stride on first
      conv1 12x12 3x3, 6
      a 12x12 [3x3, 6; 3x3, 6]
      b 6x6 [3x3, 8; 3x3, 8] x 2
      c 6x6 ({ identity | 1x1, 5; 3x3, 4 }) x 2
      t 3x3 norm, relu; 1x1, 10, no norm, no bias, linear; 2x2 average pool, stride 2
      head 1x1 norm, silu; average pool, 5-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "pre.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink), "\(sink.all)"), "pre")
  }

  /// A first block that follows a norm and its activation, and has none of its own there.
  @Test func orderPreBehindANorm() throws {
    let text = """
      model First
      input 3 x 9 x 9
      order pre
      stride on 3x3
      conv1 9x9 3x3, 8
      a 9x9 [1x1, 5, no norm, no bias, linear; 3x3, 5; 1x1, 12]; [1x1, 5; 3x3, 5; 1x1, 12]
      b 5x5 [1x1, 6; 3x3, 6; 1x1, 16]
      head 1x1 norm, relu; average pool, 5-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "first.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink), "\(sink.all)"), "first")
  }

  @Test func localResponseNorms() throws {
    let text = """
      model Responses
      input 3 x 8 x 8
      a 8x8 3x3, 6; lrn 5, k 2
      b 8x8 1x1, 7; lrn 4, alpha 3, beta 1.25; lrn 15, k 0.25, alpha 0.5, beta 0.5
      head 1x1 average pool, 5-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "responses.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink), "\(sink.all)"), "responses")
  }

  @Test func maxout() throws {
    let text = """
      model Maxima
      input 3 x 8 x 8
      a 8x8 3x3, 12, linear; maxout 3
      b 8x8 1x1, 8; { identity | 3x3, 5, linear; maxout 5 } product
      head 1x1 average pool, 8-d fc; maxout 2; 6-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "maxima.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink), "\(sink.all)"), "maxima")
  }

  @Test func splitsAndShuffles() throws {
    let text = """
      model Shuffled
      input 4 x 8 x 8
      a 8x8 3x3, 12
      b 8x8 (split { identity | 3x3, 6 }; shuffle 2) x 3
      c 8x8 shuffle 3; shuffle 4
      d 8x8 split { 1x1, 6, linear | 1x1, 6, linear | 3x3, 6, linear } sum
      e 8x8 split { identity | 1x1, 3, sigmoid } product
      head 1x1 shuffle 3; average pool, 5-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "shuffled.rn", text: text), &sink))
    let network = resolve(model, Selection(), &sink)
    // Names count groups as blocks; those of a sequence are what the script has.
    var sequence = try #require(network, "\(sink.all)")
    sequence.tensorNames = Spell.at(.vgg)
    try expect(sequence, "shuffled")
  }

  @Test func rowsByName() throws {
    let text = """
      model Tapped
      input 3 x 8 x 6
      output head, c
      a 8x6 3x3, 6
      b 4x3 3x3, 5, stride 2
      c 8x6 { from a | upsample 2 bilinear }; 1x1, 4
      d 24x18 upsample 3; 3x3, 4
      head { from b; average pool | average pool }; 7-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "tapped.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink), "\(sink.all)"), "tapped")
  }

  @Test func windows() throws {
    let text = """
      model Placed
      input 3 x 9 x 8
      a 5x4 3x3, 6, pad same
      b 3x4 3x3 max pool, stride 2x1, pad same
      c 3x3 2x3, 5, pad 0 1 1 0
      d 2x2 3x3 average pool, stride 1, pad 1 0 0 1, counted
      head 1x1 average pool, 4-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "placed.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink), "\(sink.all)"), "placed")
  }

  @Test func gates() throws {
    let text = """
      model Highway
      input 3 x 8 x 8
      depth 7
      conv1 8x8 3x3, 6
      a 8x8 gate(3x3, 6) x 2
      b 8x8 [3x3, 6; gate(1x1, 6, no norm, tanh); 3x3, 6]
      head 1x1 average pool, 5-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "highway.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink), "\(sink.all)"), "highway")
  }

  @Test func poolsToSizes() throws {
    let text = """
      model Bins
      input 3 x 11 x 9
      a 7x4 3x3, 6; average pool to 7x4
      b 7x4 { identity | 3x3, 6, relu; max pool } product
      head 1x1 spatial pyramid pool 3 2 1; 5-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "bins.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink), "\(sink.all)"), "bins")
  }

  @Test func normsOfTheValueItself() throws {
    let text = """
      model Norms
      input 3 x 8 x 8
      norm group 3
      weights standardized
      a 8x8 3x3, 6, linear
      b 4x4 3x3 max pool, stride 2, counted
      c 4x4 1x1, 6, norm layer, eps 1e-3, bias, weights plain, gelu
      d 4x4 [3x3, 8, norm group 2; 1x1, 6, no norm, bias] scale survival 0.9 linear
      head 1x1 average pool, norm, sigmoid; 5-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "norms.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink), "\(sink.all)"), "norms")
  }

  @Test func normsOfTheValueBeforeConvolutions() throws {
    let text = """
      model PreNorms
      input 3 x 12 x 12
      order pre
      norm group 2
      weights standardized, eps 1e-4
      stride on first
      conv1 12x12 3x3, 6, no norm, no bias, linear
      a 12x12 [3x3, 6; 3x3, 6]
      b 6x6 [3x3, 8; 3x3, 8]
      head 1x1 norm, relu; average pool, 5-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "prenorms.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink), "\(sink.all)"), "prenorms")
  }

  @Test func projectionsThatPool() throws {
    let text = """
      model Pooled
      input 3 x 11 x 9
      shortcut B, average pool
      conv1 11x9 3x3, 6
      a 11x9 [3x3, 8; 3x3, 8] x 2
      b 6x5 [3x3, 12; 3x3, 12] x 2
      head 1x1 average pool, 5-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "pooled.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink), "\(sink.all)"), "pooled")
  }

  @Test func wordsBehindBrackets() throws {
    let text = """
      model Words
      input 3 x 12 x 12
      stride on 3x3
      a 12x12 3x3, 6
      b 6x6 [1x1, 8; 3x3, 8; 1x1, 10] shortcut identity linear x 3
      c 6x6 [3x3, 10; 3x3, 10] silu x 2
      d 3x3 [3x3, 12; 3x3, 12] leaky relu 0.1 shortcut A pad end
      e 3x3 [3x3, 12; 3x3, 12]
      f 3x3 [3x3, 7; 3x3, 7] shortcut identity
      head 1x1 average pool, 4-d fc
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "words.rn", text: text), &sink))
    try expect(try #require(resolve(model, Selection(), &sink), "\(sink.all)"), "words")
  }

  @Test func softmaxSumsToOne() throws {
    let graph = try lowered(PassTests.small(.none, bottleneck: false))
    let values = try interpret(graph, input: portableTensor("input", [3, 13, 13])) { portableTensor($0, $1) }
    let probabilities = values[graph.output.index]
    #expect(abs(probabilities.reduce(0, +) - 1) < 1e-15)
    let scores = try logits(graph)
    let ratio = probabilities[0] / probabilities[1]
    #expect(abs(ratio - exp(scores[0] - scores[1])) < 1e-12)
  }

  @Test func errors() throws {
    let graph = try lowered(PassTests.small(.none, bottleneck: false))
    let image = portableTensor("input", [3, 13, 13])
    #expect(throws: InterpreterError.inputSize(expected: 507, found: 1)) {
      try interpret(graph, input: [0]) { portableTensor($0, $1) }
    }
    #expect(throws: InterpreterError.missingTensor("conv1.weight")) {
      try interpret(graph, input: image) { _, _ in nil }
    }
    #expect(throws: InterpreterError.tensorSize("conv1.weight", expected: 108, found: 1)) {
      try interpret(graph, input: image) { _, _ in [0] }
    }
  }

  /// As lowered and after all passes.
  private func expect(_ network: Network, _ name: String) throws {
    let answer = try #require(Self.answers[name], "no answer for \(name)")
    let graph = try lowered(network)
    for graph in [graph, runPasses(graph)] {
      let error = distance(answer, try logits(graph))
      #expect(error < 1e-12, "\(name): \(error)")
    }
  }
}
