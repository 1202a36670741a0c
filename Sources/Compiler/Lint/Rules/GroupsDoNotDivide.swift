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
      text.neighbours.flatMap { before, element -> [Finding] in
        guard case .convolution(_, let written) = element.kind, let width = written.constant else { return [] }
        return element.attributes.compactMap { attribute in
          guard case .groups(let expression) = attribute.kind, let groups = expression.constant, groups > 0 else {
            return nil
          }
          let entering = before.flatMap(\.constantWidth)
          let odd = [width, entering].compactMap { $0 }.first { $0 % groups != 0 }
          guard let odd else { return nil }
          return Finding(
            "\(groups) groups do not divide \(odd) channels",
            at: Label(attribute.span, "\(odd) / \(groups) leaves \(odd % groups)"),
            helps: ["take a width that is a multiple of \(groups): \((odd + groups - 1) / groups * groups)"])
        }
      }
    })
}

extension LintedText {
  /// Layers in lists as written, with the layer before them where one is.
  fileprivate var neighbours: [(Syntax.Element?, Syntax.Element)] {
    func pairs(_ list: [Syntax.Element], after first: Syntax.Element?) -> [(Syntax.Element?, Syntax.Element)] {
      var before = first
      return list.map { element in
        defer { before = element }
        return (before, element)
      }
    }
    var result: [(Syntax.Element?, Syntax.Element)] = []
    var above: Syntax.Element?
    for row in model.rows {
      guard case .elements(let elements)? = row.cells.first?.kind else { continue }
      result += pairs(elements, after: above)
      above = elements.last
    }
    for element in elements {
      if case .block(_, let inner, _) = element.kind { result += pairs(inner, after: nil) }
    }
    return result + model.blocks.flatMap { pairs($0.body, after: nil) }
  }
}

extension Syntax.Element {
  /// The channels that leave it, where that is a plain number.
  fileprivate var constantWidth: Int? {
    switch kind {
    case .convolution(_, let width): width.constant
    case .block(_, let inner, _): inner.last?.constantWidth
    default: nil
    }
  }
}

extension Syntax.Expression {
  /// The number that it is, if it is a plain one.
  fileprivate var constant: Int? {
    if steps.count == 1, case .number(let value) = steps[0] { value } else { nil }
  }
}
