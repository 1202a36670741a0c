// Hover, word for word.

import ResNetCompiler
import ResNetDSL
import Testing

@testable import ResNetLanguageServer

struct HoverTests {
  private static let net = """
    model Net
    1️⃣input2️⃣ 3 x 8 x 8
    3️⃣shortcut4️⃣ 5️⃣A6️⃣, pad 7️⃣both8️⃣
    conv1 8x8 3x3, 8
    s 4x4 [3x3, 16; 3x3, 16] x 2
    head 1x1 average pool, 4-d fc, softmax
    """

  private func expect(
    _ session: inout Session, _ marker: Int, to end: Int, _ text: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let hover = try #require(try session.hover(marker), sourceLocation: sourceLocation)
    #expect(hover.contents == LSP.Markup(value: text), sourceLocation: sourceLocation)
    #expect(hover.range == (try session.range(marker, end)), sourceLocation: sourceLocation)
  }

  @Test func keysAndOptions() throws {
    var session = Session(Self.net)
    try expect(&session, 1, to: 2, "`input 3 x 224 x 224`\n\nChannels, height and width of the image.")
    try expect(&session, 5, to: 6, "`A`: Identity everywhere; stride by subsampling, new channels are zeros.")
    try expect(&session, 7, to: 8, "`both`: Half of the zero channels before, half after (common CIFAR code).")
    #expect(try session.hover(3)?.contents.value.hasPrefix("`shortcut B`\n\nWhat stands in for the identity") == true)
    // At a word's end it is still that word.
    #expect(try session.hover(2) == session.hover(1))
  }

