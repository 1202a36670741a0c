// SPDX-License-Identifier: Apache-2.0
// What an evaluation has found so far, as text, so that it can be stopped and gone on with: what is evaluated, one fact a
// line, then a line for each image that was answered. Those that failed are tried again.

/// What must be the same for results to belong together.
struct EvaluationSetting: Equatable {
  var model: String
  var weights: String
  var images: String
  var crops: Int
  var orients: Bool

  /// Images are told apart by their paths and classes, not by what is in the files.
  init(model: String, weights: [String], images: [LabelledImage], crops: Int, orients: Bool) {
    self.model = model
    self.weights = weights.flatMap { [jsonText($0), fileStamp($0)] }.filter { !$0.isEmpty }.joined(separator: ", ")
    var hash = FNV1a()
    for image in images {
      hash.add(image.path.utf8)
      hash.add(image.label)
    }
    self.images = "\(images.count), \(String(hash.value, radix: 16))"
    self.crops = crops
    self.orients = orients
  }

  fileprivate var facts: [(name: String, value: String)] {
    [
      ("model", model), ("weights", weights), ("images", images), ("crops", "\(crops)"),
      ("orient", orients ? "yes" : "no"),
    ]
  }
}

private let firstLine = "evaluation by resnetc, version 1"

/// The results in a file; none if there is no such file.
func readResumeFile(
  _ path: String, _ setting: EvaluationSetting, count: Int
) throws(ModelError) -> [EvaluatedImage?] {
  var results = [EvaluatedImage?](repeating: nil, count: count)
  guard PathKind(path) != .missing else { return results }
  let bytes = try readFile(path)
  guard bytes.starts(with: (firstLine + "\n").utf8) else {
    throw .resumeFile(path: path, reason: "it was not written by 'evaluate'; name another file")
  }
  let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
  let facts = setting.facts
  for (index, fact) in facts.enumerated() {
    let line = index + 1 < lines.count ? lines[index + 1] : ""
    let found = line.hasPrefix(fact.name + " ") ? String(line.dropFirst(fact.name.count + 1)) : ""
    guard sameBytes(found, fact.value) else {
      throw .resumeFile(
        path: path,
        reason: "its \(fact.name) is '\(found)' where this evaluation's is '\(fact.value)'; name another file, or "
          + "evaluate as it did")
    }
  }
  for (number, line) in lines.enumerated().dropFirst(facts.count + 1) where !line.isEmpty {
    let words = line.split(separator: " ")
    guard words.count == 5, let index = Int(words[0]), results.indices.contains(index), let predicted = Int(words[1]),
      predicted >= 0, let score = Float(words[2]), let rank = Int(words[3]), rank > 0, let own = Float(words[4])
    else { throw .resumeFile(path: path, reason: "line \(number + 1) is damaged; remove the file to begin again") }
    results[index] = EvaluatedImage(predicted: predicted, score: score, rank: rank, ownScore: own)
  }
  return results
}

/// Replaces the file as a whole.
func writeResumeFile(_ path: String, _ setting: EvaluationSetting, _ results: [EvaluatedImage?]) throws(ModelError) {
  var text = firstLine + "\n"
  for fact in setting.facts { text += "\(fact.name) \(fact.value)\n" }
  for (index, result) in results.enumerated() {
    guard let result else { continue }
    text += "\(index) \(result.predicted) \(result.score) \(result.rank) \(result.ownScore)\n"
  }
  try Array(text.utf8).withUnsafeBufferPointer { bytes throws(ModelError) in
    try writeFileAtomically(path, UnsafeRawBufferPointer(bytes))
  }
}
