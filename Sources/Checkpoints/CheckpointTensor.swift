// A tensor of a checkpoint: a name, a type, a shape, and a way through the bytes of a storage. Strides, as PyTorch has them,
// also say what a transposition or a reversal does, so that Keras' kernels and Caffe's channels are read in the right order
// without being moved first.
package import ResNetRuntime

/// A named array of numbers that is read when it is needed.
package struct CheckpointTensor: Sendable {
  package var name: String
  package let dtype: DType
  /// The dimensions, outermost first.
  package let shape: [Int]
  /// How many elements further the next one lies, along each dimension.
  let strides: [Int]
  let storage: StorageBytes
  /// Where the element of index zero lies, in bytes from the start of the storage.
  let start: Int

  /// A view of a storage; `nil` where a part of it would lie outside, or its size overflows.
  init?(name: String, dtype: DType, shape: [Int], strides: [Int], storage: StorageBytes, offset: Int = 0) {
    guard shape.count == strides.count, offset >= 0, dtype.bits >= 8, let count = Self.count(of: shape),
      shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 })
    else { return nil }
    let width = dtype.bits / 8
    // The last element's place, and one more.
    var end = offset
    for (size, stride) in zip(shape, strides) where count > 0 {
      let (step, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, carry) = end.addingReportingOverflow(step)
      if overflow || carry { return nil }
      end = sum
    }
    let room = storage.count / width
    guard count == 0 ? offset <= room : end < room, !count.multipliedReportingOverflow(by: width).overflow
    else { return nil }
    self.init(
      name: name, dtype: dtype, shape: shape, strides: strides, storage: storage, start: offset * width)
  }

  /// A storage that is one tensor, in row-major order.
  init?(name: String, dtype: DType, shape: [Int], storage: StorageBytes) {
    self.init(name: name, dtype: dtype, shape: shape, strides: Self.rowMajor(shape), storage: storage)
  }

  private init(
    name: String, dtype: DType, shape: [Int], strides: [Int], storage: StorageBytes, start: Int
  ) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.strides = strides
    self.storage = storage
    self.start = start
  }

  /// The number of elements.
  package var count: Int { Self.count(of: shape) ?? 0 }
  /// What it takes when written out.
  package var byteCount: Int { count * dtype.bits / 8 }

  static func count(of shape: [Int]) -> Int? {
    if shape.contains(0) { return 0 }
    var count = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      count = product
    }
    return count
  }

  /// Strides where elements lie one after another. Wraps around where a size overflows, which `init?` finds.
  static func rowMajor(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] &* shape[axis + 1] }
    return strides.map { max($0, 0) }
  }
}

// MARK: - Other views

extension CheckpointTensor {
  /// The same under another name.
  package func named(_ name: String) -> CheckpointTensor {
    var tensor = self
    tensor.name = name
    return tensor
  }

  /// With its dimensions in another order: the k-th is now the one that was `axes[k]`-th.
  package func transposed(_ axes: [Int]) -> CheckpointTensor {
    precondition(axes.sorted() == Array(shape.indices))
    return CheckpointTensor(
      name: name, dtype: dtype, shape: axes.map { shape[$0] }, strides: axes.map { strides[$0] }, storage: storage,
      start: start)
  }

  /// Backwards along one dimension.
  package func reversed(_ axis: Int) -> CheckpointTensor {
    guard shape[axis] > 1, count > 0 else { return self }
    var strides = strides
    strides[axis] = -strides[axis]
    let first = start + (shape[axis] - 1) * self.strides[axis] * dtype.bits / 8
    return CheckpointTensor(
      name: name, dtype: dtype, shape: shape, strides: strides, storage: storage, start: first)
  }

  /// With another shape of as many elements that differs in dimensions of 1 alone; `nil` if it does not.
  package func reshaped(_ shape: [Int]) -> CheckpointTensor? {
    guard shape.filter({ $0 != 1 }) == self.shape.filter({ $0 != 1 }) else { return nil }
    var kept = zip(self.shape, strides).filter { $0.0 != 1 }.map(\.1)[...]
    let strides = shape.map { $0 == 1 ? 1 : kept.popFirst() ?? 1 }
    return CheckpointTensor(
      name: name, dtype: dtype, shape: shape, strides: strides, storage: storage, start: start)
  }
}

// MARK: - Elements

extension CheckpointTensor {
  /// Calls `body` with the elements in row-major order, little-endian: where they lie if they lie so, or a copy.
  package func withContiguousBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let size = byteCount
    if isContiguous {
      return storage.withBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<start + size])) }
    }
    let copy = storage.withBytes { bytes in
      [UInt8](unsafeUninitializedCapacity: size) { output, count in
        switch dtype.bits {
        case 8: gather(bytes, into: output, as: UInt8.self)
        case 16: gather(bytes, into: output, as: UInt16.self)
        case 32: gather(bytes, into: output, as: UInt32.self)
        default: gather(bytes, into: output, as: UInt64.self)
        }
        count = size
      }
    }
    return copy.withUnsafeBytes(body)
  }

  /// The elements in row-major order; `nil` if they are not floats of 16 to 64 bits.
  package func values() -> [Double]? {
    let count = count
    guard dtype.isFloat else { return nil }
    return withContiguousBytes { bytes in
      if dtype == .f64 {
        return (0..<count).map {
          Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)))
        }
      }
      let floats = [Float](unsafeUninitializedCapacity: count) { output, done in
        let whole = UnsafeMutableBufferPointer(rebasing: output[..<count])
        whole.initialize(repeating: 0)
        _ = convert(bytes, dtype, into: whole)
        done = count
      }
      return floats.map(Double.init)
    }
  }

  /// Lets go of the memory that reading it took.
  package func release() { storage.release() }

  private var isContiguous: Bool {
    if count == 0 { return true }
    let row = Self.rowMajor(shape)
    return shape.indices.allSatisfy { shape[$0] == 1 || strides[$0] == row[$0] }
  }

  /// Copies elements one by one, the last dimension innermost.
  private func gather<Word: BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<UInt8>, as word: Word.Type
  ) {
    let width = MemoryLayout<Word>.size
    let steps = strides.map { $0 * width }
    let target = UnsafeMutableRawBufferPointer(output)
    guard let inner = shape.last, let innerStep = steps.last, count > 0 else { return }
    var index = [Int](repeating: 0, count: shape.count)
    var place = start
    var written = 0
    while true {
      for i in 0..<inner {
        let value = bytes.loadUnaligned(fromByteOffset: place + i * innerStep, as: word)
        target.storeBytes(of: value, toByteOffset: written, as: word)
        written += width
      }
      var axis = shape.count - 2
      while axis >= 0 {
        index[axis] += 1
        place += steps[axis]
        if index[axis] < shape[axis] { break }
        place -= index[axis] * steps[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}

extension DType {
  /// Whether weights can be stored as it.
  package var isFloat: Bool {
    switch self {
    case .f16, .bf16, .f32, .f64: true
    default: false
    }
  }
}
