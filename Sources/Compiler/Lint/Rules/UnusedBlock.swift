// Definitions that nobody uses.
import ResNetDSL

extension LintRule {
  static let unusedBlock = LintRule(
    "RN501", "unused-block", .warning,
    """
    A `block` that no row uses, directly or through another definition. It may be left over, or a row that
    should use it spells its layers out. The fix removes its line.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      block   basic(w) = 3x3, w; 3x3, w
      conv1   32x32   3x3, 16
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      block   basic(w) = 3x3, w; 3x3, w
      conv1   32x32   3x3, 16
      stage1  32x32   [basic(16)] x 2
      head     1x1    average pool, 10-d fc
      """,
    look: .text { text in
      // What uses it may be what could not be read.
      if text.isDamaged { return [] }
      var used: Set<String> = []
      var rest = text.written
      while let element = rest.popLast() {
        rest += element.inner
        if case .reference(let name, _) = element.kind, used.insert(name.value).inserted {
          rest += text.model.blocks.filter { $0.name.value == name.value }.flatMap(\.body)
        }
      }
      return text.model.blocks.filter { !used.contains($0.name.value) }.map { block in
        // A comment in the line is somebody's, and would go with it.
        let line = text.source.contents(ofLine: text.source.line(at: block.span.start))
        let hasComment = text.source.text(Span(block.span.end, line.end)).contains("#")
        return Finding(
          "the block '\(block.name.value)' is used by no row", at: Label(block.name.span, "not used"),
          fixIts: [FixIt("remove the line", [text.removal(ofLineAt: block.span.start)], isSafe: !hasComment)])
      }
    })
}
