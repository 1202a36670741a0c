// Prints wiring: declarations and tables. Kernels come from templates; the two never mix.

/// Lines of text with indentation by two spaces.
struct CodePrinter {
  private(set) var text = ""
  private var depth = 0

  mutating func line(_ content: String = "") {
    if !content.isEmpty { text += String(repeating: "  ", count: depth) + content }
    text += "\n"
  }

  mutating func block(_ open: String, _ close: String, _ body: (inout CodePrinter) -> Void) {
    line(open)
    depth += 1
    body(&self)
    depth -= 1
    line(close)
  }
}
