// SPDX-License-Identifier: Apache-2.0
// What an evaluation counts: for each image which class was named and where its own stood; errors, confusions and the
// worst mistakes follow from that.

/// How one image was answered.
struct EvaluatedImage: Sendable, Equatable {
  /// The class that was named.
  let predicted: Int
  /// Its score.
  let score: Float
  /// The place of the image's own class, from 1.
  let rank: Int
  /// The score of its own class.
  let ownScore: Float

  init(predicted: Int, score: Float, rank: Int, ownScore: Float) {
    (self.predicted, self.score, self.rank, self.ownScore) = (predicted, score, rank, ownScore)
  }

  /// Of equal scores the lower class comes first, as in `classify`.
  init(_ scores: [Float], label: Int) {
    var best = 0
    for index in scores.indices where scores[index] > scores[best] { best = index }
    let own = scores[label]
    rank = 1 + scores.indices.count { scores[$0] > own || scores[$0] == own && $0 < label }
    (predicted, score, ownScore) = (best, scores[best], own)
  }
}

/// All images of an evaluation, and what became of each.
struct Evaluation {
  let images: [LabelledImage]
  /// Nothing yet, or a failure.
  var results: [EvaluatedImage?]
  var failures: [Int: ModelError] = [:]

  init(_ images: [LabelledImage]) {
    self.images = images
    results = Array(repeating: nil, count: images.count)
  }

  /// Images that were answered.
  var count: Int { results.count { $0 != nil } }

  /// The share of answered images whose class is among the best `top`.
  func accuracy(top: Int) -> Double {
    let count = count
    return count == 0 ? 0 : Double(results.count { ($0?.rank ?? .max) <= top }) / Double(count)
  }

  /// A class that was named instead of another.
  struct Confusion: Equatable {
    let own: Int
    let named: Int
    let count: Int
    /// Images of the class.
    let of: Int
  }

  /// Which classes are taken for which, most often first.
  var confusions: [Confusion] {
    var counts: [Pair: Int] = [:]
    var images: [Int: Int] = [:]
    for (image, result) in zip(self.images, results) {
      guard let result else { continue }
      images[image.label, default: 0] += 1
      if result.rank > 1 { counts[Pair(own: image.label, named: result.predicted), default: 0] += 1 }
    }
    return counts.map { Confusion(own: $0.own, named: $0.named, count: $1, of: images[$0.own] ?? 0) }
      .sorted { ($1.count, $0.own, $0.named) < ($0.count, $1.own, $1.named) }
  }

  private struct Pair: Hashable {
    let own: Int
    let named: Int
  }

  /// How many images of a class were answered, and how many rightly.
  struct ClassCount: Equatable {
    let label: Int
    var count: Int
    var right: Int
  }

  /// By class, those that occur.
  var classes: [ClassCount] {
    var counts: [Int: ClassCount] = [:]
    for (image, result) in zip(images, results) {
      guard let result else { continue }
      counts[image.label, default: ClassCount(label: image.label, count: 0, right: 0)].count += 1
      if result.rank == 1 { counts[image.label]?.right += 1 }
    }
    return counts.values.sorted { $0.label < $1.label }
  }

  /// Images whose answer was wrong, the surest first.
  func worst(_ limit: Int) -> [Int] {
    let wrong = results.indices.filter { (results[$0]?.rank ?? 1) > 1 }
    return Array(
      wrong.sorted { a, b in
        let (x, y) = (results[a]?.score ?? 0, results[b]?.score ?? 0)
        return x == y ? a < b : x > y
      }.prefix(limit))
  }
}
