// The `preprocess` line: evaluation pipelines of torchvision, timm, Keras and Caffe.

extension Parser {
  /// "preprocess" step { "," step }
  mutating func preprocess(_ keyword: Token) -> Bool {
    var result = model.header.preprocess ?? Syntax.Preprocess(span: keyword.span)
    repeat {
      guard let step = option("preprocess", Parser.steps) else { return false }
      let isRepeated = result.steps.contains(step.value)
      result.steps.append(step.value)
      guard read(step, &result) else { return false }
      if isRepeated {
        report(
          Diagnostic(.duplicateHeader, "'\(step.value)' is set twice", at: Label(step.span, "again here")))
      }
    } while take(.comma) || missingStepComma()
    result.span = keyword.span.union(previous.span)
    model.header.preprocess = result
    return true
  }

  static let steps = HeaderKey.preprocess.words(.start)
  /// Those that are known on a line of their own.
  static let commonSteps = ["resize", "crop", "mean", "std"]

  /// What follows the word of a step.
  private mutating func read(_ step: Located<String>, _ result: inout Syntax.Preprocess) -> Bool {
    switch step.value {
    case "resize":
      noEquals(after: step.value)
      return resize(&result)
    case "crop":
      noEquals(after: step.value)
      if HeaderKey.preprocess.words(.after("crop")).contains(text(current)) {
        result.wholeImage = advance().span
        return true
      }
      guard let crop = dimensions() else { return false }
      result.crop = Located(crop, crop.span)
    case "range": return range(&result)
    case "orient": result.orient = step.span
    case "square": result.square = step.span
    case "bgr": result.bgr = step.span
    default:
      guard let values = foreignList(step.value) ?? decimals() else { return false }
      switch step.value {
      case "mean": result.mean = values
      case "std": result.std = values
      default: result.fill = values
      }
    }
    return true
  }

  /// `224`, `224x192`
  private mutating func dimensions() -> Syntax.Dimensions? {
    guard let height = dimension() else { return nil }
    var width = height
    if take(.times) {
      guard let written = dimension() else { return nil }
      width = written
    }
    return Syntax.Dimensions(height: height, width: width)
  }

  /// `mean 0.5 std 0.5`
  private mutating func missingStepComma() -> Bool {
    guard Parser.steps.contains(text(current)) else { return false }
    reportMissingComma()
    return true
  }

  /// "resize" dimension [ "x" dimension ] { "fit" | "cover" | filter | "no" "antialias" }
  private mutating func resize(_ result: inout Syntax.Preprocess) -> Bool {
    guard let size = dimensions() else { return false }
    var resize = Syntax.Resize(size: size)
    let words = HeaderKey.preprocess.words(.afterValueOf("resize"))
    while current.kind == .word, !Parser.steps.contains(text(current)) {
      let isNo = text(current) == "no"
      guard let word = option("resize", isNo ? ["no"] : words) else { return false }
      if isNo {
        guard let antialias = option("no", ["antialias"]) else { return false }
        resize.aliased = word.span.union(antialias.span)
      } else if let filter = Preprocess.Interpolation(rawValue: word.value) {
        resize.interpolation = Located(filter, word.span)
      } else if let ratio = Syntax.Resize.Ratio(rawValue: word.value) {
        resize.ratio = Located(ratio, word.span)
      }
    }
    result.resize = resize
    return true
  }

  /// "range" number number: one of three pairs.
  private mutating func range(_ result: inout Syntax.Preprocess) -> Bool {
    guard let low = decimal(), let high = decimal() else { return false }
    let span = low.span.union(high.span)
    guard let range = Preprocess.Range.allCases.first(where: { $0.bounds == (low.value, high.value) }) else {
      let known = alternatives(Preprocess.Range.allCases.map { "'range \($0.rawValue)'" })
      report(
        Diagnostic(
          .numberOutOfRange, "pixels have no range from \(source.text(low.span)) to \(source.text(high.span))",
          at: Label(span, "unknown"), helps: ["write \(known); 'mean' and 'std' make any other of them"]))
      return true
    }
    result.range = Located(range, span)
    return true
  }

  private mutating func decimals() -> Located<[Double]>? {
    guard let first = decimal() else { return nil }
    var values = Located([first.value], first.span)
    while !current.kind.endsLine, current.kind != .comma, !Parser.steps.contains(text(current)) {
      guard let next = decimal() else { return nil }
      values.value.append(next.value)
      values.span = values.span.union(next.span)
    }
    return values
  }
}
