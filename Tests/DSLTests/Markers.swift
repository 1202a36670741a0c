// Diagnostics asserted where they stand: the source carries markers (1️⃣, 2️⃣, ...), the specifications name them. No
// specifications means that nothing may be said. Fixes are applied and the result compared.

import Testing

@testable import ResNetDSL

/// What is expected at a marker.
struct Expected {
  var marker: Int
  var code: String
  var message: String?

  init(_ marker: Int, _ code: String, _ message: String? = nil) {
    self.marker = marker
    self.code = code
    self.message = message
  }
}

/// Compiles a marked text and compares what it says, in order. `fixed` is the text after all fixes.
func assertDiagnostics(
  _ marked: String, _ expected: Expected..., fixed: String? = nil, selection: Selection? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let (text, markers) = extractMarkers(marked)
  let source = SourceFile(name: "test.rn", text: text)
  let diagnostics = compile(source, selection).diagnostics
  let actual = diagnostics.map { "\($0.code.name) at \($0.primary.span.start): \($0.message)" }
  #expect(diagnostics.count == expected.count, "\(actual)", sourceLocation: sourceLocation)
  for (diagnostic, expected) in zip(diagnostics, expected) {
    #expect(diagnostic.code.name == expected.code, "\(actual)", sourceLocation: sourceLocation)
    #expect(diagnostic.primary.span.start == markers[expected.marker], "\(actual)", sourceLocation: sourceLocation)
    if let message = expected.message {
      #expect(diagnostic.message == message, sourceLocation: sourceLocation)
    }
  }
  guard let fixed else { return }
  let result = source.applying(diagnostics.flatMap(\.fixIts))
  #expect(String(decoding: result.bytes, as: UTF8.self) == fixed, sourceLocation: sourceLocation)
}

/// The text without its markers, and the byte offset of each.
private func extractMarkers(_ marked: String) -> (String, [Int: Int]) {
  var text = ""
  var markers: [Int: Int] = [:]
  for character in marked {
    if let number = (1...9).first(where: { character == Character("\($0)\u{FE0F}\u{20E3}") }) {
      markers[number] = text.utf8.count
    } else {
      text.append(character)
    }
  }
  return (text, markers)
}

/// A complete file around some rows.
func withHead(_ rows: String) -> String { "model Net\ninput 3 x 32 x 32\n\(rows)\n" }
