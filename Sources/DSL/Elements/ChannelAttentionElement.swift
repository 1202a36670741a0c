// ECA-Net's channel attention (Wang et al., 2020): `eca` scales each channel by a factor that it computes from the means of
// the channels around it,
//
//     average pool, a convolution of k weights over the channels, with zeros beyond them and no bias, sigmoid, product
//
// and k follows from the number of channels unless it is written, `eca 5`. It squeezes nothing, so there is no width.

struct ChannelAttentionElement: ElementDefinition {
  /// Weights, where they are written.
  var size: Syntax.Expression?

  var expressions: [Syntax.Expression] { size.map { [$0] } ?? [] }
  var channels: Syntax.Element.Channels { .kept }
  var noun: String { "an 'eca'" }
  var attributes: [AttributeKey] { [.activation] }
  func help(in model: SourceModel) -> String? { LayerWord.channelAttention.help }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? {
    var written: Located<Int>?
    if let size {
      guard let value = resolver.integer(size, "the number of weights", in: 1...Limits.kernel, scope) else {
        return nil
      }
      guard value.value % 2 == 1 else {
        resolver.report(
          Diagnostic(
            .numberOutOfRange, "the number of weights of an 'eca' is \(value.value); it must be odd",
            at: Label(value.span, "has no middle"),
            helps: [
              "a channel's own mean is in the middle of those that it looks at: write \(value.value - 1) or "
                + "\(value.value + 1), or nothing for the number that follows from the channels"
            ]))
        return nil
      }
      written = value
    }
    if let wrong = attributes.activations.first(where: { !$0.value.isGate }) {
      resolver.report(
        Diagnostic(
          .misplacedAttribute,
          "the factors of an 'eca' come from 'sigmoid' or 'hardsigmoid', not from '\(wrong.value.text)'",
          at: Label(wrong.span, "makes no factors"),
          helps: ["write it behind ';' if it is a layer of its own, which follows the product"]))
    }
    return .channelAttention(
      ChannelAttentionLayer(size: written, gate: attributes.activations.first?.value ?? .sigmoid))
  }
}

/// A factor for each channel, from the means of the channels around it.
package struct ChannelAttentionLayer: Equatable, Sendable {
  /// The number of weights, odd; `nil` where it follows from the channels.
  package var size: Located<Int>?
  /// Of the factors.
  package var gate: Activation

  package init(size: Located<Int>? = nil, gate: Activation = .sigmoid) {
    self.size = size
    self.gate = gate
  }

  /// Section 3.2 of the paper, with its gamma of 2 and b of 1, as timm rounds it: the odd number at or above the whole part
  /// of (log2(channels) + 1) / 2, and no less than 3.
  package func size(entering channels: Int) -> Int {
    if let size { return size.value }
    // The whole part of the logarithm is enough: what it leaves out reaches no whole number.
    let half = (Int.bitWidth - max(1, channels).leadingZeroBitCount) / 2
    return max(3, half % 2 == 1 ? half : half + 1)
  }
}

extension LayerWord {
  static let channelAttention = LayerWord(
    "eca",
    "`eca`: each channel times a factor that a few weights make of the means of the channels around it; `eca 5` says how "
      + "many weights.",
    template: "eca", takesNumber: true
  ) { parser, token in parser.channelAttention(token) }
}

extension Parser {
  /// "eca" [ expression ]
  fileprivate mutating func channelAttention(_ token: Token) -> Element.Kind? {
    if let call = call() {
      // `eca(5)`, `ECA(k_size=5)`
      let number = call.arguments.first.flatMap { Int($0.text) }
      let text = number.map { " \($0)" } ?? ""
      report(
        Diagnostic(
          .unexpectedToken, "'eca' is written without parentheses", at: Label(call.span, "not written"),
          fixIts: [FixIt("write 'eca\(text)'", [.init(call.span, text)])]))
      index = call.end
      return .channelAttention(number.map { Expression(steps: [.number($0)], span: call.span) })
    }
    noEquals(after: "eca")
    guard !endsElement(current.kind) else { return .channelAttention(nil) }
    let start = current
    let isDivisor = take(.slash)
    guard let size = isDivisor ? dimension() : expression() else { return nil }
    var isWidth = false
    if current.kind == .minus, text(peek()) == "d", current.span.end == peek().span.start {
      advance()
      advance()
      isWidth = true
    }
    guard isDivisor || isWidth else { return .channelAttention(size) }
    report(
      Diagnostic(
        .unexpectedToken, "an 'eca' squeezes to no width", at: Label(start.span.union(previous.span), "of an 'se'"),
        helps: [
          "write 'eca', or 'eca 5' for five weights over the channels",
          "write 'se \(source.text(start.span.union(previous.span)))' for squeeze-and-excitation",
        ]))
    return nil
  }
}
