// Numbers as people read them.

/// `25,557,032`.
package func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var result = number < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { result += "," }
    result.append(digit)
  }
  return result
}

/// `8.18 G`: three significant digits and a prefix.
package func scaled(_ number: Int) -> String {
  var rest = Double(number)
  var prefixes = ["", "K", "M", "G", "T", "P", "E"][...]
  while rest >= 999.5, prefixes.count > 1 {
    rest /= 1000
    prefixes.removeFirst()
  }
  let unit = prefixes.first ?? ""
  guard !unit.isEmpty else { return String(number) }
  let decimals = rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2
  let scale = [1, 10, 100][decimals]
  let value = Int((rest * Double(scale)).rounded())
  guard decimals > 0 else { return "\(value) \(unit)" }
  let fraction = String(value % scale)
  return "\(value / scale).\(String(repeating: "0", count: decimals - fraction.count))\(fraction) \(unit)"
}

/// `4.98 MiB`, with two decimals from a KiB on.
package func binarySize(_ bytes: Int) -> String {
  var rest = Double(bytes)
  var units = ["bytes", "KiB", "MiB", "GiB", "TiB"][...]
  while rest >= 1024, units.count > 1 {
    rest /= 1024
    units.removeFirst()
  }
  let unit = units.first ?? ""
  guard unit != "bytes" else { return "\(bytes) bytes" }
  let hundredths = Int((rest * 100).rounded())
  let fraction = hundredths % 100
  return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) \(unit)"
}

/// `43 %`, rounded.
func percent(_ part: Int, of whole: Int) -> String {
  "\(Int((100 * Double(part) / Double(max(1, whole))).rounded())) %"
}

extension Shape {
  /// `256x56x56`.
  package var text: String { "\(channels)x\(height)x\(width)" }
  /// `56x56`, as Table 1 has it.
  package var sizeText: String { "\(height)x\(width)" }
}
