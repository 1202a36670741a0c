// SPDX-License-Identifier: Apache-2.0
// What a suspended call asks of a service's threads, and what it hears from them.

/// A call that waits, of at most as many images as a batch has.
struct Request: Sendable {
  enum Input: Sendable {
    case image(Image)
    /// Some of several images.
    case images([Image], Range<Int>)
    /// The bytes of an image file.
    case file([UInt8])
    /// Normalised images, NCHW, from the one of this number on.
    case pixels([Float], first: Int)
  }

  enum Wanted: Sendable {
    /// The network's input, for which nothing is run.
    case pixels
    /// What is returned, as it is.
    case outputs
    /// The same, or of an image why its outputs are no numbers.
    case finiteOutputs
    /// What the last fully connected layer reads.
    case embedding
  }

  let input: Input
  /// Of the input, from 1 to a batch.
  let images: Int
  let wanted: Wanted
  /// Where results go: the caller's own array, which nobody else holds meanwhile.
  var output: [Float]
  /// The place of the first image among the output's rows.
  var firstRow = 0
  var failures: [Int: ModelError] = [:]
  /// By which a call that is cancelled finds its request.
  var ticket: UInt64 = 0
  var continuation: UnsafeContinuation<Response, Never>?

  init(_ input: Input, images: Int = 1, _ wanted: Wanted, into output: [Float], firstRow: Int = 0) {
    self.input = input
    self.images = images
    self.wanted = wanted
    self.output = output
    self.firstRow = firstRow
  }

  /// Wakes the call.
  mutating func finish(_ end: Response.End) {
    let output = take(&self.output)
    continuation?.resume(returning: Response(output: output, failures: failures, end: end))
    continuation = nil
  }
}

/// How a request ended.
struct Response: Sendable {
  enum End: Sendable {
    case answered, cancelled
    case failed(ModelError)
  }

  let output: [Float]
  /// Of images that could not be read, or whose outputs are no numbers; by their place in the request.
  let failures: [Int: ModelError]
  let end: End

  /// Throws unless the request was answered, whatever became of single images.
  func check() throws {
    switch end {
    case .answered: return
    case .cancelled: throw CancellationError()
    case .failed(let error): throw error
    }
  }
}

/// The array, which its owner does not hold any more: whoever has it alone writes it without a copy.
func take(_ array: inout [Float]) -> [Float] {
  var taken: [Float] = []
  swap(&taken, &array)
  return taken
}
