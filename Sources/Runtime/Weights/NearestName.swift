// SPDX-License-Identifier: Apache-2.0
// Did you mean: the name in a weight file that is most like the one that is missing.

/// The candidate with the smallest edit distance to `name`, the first of several, unless more than half of the name
/// would have to change: such a hint would mislead. Candidates come from a file, so their number and length are bounded.
package func nearestName(to name: String, in candidates: [String]) -> String? {
  let wanted = Array(name.utf8)
  var best: String?
  var bestDistance = wanted.count / 2 + 1
  for candidate in candidates.prefix(20_000) {
    let difference = candidate.utf8.count - wanted.count
    guard difference > -bestDistance, difference < bestDistance else { continue }  // The distance is at least that.
    let distance = editDistance(wanted, Array(candidate.utf8))
    if distance < bestDistance { (best, bestDistance) = (candidate, distance) }
  }
  return best
}

/// Levenshtein's distance: how many bytes to insert, delete or replace, by rows of the usual table.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let replaced = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
    }
  }
  return row[b.count]
}
