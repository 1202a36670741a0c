// Norms whose mean and variance are those of the value itself. Over the channels of a pixel a unit of work is a row of one
// image; over groups of channels it is the fewest whole blocks that hold whole groups, and so all pixels of them.
package import ResNetDSL

package struct SampleNormKernel: Hashable, Sendable {
  package var batch: Int
  /// Channels that are normed together, and of all groups; a whole pixel's where there is one group for each pixel.
  package var groupChannels: Int
  package var channels: Int
  package var isOfPixels: Bool
  package var epsilon: Double
  package var activation: Activation
  package var source: ConvolutionKernel.Source
  package var out: OutputMap

  /// Blocks of a unit: all, but for groups that end with a block.
  package func unitBlocks(lanes: Int) -> Int {
    guard !isOfPixels else { return out.blocks }
    let common = groupChannels / greatestCommonDivisor(groupChannels, lanes)
    return min(out.blocks, common)
  }

  package var units: Int { isOfPixels ? batch * out.height : batch * unitsOfGroups }

  private var unitsOfGroups: Int {
    let blocks = unitBlocks(lanes: out.pixelPitch)
    return (out.blocks + blocks - 1) / blocks
  }

  /// Of each channel of a unit the mean, what mends it, and the factor.
  package func scratchFloats(lanes: Int) -> Int { isOfPixels ? 0 : 3 * unitBlocks(lanes: lanes) * lanes }
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }

extension KernelEmitter {
  func sampleNorm(_ kernel: SampleNormKernel) -> Parameters {
    let lanes = plan.target.lanes
    let values = kernel.isOfPixels ? kernel.channels : kernel.groupChannels * kernel.out.height * kernel.out.width
    var parameters: Parameters = [
      "hasFMA": .int(plan.target.hasFMA ? 1 : 0), "batch": .int(kernel.batch),
      "ofPixels": .int(kernel.isOfPixels ? 1 : 0),
      "groupChannels": .int(kernel.groupChannels), "normChannels": .int(kernel.channels),
      "unitBlocks": .int(kernel.unitBlocks(lanes: lanes)), "values": .int(values),
      "epsilon": .text("\(Float(kernel.epsilon))"),
      "slopeStart": .int(kernel.out.blocks * lanes),
      "scaleStart": .int((kernel.activation == .prelu ? 2 : 1) * kernel.out.blocks * lanes),
    ]
    add(kernel.source, to: &parameters)
    add(kernel.out, to: &parameters)
    add(kernel.activation, over: kernel.out, to: &parameters)
    // What is taken from an empty lane would count in the variance.
    addEmptyLanes(of: kernel.out, to: &parameters)
    return parameters
  }
}
