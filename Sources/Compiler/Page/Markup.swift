// What HTML and SVG share: text that cannot be taken for markup, and numbers with a decimal.

/// What HTML and XML would take for markup, as text. Scalar by scalar: a character that an accent joins is still a `<`.
func escapedHTML(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "\n", "\t": result.unicodeScalars.append(scalar)
    // XML has no way to write the others.
    case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) || scalar.value & 0xFFFE == 0xFFFE:
      result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// `12.3`, or `12` where the decimal is nought.
func tenths(_ value: Double) -> String {
  let count = Int((value * 10).rounded())
  return count % 10 == 0 ? "\(count / 10)" : "\(count < 0 ? "-" : "")\(abs(count) / 10).\(abs(count) % 10)"
}
