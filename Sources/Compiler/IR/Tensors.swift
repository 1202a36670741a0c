// The parameter tensors of a graph, in the order in which its nodes use them.
import ResNetDSL

/// A parameter tensor that a graph reads.
package struct Tensor: Hashable, Sendable {
  package var name: String
  package var shape: [Int]
}

extension Graph {
  /// Names and shapes of all parameters.
  package var tensors: [Tensor] {
    nodes.flatMap { node -> [Tensor] in
      switch node.operation {
      case .convolution(let convolution):
        let channels = convolution.outChannels
        return convolution.terms.flatMap { term in
          let weight = Tensor(
            name: term.weight, shape: [channels, term.inChannels, term.kernel.height, term.kernel.width])
          return [weight] + vector(term.bias, channels) + (term.norm?.tensors ?? [])
        } + convolution.activation.tensors(channels)
      case .linear(let linear):
        let weight = Tensor(name: linear.weight, shape: [linear.outFeatures, linear.inFeatures])
        return [weight] + vector(linear.bias, linear.outFeatures) + linear.activation.tensors(linear.outFeatures)
      case .batchNorm(let norm): return norm.tensors
      case .activation(let function), .add(let function): return function.tensors(node.shape.channels)
      case .input, .zeroPad, .maxPool, .averagePool, .globalAveragePool, .dropout, .softmax: return []
      }
    }
  }
}

extension BatchNorm {
  fileprivate var tensors: [Tensor] {
    [weight, bias, runningMean, runningVar].map { Tensor(name: $0, shape: [channels]) }
  }
}

extension Nonlinearity {
  fileprivate func tensors(_ channels: Int) -> [Tensor] {
    if case .prelu(let weight) = self { vector(weight, channels) } else { [] }
  }
}

private func vector(_ name: String?, _ count: Int) -> [Tensor] {
  name.map { [Tensor(name: $0, shape: [count])] } ?? []
}
