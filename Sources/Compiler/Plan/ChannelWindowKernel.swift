// What reads several channels of a pixel for one: local response normalisation slides a window over the channels, and
// maxout takes the largest of each group. Channels lie in plain order.

/// A window over the channels of each pixel, and what becomes of it.
package struct ChannelWindowKernel: Hashable, Sendable {
  package enum Reduction: Hashable, Sendable {
    /// The channel over a power of `k` and the scaled sum of the window's squares.
    case responseNorm(scale: Double, beta: Double, k: Double)
    /// The largest of the window.
    case maximum
  }

  package var batch: Int
  package var reduction: Reduction
  /// The window of channel `c` is `size` channels from `c * step - before`, as far as there are such.
  package var size: Int
  package var step: Int
  package var before: Int
  /// Of the value that is read.
  package var channels: Int
  package var source: ConvolutionKernel.Source
  package var out: OutputMap

  package var units: Int { batch * out.blocks * out.height }
}

extension KernelEmitter {
  func channelWindow(_ kernel: ChannelWindowKernel) -> Parameters {
    var parameters: Parameters = [
      "batch": .int(kernel.batch), "windowSize": .int(kernel.size), "windowStep": .int(kernel.step),
      "windowBefore": .int(kernel.before), "sourceChannels": .int(kernel.channels),
    ]
    switch kernel.reduction {
    case .responseNorm(let scale, let beta, let k):
      (parameters["squared"], parameters["emptyWindow"]) = (.int(1), .text("0"))
      parameters["responseNorm"] = .text("ResponseNorm(scale: \(scale), beta: \(beta), k: \(k))")
    case .maximum: (parameters["squared"], parameters["emptyWindow"]) = (.int(0), .text("-.infinity"))
    }
    add(kernel.source, to: &parameters)
    add(kernel.out, to: &parameters)
    addEmptyLanes(of: kernel.out, to: &parameters)
    return parameters
  }
}
