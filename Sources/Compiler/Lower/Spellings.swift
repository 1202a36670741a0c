// What a network's tensors are called by every family of names that has one for each of them: a checkpoint is read by its
// names, and whose they are need not be what the source says.
import ResNetDSL

extension Compilation {
  /// The tensors that a package reads.
  package var weights: [Tensor] { fused.tensors }

  /// The names of `weights` by each family that has one for each: the network's own first, then in the order of the table in
  /// docs/language.md.
  package func spellings() -> [(name: String, names: [String])] {
    let own = lowered.tensors.map(\.name)
    var places: [String: Int] = [:]
    for (index, name) in own.enumerated() { places[name] = index }
    let order = weights.compactMap { places[$0.name] }
    guard order.count == weights.count else { return [("own", weights.map(\.name))] }
    var spellings = [(name: network.tensorNames?.value.rawValue ?? "own", names: weights.map(\.name))]
    for names in TensorNames.allCases where names != network.tensorNames?.value {
      var other = network
      other.tensorNames = Located(names, network.name.span)
      other.renames = []
      var sink = Diagnostics()
      guard let graph = lower(other, &sink), graph.tensors.count == own.count else { continue }
      let spelled = graph.tensors.map(\.name)
      spellings.append((names.rawValue, order.map { spelled[$0] }))
    }
    return spellings
  }

  /// Batch norms whose input is a convolution that nobody else reads, by the name of its kernel.
  package var normsBehindConvolutions: [(convolution: String, norm: BatchNorm)] {
    let readers = lowered.consumers()
    return lowered.nodes.compactMap { node in
      guard case .batchNorm(let norm, _) = node.operation, let input = node.inputs.first,
        case .convolution(let convolution) = lowered[input].operation, readers[input.index].count == 1
      else { return nil }
      return (convolution.terms[0].weight, norm)
    }
  }
}
