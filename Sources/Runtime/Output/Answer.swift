// SPDX-License-Identifier: Apache-2.0
// What a network's outputs mean is said by its source, in how its head ends, and by nothing else.

/// What a network ends in, and so what the score of a class is.
public enum Answer: Sendable, Equatable {
  /// Softmax: scores are probabilities of classes that exclude each other, and sum to 1.
  case softmax
  /// A sigmoid: each score is the probability of its own class, whatever the others are.
  case sigmoid
  /// Neither: scores are the outputs as they are, the larger the likelier, on no scale of their own.
  case values
  /// A feature map: the network has no head, and there are no classes to name.
  case map

  /// Whether a score is a part of 1.
  var isProbability: Bool { self == .softmax || self == .sigmoid }

  /// With its article.
  var words: String {
    switch self {
    case .softmax: "a softmax"
    case .sigmoid: "a sigmoid"
    case .values: "outputs as they are"
    case .map: "a map"
    }
  }
}

extension Engine {
  /// Throws where the network has no classes to name.
  func expectClasses() throws(ModelError) {
    let shape = answer.shape
    guard description.answer != .map else {
      throw .noClasses(channels: shape.channels, height: shape.height, width: shape.width)
    }
  }

  /// The outputs of one image as scores of its classes.
  func scores(of outputs: ArraySlice<Float>) -> [Float] {
    description.answer == .softmax ? outputs.withUnsafeBufferPointer { softmax($0) } : Array(outputs)
  }
}
