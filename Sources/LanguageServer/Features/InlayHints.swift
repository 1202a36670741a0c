// Inlay hints: the inferred output behind every row, so that a table reads like a log of shapes. Of a family they show
// the first variant that resolves; its name stands with those that other variants do not share.
import ResNetCompiler
import ResNetDSL

extension Reading {
  /// For rows whose line's end lies in the span: the hint's place, its label, and Markdown to show with it.
  func inlayHints(in span: Span) -> [(offset: Int, label: String, tooltip: String)] {
    guard let model, let first = variants.first else { return [] }
    return model.rows.compactMap { row in
      guard row.span.end >= span.start, row.span.end <= span.end, let shape = first.rows[row.name.value]?.output else {
        return nil
      }
      let isShared = variants.allSatisfy { $0.rows[row.name.value]?.output == shape }
      let label = "→ \(shape.sizeText) x \(shape.channels)" + (isShared ? "" : first.name.map { " (\($0))" } ?? "")
      return (row.span.end, label, table(ofRow: row.name.value) ?? "")
    }
  }
}
