// The numbers themselves: kernels turned, channels put in the model's order, and whatever the model has no place for brought
// into the norms, in double precision and rounded once.
import ResNetRuntime

struct ConvertedTensors {
  let checkpoint: Checkpoint
  let model: ModelTensors
  let reading: Reading
  private(set) var tensors: [CheckpointTensor] = []
  private(set) var notes: [String] = []
  private var turned = 0
  private var divided = 0

  init(checkpoint: Checkpoint, model: ModelTensors, reading: Reading) {
    self.checkpoint = checkpoint
    self.model = model
    self.reading = reading
  }

  mutating func build() throws(ConversionFault) {
    for (spec, source) in zip(model.tensors, reading.sources) {
      guard let source else { continue }
      tensors.append(try tensor(spec, source))
    }
    if turned > 0 { notes.append("turned \(turned) kernels and matrices from Keras' order") }
    if divided > 0 { notes.append("divided \(divided) means and variances by Caffe's factors") }
    try foldBiases()
    try matchEpsilons()
    swapChannels()
  }

  private mutating func tensor(_ spec: TensorSpec, _ source: Int) throws(ConversionFault) -> CheckpointTensor {
    var tensor = checkpoint.tensors[source]
    guard tensor.dtype.isFloat else { throw .dtype(name: tensor.name, tensor.dtype) }
    switch reading.translations[source]?.change {
    case .kernel where tensor.shape.count == 4:
      tensor = tensor.transposed([3, 2, 0, 1])
      turned += 1
    case .matrix where tensor.shape.count == 2:
      tensor = tensor.transposed([1, 0])
      turned += 1
    case .divided(let divisor):
      let name = reading.prefix + divisor
      guard let place = checkpoint.tensors.first(where: { sameBytes($0.name, name) }),
        let factor = place.values()?.first, let values = tensor.values()
      else { throw .values(name: name, "is missing, by which means and variances are divided") }
      // As Caffe does where nothing was counted.
      tensor = try replaced(tensor, factor == 0 ? values.map { _ in 0 } : values.map { $0 / factor })
      divided += 1
    default: break
    }
    guard let shaped = tensor.reshaped(spec.shape) else { throw .values(name: tensor.name, "has another shape") }
    return shaped.named(spec.name)
  }

  /// A bias before a norm is a shift of its mean: norm(x + b) with mean m is norm(x) with mean m - b.
  private mutating func foldBiases() throws(ConversionFault) {
    let used = Set(reading.sources.compactMap { $0 })
    let owners = BiasOwners(checkpoint, model, reading)
    var folded = 0
    for index in checkpoint.tensors.indices where !used.contains(index) {
      guard let convolution = owners.convolution(index),
        let norm = model.norms.first(where: { sameBytes($0.convolution, convolution) }),
        let mean = tensors.firstIndex(where: { sameBytes($0.name, norm.mean) }),
        let bias = checkpoint.tensors[index].values(), let values = tensors[mean].values(), bias.count == values.count
      else { continue }
      tensors[mean] = try replaced(tensors[mean], zip(values, bias).map { $0 - $1 })
      folded += 1
    }
    if folded > 0 {
      notes.append("folded \(folded) bias\(folded == 1 ? "" : "es") of convolutions into the norms behind them")
    }
  }

  /// Where norms add another number to variances, the difference goes into the variances.
  private mutating func matchEpsilons() throws(ConversionFault) {
    guard let epsilon = reading.dialect?.epsilon else { return }
    var changed = 0
    for norm in model.norms where norm.epsilon != epsilon {
      guard let place = tensors.firstIndex(where: { sameBytes($0.name, norm.variance) }),
        let values = tensors[place].values()
      else { continue }
      let moved = values.map { $0 + (epsilon - norm.epsilon) }
      guard !moved.contains(where: { $0 < 0 }) else {
        throw .values(name: norm.variance, "has a variance that becomes negative with the model's eps")
      }
      tensors[place] = try replaced(tensors[place], moved)
      changed += 1
    }
    if changed > 0 { notes.append("added what norms there add to variances (eps \(epsilon)) in \(changed) norms") }
  }

  /// The first convolution reads red, green, blue here.
  private mutating func swapChannels() {
    guard reading.isBGR, let first = model.tensors.first,
      let place = tensors.firstIndex(where: { sameBytes($0.name, first.name) }), tensors[place].shape.count == 4,
      tensors[place].shape[1] == 3
    else { return }
    tensors[place] = tensors[place].reversed(1)
    notes.append(
      "turned the first convolution from blue, green, red to red, green, blue; its pixels are 0 to 255 less 123.68, 116.779, "
        + "103.939, so the source says 'preprocess ..., mean 0.48502 0.45796 0.40760, std 0.00392157 0.00392157 0.00392157'"
    )
  }

  private func replaced(_ tensor: CheckpointTensor, _ values: [Double]) throws(ConversionFault) -> CheckpointTensor {
    let isDouble = tensor.dtype == .f64
    var bytes: [UInt8] = []
    for value in values {
      let bits = isDouble ? value.bitPattern : UInt64(Float(value).bitPattern)
      for byte in 0..<(isDouble ? 8 : 4) { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * byte))) }
    }
    guard
      let result = CheckpointTensor(
        name: tensor.name, dtype: isDouble ? .f64 : .f32, shape: tensor.shape, storage: .memory(bytes))
    else { throw .values(name: tensor.name, "cannot be computed") }
    return result
  }
}
