// Whether markup is whole: every element that opens closes, in order, and nothing is left bare.

/// What is wrong with HTML or SVG; empty if nothing is.
func markupFaults(_ text: String) -> [String] {
  var faults: [String] = []
  var open: [Substring] = []
  // A browser reads scalars: an accent after a `;` makes it no other character.
  let plain = String(text.unicodeScalars.map { $0.isASCII ? Character($0) : "x" })
  var rest = plain[...]
  var isStyle = false
  while let start = rest.firstIndex(of: "<") {
    let words = rest[..<start]
    if !isStyle {
      for part in words.split(separator: "&", omittingEmptySubsequences: false).dropFirst() {
        let entity = part.prefix { $0 != ";" }
        if !["amp", "lt", "gt", "quot"].contains(entity) { faults.append("bare &\(entity.prefix(8))") }
      }
    }
    guard let end = rest[start...].firstIndex(of: ">") else { return faults + ["an open <"] }
    let tag = rest[rest.index(after: start)..<end]
    rest = rest[rest.index(after: end)...]
    if tag.contains("<") { faults.append("< in <\(tag)>") }
    if tag.count(where: { $0 == "\"" }) % 2 != 0 { faults.append("quotes in <\(tag)>") }
    let name = tag.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber }
    if tag.hasPrefix("!") || tag.hasSuffix("/") || ["meta", "br"].contains(name) { continue }
    isStyle = tag.hasPrefix("style")
    if tag.hasPrefix("/") {
      if open.popLast() != name { faults.append("</\(name)> closes something else") }
    } else {
      open.append(name)
    }
  }
  return faults + open.map { "<\($0)> is never closed" }
}
