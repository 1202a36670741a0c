// SPDX-License-Identifier: Apache-2.0
// Where a model's weights come from: a safetensors file with torchvision's names, or a seed. The whole list of tensors
// is checked before the first is read, so that a wrong file is refused in one sentence that names what differs.

/// The name and shape of a tensor that a model needs.
package struct TensorSpec: Sendable, Equatable {
  /// The name in the weight file: `layer1.0.conv1.weight`.
  package let name: String
  /// The dimensions, outermost first: `[64, 3, 7, 7]`.
  package let shape: [Int]

  /// A tensor of a name and a shape.
  package init(name: String, shape: [Int]) {
    self.name = name
    self.shape = shape
  }
}

/// Weights by name.
package struct WeightSource: Sendable {
  private enum Origin {
    case file(Safetensors)
    case random(RandomTensors)
  }
  private let origin: Origin

  /// Names what a file may hold that no model needs, by their last component: PyTorch counts training batches.
  package static let ignorable = ["num_batches_tracked"]

  /// What wrappers put before every name: `DataParallel` writes `module.`, training frameworks `model.`.
  private static let prefixes = ["", "module.", "model."]

  /// A safetensors file's path, or `random:SEED` with a seed from 0 to 2^64 - 1.
  package init(_ text: String) throws(ModelError) {
    if text.hasPrefix("random:") {
      let digits = text.utf8.dropFirst(7)
      // UInt64.init also accepts a sign.
      guard digits.allSatisfy({ 0x30...0x39 ~= $0 }), let seed = UInt64(Substring(digits)) else {
        throw .badSeed(text: text)
      }
      self.init(.random(RandomTensors(seed: seed)))
    } else {
      try self.init(MappedFile(text))
    }
  }

  /// A safetensors file.
  init(_ file: MappedFile) throws(ModelError) {
    guard !PackedHeader.begins(file.bytes) else { throw .packedWeights(path: file.path, .noTensors) }
    self.init(.file(try Safetensors(file)))
  }

  private init(_ origin: Origin) { self.origin = origin }

  /// Whether the values come from a seed and mean nothing.
  package var isRandom: Bool {
    if case .random = origin { return true }
    return false
  }

  /// Checks that the source holds the expected tensors, in their shapes, and nothing else but names whose last
  /// component is in `ignoring`, those of heads used in training only, and a head's where none is expected. Random weights
  /// always do.
  ///
  /// - Returns: the head's names.
  @discardableResult
  package func check(
    _ expected: [TensorSpec], ignoring: [String] = ignorable, auxiliary: [String] = []
  ) throws(ModelError) -> [String] {
    guard case .file(let file) = origin else { return [] }
    let indices = expected.map { index(of: $0.name, in: file) }
    var used = file.entries.map { entry in ignoring.contains { isLastComponent($0, of: entry.name) } }
    for case let index? in indices + auxiliary.map({ self.index(of: $0, in: file) }) { used[index] = true }
    let unused = used.indices.filter { !used[$0] }.map { file.entries[$0].name }

    for (tensor, index) in zip(expected, indices) where index == nil {
      throw .tensorMissing(name: tensor.name, expected: tensor.shape, nearest: nearestName(to: tensor.name, in: unused))
    }
    for case (let tensor, let index?) in zip(expected, indices) { try check(file.entries[index], against: tensor) }
    let hasHead = expected.contains { HeadTensors.include($0.name) }
    let strange = unused.filter { hasHead || !HeadTensors.include($0, prefixes: Self.prefixes) }
    guard strange.isEmpty else { throw .tensorsUnexpected(names: strange) }
    return unused
  }

  /// Reads a tensor as `Float`, in row-major order of `shape`, into `output`, which has room for exactly that.
  package func read(
    _ name: String, shape: [Int], into output: UnsafeMutableBufferPointer<Float>
  ) throws(ModelError) {
    guard shape.reduce(1, { $0 * $1 }) == output.count else {
      throw .invalidPlan(reason: "\(output.count) floats for tensor '\(name)' of shape \(shapeText(shape))")
    }
    switch origin {
    case .random(let tensors):
      tensors.fill(output, name: name, shape: shape)
    case .file(let file):
      guard let index = index(of: name, in: file) else {
        let nearest = nearestName(to: name, in: file.entries.map { $0.name })
        throw .tensorMissing(name: name, expected: shape, nearest: nearest)
      }
      let entry = file.entries[index]
      try check(entry, against: TensorSpec(name: name, shape: shape))
      let bytes = file.data(entry)
      guard convert(bytes, entry.dtype, into: output) else {
        throw .dtypeNotSupported(name: name, dtype: entry.dtype.rawValue)
      }
      // Read once: the tensors need not fill memory beside the packed weights.
      file.file.release(bytes)
    }
  }

  private func index(of name: String, in file: Safetensors) -> Int? {
    for prefix in Self.prefixes {
      if let index = file.index(of: prefix + name) { return index }
    }
    return nil
  }

  private func check(_ entry: Safetensors.Entry, against tensor: TensorSpec) throws(ModelError) {
    guard withoutOnes(entry.shape) == withoutOnes(tensor.shape) else {
      throw .tensorMisshapen(name: tensor.name, expected: tensor.shape, found: entry.shape)
    }
    switch entry.dtype {
    case .f16, .bf16, .f32, .f64: break
    default: throw .dtypeNotSupported(name: tensor.name, dtype: entry.dtype.rawValue)
    }
  }

  /// Without dimensions of 1 at the end: as a 1x1 convolution a fully connected layer's weights have two more.
  private func withoutOnes(_ shape: [Int]) -> ArraySlice<Int> {
    shape[..<(shape.lastIndex { $0 != 1 }.map { $0 + 1 } ?? 0)]
  }

  private func isLastComponent(_ component: String, of name: String) -> Bool {
    name.utf8.reversed().prefix { $0 != UInt8(ascii: ".") }.elementsEqual(component.utf8.reversed())
  }
}
