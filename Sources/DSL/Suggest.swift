// Did-you-mean: the Damerau-Levenshtein distance (optimal string alignment), because the usual slips are one wrong, one
// missing, one doubled letter, or two letters swapped.

/// The number of insertions, deletions, substitutions and swaps of neighbours between two words, ignoring case.
func editDistance(_ a: String, _ b: String) -> Int {
  let a = Array(a.lowercased().utf8)
  let b = Array(b.lowercased().utf8)
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
      row.append(best)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}

/// The candidate that was probably meant: within a third of its length (at least 1), the nearest, the first of equals.
package func suggestion(for word: String, among candidates: [String]) -> String? {
  var best: (name: String, distance: Int)?
  for name in candidates {
    guard abs(name.utf8.count - word.utf8.count) <= name.utf8.count / 3 + 1 else { continue }
    let distance = editDistance(word, name)
    // A one-letter name resembles every other; only a change of case suggests it.
    let allowed = name.utf8.count == 1 ? 0 : max(1, name.utf8.count / 3)
    if distance <= allowed, distance < best?.distance ?? .max { best = (name, distance) }
  }
  return best?.name
}

extension FixIt {
  /// Replaces a misspelt name.
  static func didYouMean(_ name: String, at span: Span) -> FixIt {
    FixIt("write '\(name)'", [Edit(span, name)])
  }
}

/// The fix for a misspelt name, if one candidate is near.
func spelling(_ word: Located<String>, among candidates: [String]) -> [FixIt] {
  slip(of: word.value, among: candidates).map { [.didYouMean($0, at: word.span)] } ?? []
}

/// What a misspelt word of a source was meant to be: never another word that means something, here or in another tool,
/// and of short ones, which resemble each other, only what one missing, one doubled letter or a swap makes of them.
func slip(of word: String, among candidates: [String]) -> String? {
  if let same = candidates.first(where: { $0.lowercased() == word.lowercased() }) { return same }
  // A letter is nobody's slip: 'n' is no 'no'.
  guard word.utf8.count > 1, !(Vocabulary.layers + Vocabulary.activations).contains(word),
    ForeignWord.element(word) == nil
  else { return nil }
  return suggestion(for: word, among: candidates.filter { isSlip(word.lowercased(), of: $0.lowercased()) })
}

private func isSlip(_ word: String, of name: String) -> Bool {
  guard min(word.utf8.count, name.utf8.count) <= 4, word != name else { return true }
  let (typed, meant) = (Array(word.utf8), Array(name.utf8))
  switch typed.count - meant.count {
  case 0: return typed.sorted() == meant.sorted()
  case -1: return meant.indices.contains { Array(meant[..<$0] + meant[($0 + 1)...]) == typed }
  case 1:
    return typed.indices.contains { at in
      Array(typed[..<at] + typed[(at + 1)...]) == meant && (at == 0 ? false : typed[at] == typed[at - 1])
    }
  default: return false
  }
}

/// `1 cell`, `2 cells`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// `a`, `a or b`, `a, b or c`.
package func alternatives(_ names: [String], joiner: String = "or") -> String {
  guard let last = names.last else { return "nothing" }
  return names.count == 1 ? last : names.dropLast().joined(separator: ", ") + " \(joiner) " + last
}
