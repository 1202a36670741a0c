// Activations that nobody wrote, where frameworks and this language differ; shapes are the same, answers are not.
//
// `3x3, 64; silu`: the convolution has the header's activation by default, so the list computes both, while who thinks in
// a framework's modules means silu alone. Pools and dropouts between them change nothing. And `4096-d fc, 1000-d fc`: two
// fully connected layers, by default with nothing between them, compute what one could.

extension Resolver {
  /// What the value that reaches this place went through last, where the source does not say how it is activated.
  enum UnwrittenActivation {
    case convolution(Activation, Span)
    /// The same through what sees every sign, a local response normalisation or what scales channels by their means: one
    /// activation twice is not it once.
    case normalized(Activation, Span)
    /// Of a residual block.
    case sum(Activation, Span)
    /// Linear.
    case fullyConnected(Span)
  }

  mutating func checkActivations(_ pieces: [Piece]) {
    for piece in pieces {
      switch piece {
      case .layer(let layer): follow(layer)
      case .block(let block):
        // The second repetition begins where the first ended.
        for _ in 0..<min(block.repeats, 2) {
          block.layers.forEach { follow($0) }
          guard block.kind == .residual else { continue }
          unwrittenActivation = block.statesActivation || isPreActivated ? nil : .sum(block.activation, block.span)
        }
      }
    }
  }

  private mutating func follow(_ layer: Layer) {
    switch layer.kind {
    case .convolution(let convolution):
      unwrittenActivation =
        convolution.statesActivation || convolution.isPreActivated
        ? nil : .convolution(convolution.activation, layer.span)
    case .fullyConnected(let connected):
      if case .fullyConnected(let first) = unwrittenActivation { askBetween(first, layer.span) }
      unwrittenActivation = connected.statesActivation ? nil : .fullyConnected(layer.span)
    case .activation(let activation):
      ask(activation.text, layer.span, unless: activation.absorbs)
      unwrittenActivation = nil
    case .maxout(let size):
      ask("maxout \(size.value)", layer.span) { $0 == .linear }
      unwrittenActivation = nil
    case .gate: unwrittenActivation = nil
    case .localResponseNorm, .squeezeExcitation, .channelAttention:
      switch unwrittenActivation {
      case .convolution(let activation, let span), .sum(let activation, let span):
        unwrittenActivation = .normalized(activation, span)
      case .normalized, .fullyConnected, nil: break
      }
    case .norm:
      askBefore(layer.span)
      unwrittenActivation = nil
    case .softmax, .carry: unwrittenActivation = nil
    case .source(let row): unwrittenActivation = activationsOfRows[row.value]
    case .branches(let branches, let combiner):
      follow(branches)
      // Behind a sum or a product stands what is written there.
      if combiner != .concatenation { unwrittenActivation = nil }
    default: break
    }
  }

  /// Each begins with what enters; behind them stands what the first of those leaves that leave anything unwritten.
  private mutating func follow(_ branches: [[Layer]]) {
    let entering = unwrittenActivation
    var leaving: UnwrittenActivation?
    for branch in branches {
      unwrittenActivation = entering
      branch.forEach { follow($0) }
      leaving = leaving ?? unwrittenActivation
    }
    unwrittenActivation = leaving
  }

  /// - Parameter isMeant: Whether this after another activation is this alone.
  private mutating func ask(_ word: String, _ span: Span, unless isMeant: (Activation) -> Bool) {
    let (before, place, helps): (Activation, Span, [String])
    switch unwrittenActivation {
    case .convolution(let usual, let convolution), .normalized(let usual, let convolution):
      (before, place) = (usual, convolution)
      helps = [
        "write '\(word)' after the convolution, behind a comma, instead of this layer",
        "write '\(before.text)' there if both are meant",
      ]
    case .sum(let header, let block):
      (before, place) = (header, block)
      helps = [
        "write '\(word)' right behind the block's bracket, without a comma: '] \(word) x 2'",
        "write 'activation \(word)' in the header instead of this layer, if it is that of all",
      ]
    case .fullyConnected, nil: return
    }
    if case .normalized = unwrittenActivation, before != .linear {} else if isMeant(before) { return }
    report(
      Diagnostic(
        .ambiguousActivation, "'\(word)' follows '\(before.text)', which the source does not write",
        at: Label(span, "instead of '\(before.text)', or after it?"),
        secondary: [Label(place, "ends in '\(before.text)' by default")], helps: helps))
  }

  /// `3x3, 64; norm`: a convolution with its own norm and activation, then one more.
  private mutating func askBefore(_ norm: Span) {
    let (before, place): (Activation, Span)
    switch unwrittenActivation {
    case .convolution(let activation, let span), .normalized(let activation, let span),
      .sum(let activation, let span):
      (before, place) = (activation, span)
    case .fullyConnected, nil: return
    }
    // Where norms stand before convolutions, the source has said what a norm is to what precedes it.
    guard before != .linear, !isPreActivated else { return }
    report(
      Diagnostic(
        .ambiguousActivation, "'norm' follows '\(before.text)', which the source does not write",
        at: Label(norm, "instead of '\(before.text)', or after it?"),
        secondary: [Label(place, "ends in '\(before.text)' by default")],
        helps: [
          "write 'order pre' in the header if norms and activations stand before convolutions",
          "write 'linear' or '\(before.text)' there, whichever is meant before this norm",
        ]))
  }

  private mutating func askBetween(_ first: Span, _ second: Span) {
    report(
      Diagnostic(
        .ambiguousActivation, "two fully connected layers with no activation between them compute what one could",
        at: Label(first, "linear by default"), secondary: [Label(second, "the next")],
        helps: ["write an activation after the first, behind a comma, such as 'relu'", "write 'linear' if it is meant"])
    )
  }
}
