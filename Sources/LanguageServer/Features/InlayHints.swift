// Inlay hints: the inferred output behind every row, so that a table reads like a log of shapes. Of a family they show
// the first variant that resolves; its name stands with those that other variants do not share.
import ResNetCompiler
import ResNetDSL

extension Reading {
  /// For rows whose line's end lies in the span: the hint's place, its label, and Markdown to show with it.
  func inlayHints(in span: Span) -> [(offset: Int, label: String, tooltip: String)] {
    guard let model, let first = variants.first else { return [] }
    let outputs = variants.map { Dictionary($0.cost.stages.map { ($0.name, $0.output) }) { first, _ in first } }
    return model.rows.compactMap { row in
      guard row.span.end >= span.start, row.span.end <= span.end, let shape = outputs[0][row.name.value] else {
        return nil
      }
      let isShared = outputs.allSatisfy { $0[row.name.value] == shape }
      let label = "→ \(shape.sizeText) x \(shape.channels)" + (isShared ? "" : first.name.map { " (\($0))" } ?? "")
      return (row.span.end, label, table(ofRow: row.name.value) ?? "")
    }
  }
}
