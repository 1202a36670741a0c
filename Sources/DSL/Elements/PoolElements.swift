// Pools: the maximum or the mean of a window that slides.

struct MaxPoolElement: SlidingPoolElement {
  var kernel: Syntax.Dimensions

  var noun: String { "a max pool" }
  var attributes: [AttributeKey] { Self.slidingAttributes + [.countsPadding.otherwise("`uncounted`")] }
  func help(in model: SourceModel) -> String? { "the largest value of each window." }
  func layer(_ pool: PoolLayer) -> Layer.Kind { .maxPool(pool) }
}

struct AveragePoolElement: SlidingPoolElement {
  var kernel: Syntax.Dimensions

  var noun: String { "an average pool" }
  var attributes: [AttributeKey] { Self.slidingAttributes + [.countsPadding] }
  func help(in model: SourceModel) -> String? { "the mean of each window." }
  func layer(_ pool: PoolLayer) -> Layer.Kind { .averagePool(pool) }
}

/// What both pools with a window have in common.
protocol SlidingPoolElement: ElementDefinition {
  var kernel: Syntax.Dimensions { get }
  func layer(_ pool: PoolLayer) -> Layer.Kind
}

extension SlidingPoolElement {
  var expressions: [Syntax.Expression] { [kernel.height, kernel.width] }
  var window: Syntax.Dimensions? { kernel }
  var channels: Syntax.Element.Channels { .kept }

  static var slidingAttributes: [AttributeKey] {
    [
      .stride.otherwise("decided by the row's size, else asked for, except of a window that covers its map"),
      .pad.otherwise("`(k - 1) / 2` for odd windows, 0 for even ones and for those that cover their map"),
      .ceil,
    ]
  }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? {
    guard let extent = resolver.extent(kernel, "the window", scope) else { return nil }
    if let padding = attributes.padding, case .sides(let sides) = padding.value,
      max(sides.top, sides.bottom) > extent.height / 2 || max(sides.left, sides.right) > extent.width / 2
    {
      resolver.report(
        Diagnostic(
          .numberOutOfRange, "a pool's padding is at most half its window",
          at: Label(padding.span, "more than half of \(extent.height)x\(extent.width)"),
          secondary: [Label(kernel.span, "the window")]))
    }
    return layer(
      PoolLayer(
        kernel: extent, stride: attributes.stride, padding: attributes.padding?.value, ceilMode: attributes.ceil,
        countsPadding: attributes.countsPadding))
  }
}

// MARK: Words

extension LayerWord {
  static let max = LayerWord(
    "max", tail: ["pool"],
    "`3x3 max pool`: the largest value of each window; `max pool` of the whole map, `max pool to 4x4` of each bin.",
    windowed: { .maxPool($0) }, poolsWholeMap: true
  ) { parser, token in
    guard parser.pool() else { return nil }
    if let window = parser.misplacedWindow(of: token) { return .maxPool(window) }
    guard parser.isWindowMissing else { return parser.adaptivePool(.max) }
    parser.report(
      Diagnostic(
        .missingWindow, "this max pool has no window",
        at: Label(token.span.union(parser.previous.span), "over what?"),
        helps: [
          "write its window before it: '3x3 max pool, stride 2'; over the whole map it is 'max pool' and no more"
        ]))
    return nil
  }

  static let average = LayerWord(
    "average", tail: ["pool"],
    "`3x3 average pool` over windows; `average pool` over the whole map, to 1x1; `average pool to 4x4` over bins.",
    windowed: { .averagePool($0) }, poolsWholeMap: true
  ) { parser, token in
    guard parser.pool() else { return nil }
    return parser.misplacedWindow(of: token).map { .averagePool($0) } ?? parser.adaptivePool(.average)
  }
}

extension Snippet {
  static let maxPool = Snippet("max pool", "${1:3x3} max pool, stride ${2:2}", LayerWord.max.help)
  static let averagePool = Snippet("average pool", "average pool", LayerWord.average.help)
}

extension Parser {
  mutating func pool() -> Bool {
    if take(word: "pool") { return true }
    expected("'pool'")
    return false
  }

  /// `max pool, stride 2`: only a window has these.
  fileprivate var isWindowMissing: Bool {
    guard current.kind == .comma, let key = AttributeWord.named(text(peek()))?.key else { return false }
    return MaxPoolElement.slidingAttributes.contains(key)
  }

  /// `max pool 2x2`: says that the window comes first, and reads it.
  fileprivate mutating func misplacedWindow(of token: Token) -> Syntax.Dimensions? {
    guard let window = windowBehind else { return nil }
    let pool = token.span.union(previous.span)
    let written = "\(source.text(window)) \(source.text(pool))"
    guard let height = dimension(), take(.times), let width = dimension() else { return nil }
    report(
      Diagnostic(
        .unexpectedToken, "the window of a pool stands before it", at: Label(window, "belongs before the pool"),
        fixIts: [FixIt("write '\(written)'", [.init(pool.union(window), written)])]))
    return Syntax.Dimensions(height: height, width: width)
  }
}
