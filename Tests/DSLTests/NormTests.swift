// What stands beside convolutions: norms by themselves and before them, squeeze-and-excitation.

import Testing

@testable import ResNetDSL

extension ResolveTests {
  @Test func normsByThemselves() throws {
    func norm(_ row: String, header: String = "") throws -> Layer.Kind? {
      try items(row, header: header).flatMap(\.layers).map(\.kind).first { if case .norm = $0 { true } else { false } }
    }
    #expect(try norm("norm") == .norm(NormLayer()))
    #expect(try norm("3x3, 8, linear; norm, relu") == .norm(NormLayer(activation: .relu)))
    #expect(
      try norm("3x3 max pool, stride 2, norm, eps 1e-3, silu")
        == .norm(NormLayer(Normalization(epsilon: 1e-3), activation: .silu)))
    #expect(try norm("[norm, relu; 3x3, 3, linear]", header: "norm none") == .norm(NormLayer(activation: .relu)))
    #expect(try norm("norm", header: "norm batch, eps 1e-2") == .norm(NormLayer(Normalization(epsilon: 1e-2))))
  }

  @Test func kindsOfNorms() throws {
    func norm(_ layer: String, header: String = "") throws -> Normalization? {
      try items("3x3, 8" + layer, header: header).flatMap(\.layers).first?.convolution?.norm
    }
    #expect(try norm(", norm layer") == Normalization(.layer))
    #expect(try norm(", norm group 4, eps 1e-3") == Normalization(.group(4), epsilon: 1e-3))
    #expect(try norm("", header: "norm group 2, eps 1e-6") == Normalization(.group(2), epsilon: 1e-6))
    #expect(try norm(", no norm", header: "norm layer") == nil)
    #expect(try norm(", eps 1e-3", header: "norm layer") == Normalization(.layer, epsilon: 1e-3))
    // An epsilon goes with its kind, whatever the number of groups.
    #expect(try norm(", norm batch", header: "norm layer, eps 1e-6") == Normalization())
    #expect(try norm(", norm layer", header: "norm layer, eps 1e-6") == Normalization(.layer, epsilon: 1e-6))
    #expect(try norm(", norm group 4", header: "norm group 2, eps 1e-6") == Normalization(.group(4), epsilon: 1e-6))
    // As a layer.
    func layer(_ row: String, header: String = "") throws -> Layer.Kind? {
      try items(row, header: header).flatMap(\.layers).map(\.kind).first { if case .norm = $0 { true } else { false } }
    }
    #expect(
      try layer("norm layer, eps 1e-6, gelu")
        == .norm(NormLayer(Normalization(.layer, epsilon: 1e-6), activation: .gelu)))
    #expect(try layer("average pool, norm group 3") == .norm(NormLayer(Normalization(.group(3)))))
    #expect(try layer("norm", header: "norm layer, eps 1e-6") == .norm(NormLayer(Normalization(.layer, epsilon: 1e-6))))
    #expect(try layer("norm batch", header: "norm none") == .norm(NormLayer()))
    // The number of groups is an expression like others.
    let family = "family Net(g = 2)\ninput 3 x 32 x 32\nnorm group (2g)\nr 3x3, 8; 3x3, 8, norm group g"
    let layers = compile(family).network?.stages.flatMap(\.items).flatMap(\.layers).map { $0.convolution?.norm?.kind }
    #expect(layers == [.group(4), .group(2)])
  }

  @Test func kindsOfNormsThatReadWrong() {
    let head = "model Net\ninput 3 x 32 x 32\n"
    assertDiagnostics(
      head + "r 3x3, 8, norm 1️⃣instance",
      Expected(1, "unknown-option", "the language does not have instance normalisation of its own"))
    assertDiagnostics(
      head + "r 3x3, 8, norm group1️⃣",
      Expected(1, "unexpected-token", "expected a number of groups, such as 'norm group 32', found the end of the file")
    )
    assertDiagnostics(
      head + "r 3x3, 8, norm group 1️⃣0",
      Expected(1, "number-out-of-range", "the number of groups is 0; it must be 1 to 65536"))
    assertDiagnostics(
      head + "norm 1️⃣groupnorm\nr 3x3, 8",
      Expected(1, "unknown-option", "'groupnorm' is written 'group' after 'norm'"))
    assertDiagnostics(
      head + "r 3x3, 8, 1️⃣LayerNorm", Expected(1, "unknown-name", "'LayerNorm' is written 'norm layer'"))
    assertDiagnostics(
      head + "norm group 1️⃣k\nr 3x3, 8", Expected(1, "unknown-parameter", "there is no parameter named 'k'"))
  }

  @Test func standardizedWeights() throws {
    func epsilon(_ layer: String, header: String = "") throws -> Double? {
      try items("3x3, 8" + layer, header: header).flatMap(\.layers).first?.convolution?.standardization
    }
    #expect(try epsilon("") == nil)
    #expect(try epsilon(", weights standardized") == 1e-6)
    #expect(try epsilon("", header: "weights standardized, eps 1e-8") == 1e-8)
    #expect(try epsilon(", weights standardized", header: "weights standardized, eps 1e-8") == 1e-8)
    #expect(try epsilon(", weights plain", header: "weights standardized") == nil)
    let head = "model Net\ninput 3 x 32 x 32\n"
    assertDiagnostics(
      head + "weights standardized, eps 1️⃣2\nr 3x3, 8",
      Expected(1, "number-out-of-range", "an eps is above 0 and at most 1, not 2.0"))
    assertDiagnostics(
      head + "r 10-d fc, 1️⃣weights standardized",
      Expected(1, "misplaced-attribute", "a fully connected layer has no word on its weights ('weights')"))
    assertDiagnostics(
      head + "weights 1️⃣standardised\nr 3x3, 8",
      Expected(1, "unknown-option", "'standardised' is written 'standardized' after 'weights'"))
  }

  @Test func factorsBeforeSums() throws {
    func block(_ words: String) throws -> Block? {
      try items("3x3, 8; [3x3, 8; 3x3, 8]" + words).compactMap { if case .block(let block) = $0 { block } else { nil } }
        .first
    }
    #expect(try block("")?.isScaled == false)
    let scaled = try #require(try block(" scale linear x 3"))
    #expect(scaled.isScaled && scaled.activation == .linear && scaled.repeats == 3 && scaled.survival == nil)
    let kept = try #require(try block(" survival 0.8 scale"))
    #expect(kept.isScaled && kept.survival == 0.8)
    let head = "model Net\ninput 3 x 32 x 32\n"
    assertDiagnostics(
      head + "r [3x3, 3; 3x3, 3] survival 1️⃣1.5",
      Expected(1, "number-out-of-range", "a survival is above 0 and at most 1, not 1.5"))
    assertDiagnostics(
      head + "r [3x3, 3; 3x3, 3] scale 1️⃣scale",
      Expected(1, "duplicate-attribute", "the scale is set twice"))
    assertDiagnostics(
      head + "r [3x3, 3; 3x3, 3] x 2 1️⃣scale", Expected(1, "misplaced-attribute", "'scale' belongs before the repeat"))
    assertDiagnostics(
      head + "r [3x3, 3; 3x3, 3], 1️⃣layer_scale",
      Expected(1, "unknown-name", "a factor for each channel before a block's sum is written behind its bracket"))
  }

  @Test func normsThatReadWrong() {
    let head = "model Net\ninput 3 x 32 x 32\n"
    assertDiagnostics(
      head + "r 3x3, 8, 1️⃣norm",
      Expected(
        1, "misplaced-attribute", "'norm' behind a convolution's comma does not say whether it is the convolution's own"
      ))
    assertDiagnostics(
      head + "r 3x3, 8; 1️⃣norm",
      Expected(1, "ambiguous-activation", "'norm' follows 'relu', which the source does not write"))
    assertDiagnostics(
      head + "r [1️⃣norm, relu; 3x3, 3; 3x3, 3]",
      Expected(
        1, "misplaced-attribute", "norms before convolutions are said once for all brackets: 'order pre' in the header")
    )
  }

  @Test func localResponseNorms() throws {
    func norm(_ row: String, header: String = "") throws -> LocalResponseNormLayer? {
      try items(row, header: header).flatMap(\.layers).compactMap { layer in
        if case .localResponseNorm(let norm) = layer.kind { norm } else { nil }
      }.first
    }
    #expect(try norm("lrn 5") == LocalResponseNormLayer(size: 5, alpha: 1e-4, beta: 0.75, k: 1))
    #expect(
      try norm("3x3, 8; lrn 3, k 2, alpha 0.5, beta 1") == LocalResponseNormLayer(size: 3, alpha: 0.5, beta: 1, k: 2))
    // Elsewhere they are names: the widening factor is a `k`.
    let family = "family Net(k = 4, alpha = 9)\ninput 3 x 32 x 32\nr k x k, k, pad 0; lrn k, k 3, alpha alpha; k-d fc"
    let found = compile(family).diagnostics.map(\.message)
    #expect(found == ["there is no layer, attribute or block named 'alpha'"], "\(found)")
    #expect(compile(family.replacing("alpha alpha", with: "alpha 2")).diagnostics.isEmpty)
    #expect(compile(family.replacing("; lrn k, k 3, alpha alpha; k-d fc", with: "; lrn k, k-d fc")).diagnostics.isEmpty)
  }

  @Test func localResponseNormsThatReadWrong() {
    let head = "model Net\ninput 3 x 32 x 32\n"
    assertDiagnostics(
      head + "r lrn 5, k 1️⃣0, beta 2️⃣20, alpha 3️⃣-1",
      Expected(1, "number-out-of-range", "k of an 'lrn' is 0.0; it must be 1e-06 to 1000.0"),
      Expected(2, "number-out-of-range", "beta of an 'lrn' is 20.0; it must be 0.0 to 10.0"),
      Expected(3, "number-out-of-range", "alpha of an 'lrn' is -1.0; it must be 0.0 to 1000.0"))
    assertDiagnostics(
      head + "r lrn 1️⃣64", Expected(1, "number-out-of-range", "the number of channels is 64; it must be 1 to 63"))
    assertDiagnostics(
      head + "r lrn 5, k 2, 1️⃣k 2", Expected(1, "duplicate-attribute", "the k is set twice"))
    assertDiagnostics(
      head + "r lrn 5, 1️⃣relu6, 2️⃣stride 2",
      Expected(2, "misplaced-attribute", "an activation has no stride"))
    assertDiagnostics(
      head + "r 3x3, 8, 1️⃣alpha 2",
      Expected(1, "unknown-name", "there is no layer, attribute or block named 'alpha'"))
  }

  /// Which of `relu, lrn` and `lrn, relu`: the sum of squares tells them apart.
  @Test func activationsBehindLocalResponseNormsAreAskedAbout() {
    let head = "model Net\ninput 3 x 32 x 32\n"
    assertDiagnostics(
      head + "r 3x3, 8; lrn 5; 1️⃣relu",
      Expected(1, "ambiguous-activation", "'relu' follows 'relu', which the source does not write"))
    // Squeezing takes the means of what the first one leaves.
    for row in ["[3x3, 8; 3x3, 8]; lrn 5; 1️⃣relu", "3x3, 8; se /2; 1️⃣relu", "[3x3, 8; 3x3, 8]; se /2; lrn 5; 1️⃣relu"] {
      assertDiagnostics(
        head + "r " + row,
        Expected(1, "ambiguous-activation", "'relu' follows 'relu', which the source does not write"))
    }
    #expect(compile(head + "r 3x3, 8, relu; se /2; relu").diagnostics.isEmpty)
    #expect(compile(head + "r 3x3, 8, relu; lrn 5; relu").diagnostics.isEmpty)
    #expect(compile(head + "r 3x3, 8, linear; lrn 5; relu").diagnostics.isEmpty)
  }

  @Test func maxoutStandsInPlaceOfAnActivation() {
    let head = "model Net\ninput 3 x 32 x 32\n"
    #expect(compile(head + "r 3x3, 8, linear; maxout 2").diagnostics.isEmpty)
    assertDiagnostics(
      head + "r 3x3, 8; 1️⃣maxout 2",
      Expected(1, "ambiguous-activation", "'maxout 2' follows 'relu', which the source does not write"))
    assertDiagnostics(
      head + "r maxout 1️⃣1",
      Expected(1, "number-out-of-range", "the size of maxout's groups is 1; it must be 2 to 65536"))
  }

  @Test func gatesHoldOneConvolution() throws {
    let head = "model Net\ninput 3 x 32 x 32\n"
    let gated = try items("gate(3x3, 16, tanh) x 2").flatMap(\.layers).map(\.kind)
    guard case .gate(let convolution)? = gated.first, gated.count == 1 else { return #expect(Bool(false), "\(gated)") }
    #expect(convolution.width.value == 16 && convolution.activation == .tanh && convolution.norm == Normalization())
    for inner in ["3x3, 16; 1️⃣3x3, 16", "1️⃣relu", "1️⃣[3x3, 3; 3x3, 3]"] {
      assertDiagnostics(
        head + "r gate(\(inner))", Expected(1, "unexpected-token", "a gate holds one convolution"))
    }
  }

  @Test func poolsToSizes() throws {
    let kinds = try items("average pool to 4x3; max pool to 2 x 2; max pool; average pool; spatial pyramid pool 3 1")
      .flatMap(\.layers).map(\.kind)
    #expect(
      kinds == [
        .adaptivePool(AdaptivePoolLayer(reduction: .average, size: Extent(4, 3))),
        .adaptivePool(AdaptivePoolLayer(reduction: .max, size: Extent(2, 2))),
        .adaptivePool(.wholeMap(.max)), .adaptivePool(.wholeMap(.average)),
        .spatialPyramidPool(levels: [3, 1]),
      ])
    let head = "model Net\ninput 3 x 32 x 32\n"
    // The size of its row.
    #expect(compile(head + "r 4x4 max pool to 4x4").model?.rows[0].size?.value == Extent(4, 4))
    #expect(compile(head + "r 1x1 max pool").model?.rows[0].size?.value == Extent(1, 1))
    assertDiagnostics(
      head + "r 1️⃣max pool, stride 2", Expected(1, "missing-window", "this max pool has no window"))
    assertDiagnostics(
      head + "r average pool to 4x1️⃣0",
      Expected(1, "number-out-of-range", "the width is 0; it must be 1 to 16384"))
    assertDiagnostics(
      head + "r spatial pyramid pool 1️⃣64", Expected(1, "number-out-of-range", "the level is 64; it must be 1 to 63"))
    assertDiagnostics(
      head + "r max pool to 4x4, 1️⃣stride 2", Expected(1, "misplaced-attribute", "a pool to a size has no stride"))
  }

  @Test func orderPre() throws {
    let head = "order pre"
    let residual = try block("[3x3, 3; 3x3, 3]", header: head)
    #expect(activations(residual) == [.relu, .relu] && residual.activation == .linear)
    #expect(residual.layers.allSatisfy { $0.convolution?.isPreActivated == true })
    #expect(try block("[3x3, 3; 3x3, 3] silu", header: head).activation == .silu)
    #expect(try !convolution("3x3, 8", header: head).isPreActivated)
    #expect(try block("(3x3, 8) x 2", header: head).layers[0].convolution?.isPreActivated == true)
    #expect(try items("{ identity | 1x1, 8; 3x3, 3 } sum", header: head).count == 1)
    #expect(try items("[3x3, 3; 3x3, 3] x 2; norm, relu", header: head).count == 2)
    #expect(try block("[b]", header: head + "\nblock b = 3x3, 3; 3x3, 3").layers[1].convolution?.isPreActivated == true)
    #expect(try !convolution("b", header: head + "\nblock b = 3x3, 3").isPreActivated)
  }

  // MARK: Channel attention

  @Test func attention() throws {
    func layer(_ row: String) throws -> ChannelAttentionLayer? {
      guard case .channelAttention(let layer)? = try items(row).last?.layers.last?.kind else { return nil }
      return layer
    }
    #expect(try layer("eca") == ChannelAttentionLayer())
    #expect(try layer("3x3, 8; eca, hardsigmoid")?.gate == .hardsigmoid)
    #expect(try layer("3x3, 8; eca 7")?.size?.value == 7)
    #expect(try layer("3x3, 8; eca 2 * 2 + 1, sigmoid")?.size(entering: 8) == 5)
    let head = "model Net\ninput 3 x 32 x 32\n"
    #expect(compile(head + "r 3x3, 8; { identity | eca } sum; (eca) x 2").diagnostics.isEmpty)
    assertDiagnostics(
      head + "r 3x3, 8; eca; 1️⃣relu",
      Expected(1, "ambiguous-activation", "'relu' follows 'relu', which the source does not write"))
  }

  @Test func attentionThatReadsWrong() {
    let head = "model Net\ninput 3 x 32 x 32\n"
    assertDiagnostics(
      head + "r eca 1️⃣4",
      Expected(1, "number-out-of-range", "the number of weights of an 'eca' is 4; it must be odd"))
    assertDiagnostics(
      head + "r eca 1️⃣65",
      Expected(1, "number-out-of-range", "the number of weights is 65; it must be 1 to 63"))
    assertDiagnostics(
      head + "r eca 1️⃣/16\ns eca 2️⃣16-d, hardsigmoid",
      Expected(1, "unexpected-token", "an 'eca' squeezes to no width"),
      Expected(2, "unexpected-token", "an 'eca' squeezes to no width"))
    assertDiagnostics(
      head + "r 3x3, 8; eca, 1️⃣silu",
      Expected(
        1, "misplaced-attribute", "the factors of an 'eca' come from 'sigmoid' or 'hardsigmoid', not from 'silu'"))
    assertDiagnostics(
      head + "r 3x3, 8; eca1️⃣(k_size=5)", Expected(1, "unexpected-token", "'eca' is written without parentheses"))
    assertDiagnostics(
      head + "r 3x3, 8; eca, 1️⃣stride 2", Expected(1, "misplaced-attribute", "an 'eca' has no stride"))
  }

  // MARK: Squeeze-and-excitation

  private func squeeze(_ row: String, header: String = "") throws -> SqueezeExcitationLayer? {
    guard case .squeezeExcitation(let layer)? = try items(row, header: header).last?.layers.last?.kind else {
      return nil
    }
    return layer
  }

  @Test func squeezes() throws {
    guard case .channels(let width)? = try squeeze("se 16-d")?.width else { return #expect(Bool(false)) }
    #expect(width.value == 16)
    guard case .part(let divisor)? = try squeeze("3x3, 32; se /16")?.width else { return #expect(Bool(false)) }
    #expect(divisor.value == 16)
    guard case .channels(let computed)? = try squeeze("se 64 / 4-d")?.width else { return #expect(Bool(false)) }
    #expect(computed.value == 16)
    func activations(_ row: String, header: String = "") throws -> [Activation?] {
      let layer = try squeeze(row, header: header)
      return [layer?.inner, layer?.gate]
    }
    #expect(try activations("se 4-d") == [.relu, .sigmoid])
    #expect(try activations("se 4-d, hardsigmoid") == [.relu, .hardsigmoid])
    #expect(try activations("se 4-d, silu", header: "activation silu") == [.silu, .sigmoid])
    #expect(try activations("se /3, leaky relu 0.1, hardsigmoid") == [.leakyRelu(slope: 0.1), .hardsigmoid])
  }

  @Test func squeezesSayWhatTheyMean() {
    let head = "model Net\ninput 3 x 32 x 32\n"
    assertDiagnostics(
      head + "r se 1️⃣16",
      Expected(1, "ambiguous-width", "'se 16' does not say whether it squeezes to 16 channels or by 16"))
    assertDiagnostics(
      head + "r 1️⃣se", Expected(1, "missing-width", "this 'se' does not say to how many channels it squeezes"))
    assertDiagnostics(
      head + "activation hardswish\nr se 1️⃣4-d, hardsigmoid",
      Expected(1, "ambiguous-activation", "this 'se' does not say how its squeezed channels are activated"))
    assertDiagnostics(
      head + "r se 4-d, silu, 1️⃣relu",
      Expected(1, "duplicate-attribute", "the squeezed channels of this 'se' have two activations"))
    assertDiagnostics(
      head + "r se 4-d, silu, sigmoid, 1️⃣relu",
      Expected(1, "duplicate-attribute", "the activation is set twice"))
    assertDiagnostics(head + "r se 4-d, 1️⃣stride 2", Expected(1, "misplaced-attribute", "'se' has no stride"))
    assertDiagnostics(head + "r se /1️⃣0", Expected(1, "number-out-of-range", "the part is 0; it must be 1 to 65536"))
  }
}
