// What stands in a box, in the words of Figure 3: `7x7 conv, 64, /2`, `pool, /2`, `avg pool`, `fc 1000`.
internal import ResNetDSL

extension LayerCost {
  /// The box of a layer; `nil` for what is not drawn as one.
  func boxText(_ operation: Operation) -> (DrawnBox.Kind, String)? {
    switch operation {
    case .convolution(let convolution):
      guard kind == .convolution, let term = convolution.terms.first else { return nil }
      let dilation = term.dilation == 1 ? "" : ", dilation \(term.dilation)"
      let kernel = "\(term.kernel.height)x\(term.kernel.width)"
      return (.convolution, "\(kernel) conv, \(convolution.outChannels)\(strideText(term.stride))\(dilation)")
    case .linear(let linear): return (.fullyConnected, "fc \(linear.outFeatures)")
    case .maxPool(let pooling): return (.pool, "pool\(strideText(pooling.stride))")
    case .averagePool(let pooling): return (.pool, "avg pool\(strideText(pooling.stride))")
    case .globalAveragePool: return (.pool, "avg pool")
    case .batchNorm: return (.other, "batch norm")
    case .activation(let function): return (.other, function.name)
    case .input, .add, .zeroPad, .dropout, .softmax: return nil
    }
  }

  private func strideText(_ stride: Int) -> String { stride == 1 ? "" : ", /\(stride)" }
}

extension DrawnBox {
  /// What a reader who points at it sees.
  var note: String {
    let times = repeats == 1 ? "" : ", the first of \(repeats) equal blocks"
    guard kind != .image else { return "\(name): \(output.text)" }
    return "\(name): \(output.text), \(grouped(cost.parameters)) params, \(grouped(cost.macs)) MACs\(times)"
  }
}
