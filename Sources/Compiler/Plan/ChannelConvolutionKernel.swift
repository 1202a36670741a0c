// A convolution over the channels of one pixel, which lie one after another: neighbouring channels are neighbouring floats,
// so a vector of sums is a few loads from addresses between vectors. Only the blocks at both ends go channel by channel.

package import ResNetDSL

package struct ChannelConvolutionKernel: Hashable, Sendable {
  package var batch: Int
  /// Weights; that of the channel itself is in the middle.
  package var size: Int
  package var channels: Int
  package var activation: Activation
  package var source: ConvolutionKernel.Source
  package var out: OutputMap

  package var units: Int { batch * out.blocks }
}

extension KernelEmitter {
  func channelConvolution(_ kernel: ChannelConvolutionKernel) -> Parameters {
    var parameters: Parameters = [
      "batch": .int(kernel.batch), "windowSize": .int(kernel.size), "sourceChannels": .int(kernel.channels),
      // A halo between blocks would part neighbours.
      "adjacent": .int(kernel.source.blockPitch == plan.target.lanes ? 1 : 0),
    ]
    add(kernel.source, to: &parameters)
    add(kernel.out, to: &parameters)
    add(kernel.activation, over: kernel.out, to: &parameters)
    // Beside the last channel there are sums of those before it.
    addEmptyLanes(of: kernel.out, to: &parameters)
    return parameters
  }
}
