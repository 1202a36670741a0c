// Grouped convolutions divide channels evenly or not at all.
import ResNetDSL

extension LintRule {
  static let groupsDoNotDivide = LintRule(
    "RN202", "groups-do-not-divide", .warning,
    """
    The number of groups of a convolution must divide its width, and the width that enters it; PyTorch
    refuses anything else when the layer is made. Said here before the compiler builds groups (`not-built`).
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 64
      conv2   32x32   3x3, 100, groups 32
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 64
      conv2   32x32   3x3, 128, groups 32
      head     1x1    average pool, 10-d fc
      """,
    look: .text { text in
      var findings: [Finding] = []
      /// The width that leaves a list, as far as it is plain numbers.
      func walk(_ elements: [Syntax.Element], _ entering: Int?) -> Int? {
        elements.reduce(entering) { width, element in
          switch element.channels {
          case .own(let written):
            let own = written.constant
            findings += element.attributes.compactMap { finding($0, [own, width].compactMap { $0 }) }
            return own
          case .kept: return width
          case .ofLists(let lists):
            let leaving = lists.map { walk($0, width) }
            return leaving.contains(nil) ? nil : leaving.reduce(0) { $0 + ($1 ?? 0) }
          case .unknown: return nil
          }
        }
      }
      _ = text.firstCells.reduce(nil as Int?) { walk($1.elements, $0) }
      for block in text.model.blocks { _ = walk(block.body, nil) }
      return findings
    })
}

private func finding(_ attribute: Syntax.Attribute, _ widths: [Int]) -> Finding? {
  guard case .groups(let expression) = attribute.kind, let groups = expression.constant, groups > 0,
    let odd = widths.first(where: { $0 % groups != 0 })
  else { return nil }
  return Finding(
    "\(groups) groups do not divide \(odd) channels",
    at: Label(attribute.span, "\(odd) / \(groups) leaves \(odd % groups)"),
    helps: ["take a width that is a multiple of \(groups): \((odd + groups - 1) / groups * groups)"])
}

extension Syntax.Expression {
  /// The number that it is, if it is a plain one.
  fileprivate var constant: Int? {
    if steps.count == 1, case .number(let value) = steps[0] { value } else { nil }
  }
}
