// What the calls of a checkpoint mean for its weights: a tensor is a view of a storage, a parameter is its tensor, settings
// are nothing. Nothing is called.
import ResNetRuntime

extension PickleMachine {
  /// `function(*arguments)`, or an object of a class.
  mutating func call(_ function: PickleValue, _ arguments: PickleValue) throws(PickleFault) -> PickleValue {
    guard case .global(let global) = function else {
      // A class that was refused nothing and kept nothing: what it makes is not kept either.
      if function == .opaque { return .opaque }
      throw .badOperand(of: "REDUCE", offset: at)
    }
    guard let arguments = items(arguments, .tuple) else { throw .badOperand(of: "REDUCE", offset: at) }
    switch global {
    case .dictionary: return try dictionary(arguments)
    case .sequence: return arguments.first ?? node(.tuple, [])
    case .rebuildTensor: return try tensor(arguments, type: nil)
    case .rebuildTypedTensor:
      guard arguments.count > 6, case .global(.type(let type)) = arguments[6] else {
        throw .badOperand(of: "_rebuild_tensor_v3", offset: at)
      }
      return try tensor(arguments, type: type)
    case .rebuildParameter:
      guard let tensor = arguments.first else { throw .badOperand(of: "_rebuild_parameter", offset: at) }
      return tensor
    case .rebuildFromType:
      guard arguments.count >= 3, case .global(let function) = arguments[0], function != .rebuildFromType else {
        throw .badOperand(of: "_rebuild_from_type_v2", offset: at)
      }
      return try call(.global(function), arguments[2])
    case .parameter: return node(.parameter, Array(arguments.prefix(1)))
    case .module: return node(.module, [])
    case .numpyType: return node(.numpyType, Array(arguments.prefix(1)))
    case .numpyReconstruct: return node(.array, [])
    case .encode:
      guard let text = arguments.first else { throw .badOperand(of: "_codecs.encode", offset: at) }
      return text
    case .numpyArrayClass, .opaque: return .opaque
    case .storage, .type: throw .refusedOpcode(name: "a call of a storage or a type", offset: at)
    }
  }

  /// `OrderedDict()`, or of a list of pairs as Python 2 wrote it.
  private mutating func dictionary(_ arguments: [PickleValue]) throws(PickleFault) -> PickleValue {
    var items: [PickleValue] = []
    if let pairs = arguments.last.flatMap({ self.items($0, .list) }) {
      try charge(2 * pairs.count)
      for pair in pairs {
        guard let pair = self.items(pair, .tuple) ?? self.items(pair, .list), pair.count == 2 else {
          throw .badOperand(of: "OrderedDict", offset: at)
        }
        items += pair
      }
    } else if let other = arguments.last.flatMap({ self.items($0, .dictionary) }) {
      try charge(other.count)
      items = other
    }
    return node(.dictionary, items)
  }

  private mutating func tensor(_ arguments: [PickleValue], type: DType?) throws(PickleFault) -> PickleValue {
    let fault = PickleFault.badOperand(of: "_rebuild_tensor_v2", offset: at)
    guard arguments.count >= 4, case .storage(let storage) = arguments[0], case .integer(let offset) = arguments[1],
      let shape = numbers(arguments[2]), let strides = numbers(arguments[3]), shape.count == strides.count,
      shape.count <= CheckpointLimits.rank, offset >= 0
    else { throw fault }
    // A view that is negated or conjugated when it is read says so last of all.
    for extra in arguments.dropFirst(6) {
      let marks = items(extra, .dictionary) ?? []
      for mark in ["neg", "conj"] where marks.contains(.text(mark)) { throw .lazyView(mark, offset: at) }
    }
    // Of bytes without a type only the newer function makes tensors.
    guard let type = type ?? result.storages[storage].dtype else { throw fault }
    result.tensors.append(
      PickledTensor(storage: storage, dtype: type, offset: offset, shape: shape, strides: strides))
    return .tensor(result.tensors.count - 1)
  }

  private func numbers(_ value: PickleValue) -> [Int]? {
    guard let items = items(value, .tuple) ?? items(value, .list) else { return nil }
    var numbers: [Int] = []
    for item in items {
      guard case .integer(let number) = item, number >= 0 else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  /// What a node of a kind holds.
  func items(_ value: PickleValue, _ kind: PickleNode.Kind) -> [PickleValue]? {
    guard case .node(let index) = value, result.nodes[index].kind == kind else { return nil }
    return result.nodes[index].items
  }

  // MARK: Filling in

  mutating func append(_ items: [PickleValue], to target: PickleValue) throws(PickleFault) {
    if target == .opaque { return }
    guard case .node(let index) = target, result.nodes[index].kind == .list else {
      throw .badOperand(of: "APPENDS", offset: at)
    }
    result.nodes[index].items += items
  }

  mutating func set(_ items: [PickleValue], of target: PickleValue) throws(PickleFault) {
    if target == .opaque { return }
    guard case .node(let index) = target, result.nodes[index].kind == .dictionary, items.count % 2 == 0 else {
      throw .badOperand(of: "SETITEMS", offset: at)
    }
    result.nodes[index].items += items
  }

  /// The attributes of an object: a module's are kept, an array's are what it is, others are not looked at.
  mutating func build(_ target: PickleValue, _ state: PickleValue) throws(PickleFault) {
    guard case .node(let index) = target else {
      guard target == .opaque || target.isTensor else { throw .badOperand(of: "BUILD", offset: at) }
      return
    }
    switch result.nodes[index].kind {
    case .module:
      guard let attributes = items(state, .dictionary) else { throw .badOperand(of: "BUILD", offset: at) }
      try charge(attributes.count)
      result.nodes[index].items += attributes
    case .parameter:
      // The tensor, and whether it learns.
      if let state = items(state, .tuple), let tensor = state.first(where: \.isTensor) {
        result.nodes[index].items = [tensor]
      }
    case .numpyType:
      // (3, '<', None, ...)
      if let state = items(state, .tuple), state.count > 1, result.nodes[index].items.count == 1 {
        result.nodes[index].items.append(state[1])
      }
    case .array:
      // (version, shape, type, whether columns come first, bytes)
      guard let state = items(state, .tuple), state.count == 5 else { throw .badOperand(of: "BUILD", offset: at) }
      result.nodes[index].items = Array(state.dropFirst())
    case .dictionary, .list, .tuple: break
    }
  }

  /// `('storage', type, key, place, count)`, and in old files a view or `None`.
  mutating func persistent(_ value: PickleValue) throws(PickleFault) -> PickleValue {
    let fault = PickleFault.badPersistentID(offset: at)
    guard let items = items(value, .tuple), items.count >= 5, case .text(let kind) = items[0] else { throw fault }
    guard kind == "storage", case .global(.storage(let type)) = items[1], case .integer(let count) = items[4],
      count >= 0
    else { throw fault }
    var storage = PickledStorage(key: try key(items[2]), dtype: type, count: count)
    if items.count > 5, let view = self.items(items[5], .tuple) {
      guard view.count == 3, case .integer(let offset) = view[1], case .integer(let size) = view[2], offset >= 0,
        size >= 0
      else { throw fault }
      (storage.viewOffset, storage.count) = (offset, size)
    }
    result.storages.append(storage)
    return .storage(result.storages.count - 1)
  }

  private func key(_ value: PickleValue) throws(PickleFault) -> String {
    switch value {
    case .text(let text): return text
    case .integer(let number): return String(number)
    default: throw .badPersistentID(offset: at)
    }
  }
}

extension PickleValue {
  var isTensor: Bool {
    if case .tensor = self { true } else { false }
  }
}
