// The tensors of a quantised ONNX file (QDQ: each rounding stands as QuantizeLinear and DequantizeLinear): what is stored as
// integers becomes the floats that the file says they stand for, under the name that the tensor had before. Where the
// largest integer of a channel is not 127, its step does not follow from the floats, and is kept beside them.
import ResNetRuntime

/// What integers of a value stand for.
struct IntegerGrid: Sendable, Equatable {
  let type: DType
  let scale: Float
  let zero: Int
  /// The value that is rounded to them.
  var value = ""
}

/// The graph of a quantised network, with what its integers stand for.
struct QuantizedGraph: Sendable {
  let nodes: [ONNXNode]
  let inputs: [String]
  /// By value the nodes that read it.
  let readers: [String: [Int]]
  /// By the name of a tensor of weights, the node that multiplies with it.
  private(set) var sums: [String: Int] = [:]
  /// By the name of a tensor of weights, those of its output channels, where its floats do not tell.
  private(set) var steps: [String: [Float]] = [:]
  /// By the output of a DequantizeLinear, of values that are computed.
  private(set) var grids: [String: IntegerGrid] = [:]

  /// Operators that multiply, whose second input are weights and whose third is a bias.
  private static let products: Set<String> = ["Conv", "Gemm"]
  /// Operators whose constants say what is done, and are no weights.
  private static let argumentative: Set<String> = [
    "Clip", "Gather", "Pad", "ReduceMean", "Reshape", "Resize", "Slice", "Squeeze", "Unsqueeze",
  ]
  private static let integerOperators: Set<String> = [
    "QLinearConv", "ConvInteger", "QLinearMatMul", "MatMulInteger", "QGemm", "QLinearAdd",
  ]

  /// The graph and its tensors as floats; `nil` where nothing is quantised.
  static func read(
    _ tensors: [CheckpointTensor], _ graph: ONNXGraph
  ) throws(QuantizedFault) -> (tensors: [CheckpointTensor], graph: QuantizedGraph)? {
    if let node = graph.nodes.first(where: { integerOperators.contains($0.kind) }) { throw .operators(node.kind) }
    guard graph.nodes.contains(where: { $0.kind == "DequantizeLinear" }) else { return nil }
    var result = QuantizedGraph(graph)
    let constants = Constants(tensors)
    var changed: [String: CheckpointTensor] = [:]
    var dropped: Set<String> = []
    // Of the output of a DequantizeLinear, itself and the tensor that it reads.
    var widened: [String: (node: ONNXNode, source: String)] = [:]
    for node in graph.nodes where node.kind == "DequantizeLinear" || node.kind == "QuantizeLinear" {
      dropped.formUnion(node.inputs.dropFirst())
      guard node.kind == "DequantizeLinear", let source = node.inputs.first, let output = node.outputs.first else {
        continue
      }
      if constants.find(source) != nil {
        widened[output] = (node, source)
      } else {
        result.grids[output] = constants.grid(of: node)
      }
    }
    for (index, node) in graph.nodes.enumerated() where products.contains(node.kind) && node.inputs.count > 1 {
      let source = widened[node.inputs[1]]?.source ?? node.inputs[1]
      // Once each: a file may name one tensor many times.
      guard let tensor = constants.find(source), changed[source] == nil else { continue }
      let name = plainName(source, node)
      let isTransposed = node.kind == "Gemm" && node.attributes["transB"] ?? 0 == 0 && tensor.shape.count == 2
      var floats = tensor.named(name)
      if let reader = widened[node.inputs[1]]?.node {
        let weights = try constants.weights(tensor, reader, named: name, channelAxis: isTransposed ? 1 : 0)
        floats = weights.tensor
        result.steps[name] = weights.steps
      }
      changed[source] = isTransposed ? floats.transposed([1, 0]) : floats
      result.sums[name] = index
      guard node.inputs.count > 2, !node.inputs[2].isEmpty else { continue }
      let bias = widened[node.inputs[2]]?.source ?? node.inputs[2]
      guard let tensor = constants.find(bias), changed[bias] == nil else { continue }
      let reader = widened[node.inputs[2]]?.node
      changed[bias] = try
        (reader.map { reader throws(QuantizedFault) in try constants.floats(tensor, reader) } ?? tensor)
        .named(biasName(name))
    }
    for tensor in tensors {
      let readers = result.readers[tensor.name] ?? []
      let operators = readers.flatMap { reader -> [ONNXNode] in
        guard graph.nodes[reader].kind == "DequantizeLinear" else { return [graph.nodes[reader]] }
        return graph.nodes[reader].outputs.flatMap { result.readers[$0] ?? [] }.map { graph.nodes[$0] }
      }
      if operators.allSatisfy({ argumentative.contains($0.kind) }), !operators.isEmpty { dropped.insert(tensor.name) }
    }
    let floats = tensors.compactMap { tensor -> CheckpointTensor? in
      if let other = changed[tensor.name] { return other }
      return dropped.contains(tensor.name) ? nil : tensor
    }
    return (floats, result)
  }

  private init(_ graph: ONNXGraph) {
    nodes = graph.nodes
    inputs = graph.inputs
    var readers: [String: [Int]] = [:]
    for (index, node) in nodes.enumerated() {
      for input in node.inputs where !input.isEmpty { readers[input, default: []].append(index) }
    }
    self.readers = readers
  }

