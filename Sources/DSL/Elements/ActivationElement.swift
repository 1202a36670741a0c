// Activations: all that the language knows of each, and the layer of its own that one can be.

/// The nonlinearity after a layer.
package enum Activation: Hashable, Sendable {
  case linear, relu, relu6, prelu
  /// What is left of a value below zero: `leaky relu 0.1`.
  case leakyRelu(slope: Double)
  case elu, sigmoid, hardsigmoid, tanh, silu, hardswish, gelu

  /// Where the source gives no slope, as in PyTorch.
  static let usualSlope = 0.01

  /// The word that begins it, after which its nodes are named.
  package var word: String {
    switch self {
    case .linear: "linear"
    case .relu: "relu"
    case .relu6: "relu6"
    case .prelu: "prelu"
    case .leakyRelu: "leaky"
    case .elu: "elu"
    case .sigmoid: "sigmoid"
    case .hardsigmoid: "hardsigmoid"
    case .tanh: "tanh"
    case .silu: "silu"
    case .hardswish: "hardswish"
    case .gelu: "gelu"
    }
  }

  /// The word behind that.
  package var tail: String? {
    if case .leakyRelu = self { "relu" } else { nil }
  }

  /// As the source writes it: `leaky relu 0.1`.
  package var text: String {
    guard case .leakyRelu(let slope) = self, slope != Self.usualSlope else { return phrase }
    return "\(phrase) \(slope)"
  }

  /// Its words: `leaky relu`.
  package var phrase: String { word + (tail.map { " " + $0 } ?? "") }

  /// How a table of all of them shows it.
  package var spellings: [String] {
    if case .leakyRelu = self { ["leaky relu", "leaky relu 0.1"] } else { [word] }
  }

  /// A sentence about it.
  package var help: String {
    switch self {
    case .linear: "No activation."
    case .relu: "`max(x, 0)`."
    case .relu6: "`min(max(x, 0), 6)`."
    case .prelu: "`x` above zero, below it `x` times a learned slope for each channel."
    case .leakyRelu(let slope): "`x` above zero, below it `x` times \(slope)."
    case .elu: "`x` above zero, below it `e^x - 1`."
    case .sigmoid: "`1 / (1 + e^-x)`."
    case .hardsigmoid: "`min(max(x + 3, 0), 6) / 6`."
    case .tanh: "The hyperbolic tangent."
    case .silu: "`x` times its sigmoid."
    case .hardswish: "`x` times its hard sigmoid."
    case .gelu: "`x` times the normal distribution's share below it."
    }
  }

  /// Whether this after `other` is this alone, for every number.
  func absorbs(_ other: Activation) -> Bool {
    switch (other, self) {
    case (.linear, _), (.relu, .relu), (.relu, .relu6), (.relu6, .relu6): true
    default: false
    }
  }
}

extension Activation: CaseIterable {
  /// In the order of tables and messages; that with a slope has the usual one.
  package static let allCases: [Activation] = [
    .linear, .relu, .relu6, .prelu, .leakyRelu(slope: usualSlope), .elu, .sigmoid, .hardsigmoid, .tanh, .silu,
    .hardswish, .gelu,
  ]

  /// The one that a word begins.
  package static func beginning(with word: String) -> Activation? { allCases.first { $0.word == word } }
}

struct ActivationElement: ElementDefinition {
  var activation: Activation

  var channels: Syntax.Element.Channels { .kept }
  var noun: String { "an activation" }
  func help(in model: SourceModel) -> String? { activation.help }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? { .activation(activation) }
}

extension Parser {
  /// Reads on behind the word that begins an activation.
  mutating func activation(_ activation: Activation) -> Activation? {
    if let tail = activation.tail, !take(word: tail) {
      let place = Span(previous.span.end, previous.span.end)
      expected("'\(tail)'", fixIts: [FixIt("write '\(activation.phrase)'", [.init(place, " \(tail)")])])
      return nil
    }
    if case .leakyRelu = activation { return leakyRelu() }
    noParentheses(after: activation.word)
    return activation
  }

  /// `leaky relu 0.1`: a number that is not the beginning of what follows.
  private mutating func leakyRelu() -> Activation? {
    if let call = call() {
      let text = call.arguments.first.flatMap { Double($0.text) == nil ? nil : " \($0.text)" }
      report(
        Diagnostic(
          .unexpectedToken, "the slope of 'leaky relu' stands without parentheses", at: Label(call.span, "not written"),
          fixIts: [FixIt("write 'leaky relu\(text ?? "")'", [.init(call.span, text ?? "")])]))
      index = call.end
      return .leakyRelu(slope: Activation.usualSlope)
    }
    noEquals(after: "leaky relu")
    switch current.kind {
    case .decimal: break
    case .integer where endsElement(peek().kind): break
    case .minus: break
    default: return .leakyRelu(slope: Activation.usualSlope)
    }
    guard let slope = decimal() else { return nil }
    guard slope.value > 0, slope.value < 1 else {
      let helps =
        switch slope.value {
        case 0: ["a slope of 0 is 'relu'"]
        case 1: ["a slope of 1 is 'linear'"]
        default: [String]()
        }
      report(
        Diagnostic(
          .numberOutOfRange, "the slope of a leaky relu is above 0 and below 1, not \(slope.value)",
          at: Label(slope.span, "out of range"), helps: helps))
      return .leakyRelu(slope: Activation.usualSlope)
    }
    return .leakyRelu(slope: slope.value)
  }
}
