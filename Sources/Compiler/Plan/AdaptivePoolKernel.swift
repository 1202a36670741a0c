// A pool to a size whose bins are not alike, or whose bins become channels.
import ResNetDSL

package struct AdaptivePoolKernel: Hashable, Sendable {
  package var pool: AdaptivePool
  package var batch: Int
  /// Of the value that is read.
  package var shape: Shape
  package var source: ConvolutionKernel.Source
  package var out: OutputMap

  package var units: Int { batch * out.blocks * out.height }
}

extension KernelEmitter {
  func adaptivePool(_ kernel: AdaptivePoolKernel) -> Parameters {
    var parameters: Parameters = [
      "maximum": .int(kernel.pool.reduction == .max ? 1 : 0), "batch": .int(kernel.batch),
      "flat": .int(kernel.pool.isFlat ? 1 : 0), "inHeight": .int(kernel.shape.height),
      "inWidth": .int(kernel.shape.width), "inChannels": .int(kernel.shape.channels),
      "binRows": .int(kernel.pool.size.height), "binColumns": .int(kernel.pool.size.width),
    ]
    add(kernel.source, to: &parameters)
    add(kernel.out, to: &parameters)
    return parameters
  }
}
