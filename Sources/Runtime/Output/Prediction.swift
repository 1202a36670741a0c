// SPDX-License-Identifier: Apache-2.0
// From a network's outputs to an answer: probabilities, and the best classes.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A class that a model proposes for an image.
public struct Prediction: Sendable, Equatable {
  /// The number of the class, from 0.
  public let index: Int
  /// The name of the class, if labels were given.
  public let label: String?
  /// What the network says of the class: a probability from 0 to 1 where it ends in softmax or a sigmoid, else its output
  /// as it is. ``Answer`` tells which.
  public let score: Float

  /// A proposal.
  package init(index: Int, label: String?, score: Float) {
    self.index = index
    self.label = label
    self.score = score
  }
}

/// The probabilities that belong to logits: exponentials, relative to the largest so that none overflows, divided by
/// their sum. As in PyTorch, one NaN or positive infinity among the logits makes the rest meaningless: NaN.
package func softmax(_ logits: UnsafeBufferPointer<Float>) -> [Float] {
  var largest = -Float.infinity
  for logit in logits where logit > largest { largest = logit }
  let exponentials = logits.map { exp(Double($0) - Double(largest)) }
  let sum = exponentials.reduce(0, +)
  return exponentials.map { Float($0 / sum) }
}

/// The same where the logits stand, without memory of its own.
func softmaxInPlace(_ logits: UnsafeMutableBufferPointer<Float>) {
  var largest = -Float.infinity
  for logit in logits where logit > largest { largest = logit }
  var sum = 0.0
  for logit in logits { sum += exp(Double(logit) - Double(largest)) }
  for index in logits.indices { logits[index] = Float(exp(Double(logits[index]) - Double(largest)) / sum) }
}

/// The `top` best classes, best first; of equals the lower index, and NaN last. All classes if there are fewer.
package func topPredictions(_ scores: [Float], top: Int, labels: Labels?) -> [Prediction] {
  func isBetter(_ a: Int, _ b: Int) -> Bool {
    let (x, y) = (scores[a], scores[b])
    if x.isNaN || y.isNaN { return x.isNaN == y.isNaN ? a < b : y.isNaN }
    return x == y ? a < b : x > y
  }
  return scores.indices.sorted(by: isBetter).prefix(max(top, 0)).map { index in
    Prediction(index: index, label: labels?[index], score: scores[index])
  }
}
