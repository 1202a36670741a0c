// A checkpoint whose batch norms were folded into its convolutions, for a model that has them: norms that change nothing but
// add the biases that folding left. Exporters and quantisers fold; a source need not be written anew for that.
import ResNetRuntime

extension Checkpoint {
  /// With norms for all convolutions of a model, if it lacks every tensor of them and has a bias for each; else `nil`. Names
  /// are the model's own.
  func unfolded(for model: ModelTensors) -> Checkpoint? {
    let places = NameIndex(tensors.map(\.name))
    guard !model.norms.isEmpty else { return nil }
    var made: [CheckpointTensor] = []
    var taken: Set<String> = []
    for norm in model.norms {
      let others = [norm.factor, biasName(norm.factor), norm.mean, norm.variance]
      guard others.allSatisfy({ places.find($0) == nil }), places.find(norm.convolution) != nil,
        let place = places.find(biasName(norm.convolution)), tensors[place].shape.count == 1,
        tensors[place].dtype.isFloat
      else { return nil }
      let bias = tensors[place]
      taken.insert(bias.name)
      made.append(bias.named(biasName(norm.factor)))
      // The root of variance and eps is 1, but for what a float rounds.
      for (name, value) in [(norm.factor, 1), (norm.mean, 0), (norm.variance, 1 - norm.epsilon)] {
        guard let tensor = constant(name, Float(value), count: bias.count) else { return nil }
        made.append(tensor)
      }
    }
    return Checkpoint(self, tensors: tensors.filter { !taken.contains($0.name) } + made)
  }

  private func constant(_ name: String, _ value: Float, count: Int) -> CheckpointTensor? {
    let word = (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
    let bytes = [[UInt8]](repeating: word, count: count).flatMap { $0 }
    return CheckpointTensor(name: name, dtype: .f32, shape: [count], storage: .memory(bytes))
  }
}
