// What a pickle is made of, once it was read: a few kinds of values. Whatever holds others is a number into one list, so that
// values can refer to each other in circles and to any depth without anything that recurses.
import ResNetRuntime

/// A value of a pickle.
enum PickleValue: Sendable, Equatable {
  case none
  case boolean(Bool)
  case integer(Int)
  /// A whole number that 64 bits do not hold, as its bytes.
  case large([UInt8])
  case real(Double)
  case text(String)
  /// Where the bytes lie in the pickle.
  case bytes(Range<Int>)
  case global(PickleGlobal)
  /// A place in `PickleResult.nodes`.
  case node(Int)
  /// A place in `PickleResult.storages`.
  case storage(Int)
  /// A place in `PickleResult.tensors`.
  case tensor(Int)
  /// Something that is no weight and of which nothing is kept.
  case opaque
}

/// A value that holds others.
struct PickleNode: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case tuple, list
    /// Keys and values in turn.
    case dictionary
    /// A module of TorchScript; attributes as in a dictionary.
    case module
    /// A parameter; its tensor once it was said.
    case parameter
    /// A type of NumPy's: its code, and `<` or `>` once it was said.
    case numpyType
    /// An array of NumPy's: shape, type, order, bytes once they were said.
    case array
  }
  var kind: Kind
  var items: [PickleValue] = []
}

/// A storage that a pickle refers to; its bytes lie elsewhere.
struct PickledStorage: Sendable, Equatable {
  var key: String
  /// `nil` for bytes without a type.
  var dtype: DType?
  /// Of its elements, or bytes.
  var count: Int
  /// Where it begins in the storage of that key, in elements: old files have views.
  var viewOffset = 0

  /// Of all its bytes.
  var byteCount: Int? {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: (dtype?.bits ?? 8) / 8)
    return overflow ? nil : bytes
  }
}

/// A tensor as PyTorch takes it apart.
struct PickledTensor: Sendable, Equatable {
  var storage: Int
  var dtype: DType
  /// In elements.
  var offset: Int
  var shape: [Int]
  var strides: [Int]
}

/// A pickle that was read.
struct PickleResult: Sendable {
  var root: PickleValue = .none
  var nodes: [PickleNode] = []
  var storages: [PickledStorage] = []
  var tensors: [PickledTensor] = []
}