  @Test func rowsOfAModel() throws {
    var session = Session(
      """
      model 7️⃣Net
      input 3 x 8 x 8
      1️⃣s2️⃣ 3️⃣4x44️⃣ 5️⃣[3x3, 16; 3x3, 166️⃣] x 2  # 8️⃣comment
      head 1x1 average pool, 4-d fc
      """)
    let text = """
      **s**

      | output | parameters | MACs | receptive field | activations |
      | :-- | --: | --: | --: | --: |
      | 16x4x4 | 7,552 | 118,272 | 15x15 | 1,280 |
      """
    try expect(&session, 1, to: 2, text)
    #expect(try session.hover(3)?.contents.value == text)
    #expect(
      try session.hover(7)?.contents.value == """
        **Net**

        | network | output | parameters | MACs | activations |
        | :-- | :-- | --: | --: | --: |
        | Net | 4x1x1 | 7,620 | 118,336 | 1,280 |
        """)
    #expect(
      try session.hover(6)?.contents.value == """
        `[ ... ]`: a residual block: its layers, the shortcut, the sum, the activation.

        | block | computes | output | parameters | MACs | receptive field |
        | :-- | :-- | :-- | --: | --: | --: |
        | s_1 | shortcut: projection | 16x4x4 | 2,880 | 44,544 | 7x7 |
        | s_2 | shortcut: identity | 16x4x4 | 4,672 | 73,728 | 15x15 |
        """)
    #expect(try session.hover(8) == nil)
  }

  @Test func layers() throws {
    var session = Session(
      """
      model Net
      input 3 x 8 x 8
      s 4x4 (1️⃣3x3, 16, 3️⃣bias4️⃣2️⃣) x 3
      head 1x1 average pool, 4-d fc, 5️⃣softmax6️⃣
      """)
    try expect(
      &session, 1, to: 2,
      """
      `3x3, 16, bias`: a convolution: kernel, width (the number of output channels), attributes.

      | layer | computes | output | parameters | MACs | receptive field |
      | :-- | :-- | :-- | --: | --: | --: |
      | s_1 | 3x3 convolution of 3 channels, stride 2, padding 1x1, bias, batch norm, relu | 16x4x4 | 480 | 6,912 | 3x3 |
      | s_2 to s_3 | 3x3 convolution of 16 channels, stride 1, padding 1x1, bias, batch norm, relu | 16x4x4 \
      | each 2,352 | each 36,864 | 11x11 |
      """)
    try expect(
      &session, 3, to: 4,
      """
      `bias`: A value added for each channel. Default: only without normalisation.

      **warning[RN201 bias-before-norm]**: batch normalisation cancels the bias of s

      \(LintRule.named("RN201")?.code.explanation ?? "")
      """)
    #expect(try session.hover(5)?.contents.value.hasPrefix("`softmax`: Ends a network") == true)
  }

  /// An attribute means what it means after its layer.
  @Test func attributes() throws {
    var session = Session(
      """
      model Net
      input 3 x 8 x 8
      a 8x8 3x3, 8, 1️⃣no bias2️⃣, 3️⃣silu4️⃣
      b 4x4 2x2 max pool, 5️⃣pad 06️⃣
      c 2x2 3x3 average pool, stride 2, 7️⃣uncounted8️⃣
      """)
    try expect(
      &session, 1, to: 2, "`no bias`: A value added for each channel. Default: only without normalisation.")
    try expect(&session, 3, to: 4, "`silu`: `x` times its sigmoid.")
    try expect(
      &session, 5, to: 6,
      "`pad 0`: Zeros on all sides; rows x columns; top, left, bottom, right; as TensorFlow has them. Default: "
        + "`(k - 1) / 2` for odd windows, 0 for even ones and for those that cover their map.")
    try expect(
      &session, 7, to: 8,
      "`uncounted`: The mean or the maximum is over the places inside the map, as TensorFlow has it.")
  }

  @Test func branches() throws {
    var session = Session("model Net\ninput 3 x 8 x 8\na 1️⃣{ 2️⃣1x1, 8 | 1x1, 4 }")
    #expect(try session.hover(1)?.contents.value.hasPrefix("`{ ... | ... }`: branches: each reads what") == true)
    #expect(try session.hover(2)?.contents.value.hasPrefix("`1x1, 8`: a convolution") == true)
  }

  @Test func families() throws {
    var session = Session(
      """
      family Net
      input 3 x 8 x 8
              | 1️⃣a2️⃣ | b
      s 4x4   | [3x3, 4; 3x3, 4] | [3x3, 8; 3x3, 8] x 2
      3️⃣t4️⃣   | 3x3, 4 | 5️⃣same6️⃣
      """)
    try expect(
      &session, 3, to: 4,
      """
      **t**

      | variant | output | parameters | MACs | receptive field | activations |
      | :-- | :-- | --: | --: | --: | --: |
      | a | 4x4x4 | 152 | 2,304 | 11x11 | 64 |
      | b | 4x4x4 | 296 | 4,608 | 19x19 | 64 |
      """)
    try expect(&session, 5, to: 6, "`same`: the cell to the left again, `3x3, 4`")
    #expect(try session.hover(1)?.contents.value.hasPrefix("variant **a**\n\n| network |") == true)
  }

  @Test func blocksAndParameters() throws {
    var session = Session(
      """
      family Net(1️⃣n2️⃣ = 3)
      input 3 x 8 x 8
      block 3️⃣basic4️⃣(w) = 3x3, 5️⃣w6️⃣; 3x3, w
      s [7️⃣basic8️⃣(16)] x 9️⃣n
      """)
    let parameter = "`n = 3`: a parameter of the family; `--set n=3` gives it another value."
    try expect(&session, 1, to: 2, parameter)
    #expect(try session.hover(9)?.contents.value == parameter)
    let block = "```rn\nblock basic(w) = 3x3, w; 3x3, w\n```\n\nUsed once."
    try expect(&session, 3, to: 4, block)
    try expect(&session, 7, to: 8, block)
    try expect(&session, 5, to: 6, "`w`: a parameter of the block `basic`.")
  }

  /// What a file without a network still says.
  @Test func errorsAreExplained() throws {
    var session = Session(
      """
      model Net
      input 3 x 8 x 8
      1️⃣s2️⃣ 4x4 3x3, 8, 3️⃣strde4️⃣ 2
      5️⃣t6️⃣ 3x3, 8
      """)
    let hover = try #require(try session.hover(3)?.contents.value)
    #expect(hover.hasPrefix("**error[unknown-name]**: there is no layer, attribute or block named 'strde'\n\n"))
    try expect(&session, 1, to: 2, "**s**")
    try expect(&session, 5, to: 6, "**t**")
  }
}
