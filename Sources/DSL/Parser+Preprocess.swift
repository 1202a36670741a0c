// The `preprocess` line: torchvision's evaluation pipeline in its own terms.

extension Parser {
  /// "preprocess" step { "," step }
  mutating func preprocess(_ keyword: Token) -> Bool {
    var result = model.header.preprocess ?? Syntax.Preprocess(span: keyword.span)
    repeat {
      guard let step = option("preprocess", Parser.steps) else { return false }
      let isRepeated: Bool
      if step.value == "resize" || step.value == "crop" { noEquals(after: step.value) }
      switch step.value {
      case "resize":
        isRepeated = result.resize != nil
        guard resize(&result) else { return false }
      case "crop":
        isRepeated = result.crop != nil
        guard let height = dimension() else { return false }
        var width = height
        if take(.times) {
          guard let written = dimension() else { return false }
          width = written
        }
        let crop = Syntax.Dimensions(height: height, width: width)
        result.crop = Located(crop, crop.span)
      case "mean":
        isRepeated = result.mean != nil
        guard let values = foreignList("mean") ?? decimals() else { return false }
        result.mean = values
      default:
        isRepeated = result.std != nil
        guard let values = foreignList("std") ?? decimals() else { return false }
        result.std = values
      }
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

  /// `mean 0.5 std 0.5`
  private mutating func missingStepComma() -> Bool {
    guard Parser.steps.contains(text(current)) else { return false }
    reportMissingComma()
    return true
  }

  private mutating func resize(_ result: inout Syntax.Preprocess) -> Bool {
    result.resize = dimension()
    guard result.resize != nil else { return false }
    if current.kind == .word, !Parser.steps.contains(text(current)) {
      guard let filter = option("resize", HeaderKey.preprocess.words(.afterValueOf("resize"))),
        let value = Preprocess.Interpolation(rawValue: filter.value)
      else { return false }
      result.interpolation = Located(value, filter.span)
    }
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