  /// What weights were called before quantisation, and before ONNX Runtime folded a batch norm into them. Where PyTorch
  /// gave them a number only, its name for the operation tells the module: `/layer1/layer1.0/conv1/Conv`.
  static func plainName(_ name: String, _ node: ONNXNode) -> String {
    var name = name
    if name.hasSuffix("_quantized") { name = String(name.dropLast("_quantized".count)) }
    if name.hasPrefix("ConvBnFusion_W_") { name = String(name.dropFirst("ConvBnFusion_W_".count)) }
    guard name.hasPrefix("onnx::") else { return name }
    var modules: [Substring] = []
    for part in node.name.split(separator: "/").dropLast() {
      if let last = modules.last, part.hasPrefix(last + ".") { modules.removeLast() }
      modules.append(part)
    }
    return modules.isEmpty ? name : modules.joined(separator: ".") + ".weight"
  }
}

/// The initialisers of a graph.
private struct Constants {
  private let tensors: [CheckpointTensor]
  private let places: NameIndex

  init(_ tensors: [CheckpointTensor]) {
    self.tensors = tensors
    places = NameIndex(tensors.map(\.name))
  }

  func find(_ name: String) -> CheckpointTensor? { places.find(name).map { tensors[$0] } }

  /// What the integers of a value stand for; `nil` where that is not one scale.
  func grid(of node: ONNXNode) -> IntegerGrid? {
    guard node.inputs.count > 1, let scale = find(node.inputs[1])?.values(), scale.count == 1 else { return nil }
    guard node.inputs.count > 2, let zero = find(node.inputs[2]) else {
      return IntegerGrid(type: .u8, scale: Float(scale[0]), zero: 0)
    }
    guard zero.count == 1 else { return nil }
    return IntegerGrid(type: zero.dtype, scale: Float(scale[0]), zero: zero.integers()?.first ?? 0)
  }

  /// Weights as floats, and their steps where those do not follow.
  func weights(
    _ tensor: CheckpointTensor, _ node: ONNXNode, named name: String, channelAxis: Int
  ) throws(QuantizedFault) -> (tensor: CheckpointTensor, steps: [Float]?) {
    guard tensor.dtype == .i8 else { throw .weightType(tensor: name, tensor.dtype) }
    if node.inputs.count > 2, let zeros = find(node.inputs[2])?.integers(), let zero = zeros.first(where: { $0 != 0 }) {
      throw .weightZero(tensor: name, zero: zero)
    }
    let scales = try scales(of: node, name)
    // The default is the second dimension, and of one scale there is none.
    let axis = node.attributes["axis"] ?? 1
    guard scales.count == 1 || axis == channelAxis else { throw .axis(tensor: name, axis) }
    let channels = tensor.shape.count > channelAxis ? tensor.shape[channelAxis] : 1
    guard scales.count == 1 || scales.count == channels else { throw .scale(of: name) }
    let steps = scales.count == 1 ? [Float](repeating: scales[0], count: channels) : scales
    // Of each channel so many numbers in a row.
    let run = max(tensor.shape.dropFirst(channelAxis + 1).reduce(1, *), 1)
    var largest = [Int](repeating: 0, count: channels)
    let bytes = tensor.withContiguousBytes { numbers in
      littleEndian(count: numbers.count) { at in
        let (number, channel) = (Int8(bitPattern: numbers[at]), at / run % channels)
        largest[channel] = max(largest[channel], Int(number.magnitude))
        return Float(number) * steps[channel]
      }
    }
    let follows = largest.allSatisfy { $0 == 127 || $0 == 0 }
    return (try made(name, tensor.shape, bytes), follows ? nil : steps)
  }

  /// Any tensor along its first dimension.
  func floats(_ tensor: CheckpointTensor, _ node: ONNXNode) throws(QuantizedFault) -> CheckpointTensor {
    let scales = try scales(of: node, tensor.name)
    guard let numbers = tensor.integers(), scales.count == 1 || scales.count == numbers.count, tensor.shape.count == 1
    else { throw .scale(of: tensor.name) }
    let zeros = node.inputs.count > 2 ? find(node.inputs[2])?.integers() ?? [] : []
    guard zeros.allSatisfy({ $0 == 0 }) else {
      throw .weightZero(tensor: tensor.name, zero: zeros.first { $0 != 0 } ?? 0)
    }
    // Products of 32-bit integers, which floats do not hold, rounded once.
    let bytes = littleEndian(count: numbers.count) { at in
      Float(Double(numbers[at]) * Double(scales.count == 1 ? scales[0] : scales[at]))
    }
    return try made(tensor.name, tensor.shape, bytes)
  }

  private func scales(of node: ONNXNode, _ name: String) throws(QuantizedFault) -> [Float] {
    guard node.inputs.count > 1, let scales = find(node.inputs[1])?.values()?.map({ Float($0) }), !scales.isEmpty,
      scales.allSatisfy({ $0 > 0 && $0.isFinite })
    else { throw .scale(of: name) }
    return scales
  }

  private func made(_ name: String, _ shape: [Int], _ bytes: [UInt8]) throws(QuantizedFault) -> CheckpointTensor {
    guard let tensor = CheckpointTensor(name: name, dtype: .f32, shape: shape, storage: .memory(bytes)) else {
      throw .scale(of: name)
    }
    return tensor
  }

  /// Floats as they lie in a file.
  private func littleEndian(count: Int, _ value: (Int) -> Float) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 4 * count) { bytes, filled in
      for index in 0..<count {
        let word = value(index).bitPattern.littleEndian
        UnsafeMutableRawBufferPointer(bytes).storeBytes(of: word, toByteOffset: 4 * index, as: UInt32.self)
      }
      filled = 4 * count
    }
  }
}

extension CheckpointTensor {
  /// The elements in row-major order; `nil` if they are no integers of 8 or 32 bits.
  fileprivate func integers() -> [Int]? {
    withContiguousBytes { bytes in
      switch dtype {
      case .i8: bytes.map { Int(Int8(bitPattern: $0)) }
      case .u8: bytes.map { Int($0) }
      case .i32:
        (0..<count).map {
          Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)))
        }
      default: nil
      }
    }
  }
}
