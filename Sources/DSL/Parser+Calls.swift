// Layers as a Python call: `Conv2d(3, 64, 7, stride=2)`, `relu()`, `Dropout(0.5)`. The fix is offered only where every
// argument has been understood.

/// The arguments of a call, and where it ends.
struct Call {
  struct Argument {
    var name: String?
    var text: String
  }
  var arguments: [Argument]
  var span: Span
  /// The token behind it.
  var end: Int

  /// The layer of ours, or nil where an argument means something that this does not know.
  func asLayer(_ layer: String) -> String? {
    switch layer {
    case "max pool", "average pool":
      if layer == "average pool", arguments.count == 1, ["1", "(1,1)"].contains(arguments[0].text) { return layer }
      guard let values = bind(["kernelsize", "stride", "padding"]), let size = number(values["kernelsize"]) else {
        return nil
      }
      guard let stride = number(values["stride"] ?? "\(size)"), let pad = number(values["padding"] ?? "0") else {
        return nil
      }
      // PyTorch counts the zeros unless told otherwise.
      let counted = layer == "average pool" && pad > 0 ? ", counted" : ""
      return "\(size)x\(size) \(layer), stride \(stride), pad \(pad)\(counted)"
    case "leaky relu":
      guard let values = bind(["negativeslope", "inplace"]) else { return nil }
      return values["negativeslope"].map { Double($0) == nil ? nil : "leaky relu \($0)" } ?? layer
    case "dropout": return arguments.first.flatMap { Double($0.text) == nil ? nil : "dropout \($0.text)" }
    default: return arguments.allSatisfy { $0.name == "inplace" || $0.name == "dim" } ? layer : nil
    }
  }

  /// `Conv2d(3, 64, 7, stride=2, padding=3)`
  var asConvolution: String? {
    let names = ["inchannels", "outchannels", "kernelsize", "stride", "padding", "dilation", "groups", "bias"]
    guard let values = bind(names), let width = number(values["outchannels"]), let size = number(values["kernelsize"]),
      values["groups"] ?? "1" == "1"
    else { return nil }
    var text = "\(size)x\(size), \(width)"
    if let stride = values["stride"], stride != "1" {
      guard let stride = number(stride) else { return nil }
      text += ", stride \(stride)"
    }
    guard let pad = number(values["padding"] ?? "0"), let dilation = number(values["dilation"] ?? "1") else {
      return nil
    }
    if dilation > 1 { text += ", dilation \(dilation)" }
    if size % 2 == 0 && pad > 0 || size % 2 == 1 && pad != dilation * (size - 1) / 2 { text += ", pad \(pad)" }
    return text
  }

  /// Arguments by name; nil if one has a name that is not among these, or there are too many.
  private func bind(_ names: [String]) -> [String: String]? {
    var result: [String: String] = [:]
    for (index, argument) in arguments.enumerated() {
      guard let name = argument.name ?? (index < names.count ? names[index] : nil), names.contains(name) else {
        return nil
      }
      result[name] = argument.text
    }
    return result
  }

  private func number(_ text: String?) -> Int? { text.flatMap { Int($0) } }
}

extension Parser {
  /// A call's arguments, if its parenthesis touches the word before and is closed on the line. Consumes nothing.
  func call() -> Call? {
    guard current.kind == .leftParen, previous.span.end == current.span.start else { return nil }
    var arguments: [Call.Argument] = []
    var argument = Call.Argument(text: "")
    var depth = 1
    var at = index + 1
    while at < tokens.count, !tokens[at].kind.endsLine, tokens[at].kind != .pipe {
      let token = tokens[at]
      switch token.kind {
      case .leftParen: depth += 1
      case .rightParen where depth == 1:
        if !argument.text.isEmpty { arguments.append(argument) }
        return Call(arguments: arguments, span: current.span.union(token.span), end: at + 1)
      case .rightParen: depth -= 1
      case .comma where depth == 1:
        arguments.append(argument)
        argument = Call.Argument(text: "")
      case .equals:
        argument.name = ForeignWord.normalised(argument.text)
        argument.text = ""
      default: argument.text += source.text(token.span)
      }
      at += 1
    }
    return nil
  }

  /// `relu()`: says that a word takes no parentheses, and reads on behind them.
  mutating func noParentheses(after word: String) {
    guard let call = call() else { return }
    report(
      Diagnostic(
        .unexpectedToken, "'\(word)' is written without parentheses", at: Label(call.span, "not written"),
        fixIts: [FixIt("remove them", [.init(call.span, "")])]))
    index = call.end
  }
}
