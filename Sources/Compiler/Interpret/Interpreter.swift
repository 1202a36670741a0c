// What a graph means, written as plainly as possible: one image, doubles, values in channel, row, column order. Slow on
// purpose; tests hold every pass, and the generated code, against it.
import ResNetDSL

/// Why a graph cannot be interpreted.
package enum InterpreterError: Error, Hashable {
  case inputSize(expected: Int, found: Int)
  case missingTensor(String)
  case tensorSize(String, expected: Int, found: Int)
}

/// The value of every node.
///
/// - Parameter parameters: Gives the tensor of a name and shape, or `nil` if there is none.
package func interpret(
  _ graph: Graph, input: [Double], parameters: (String, [Int]) -> [Double]?
) throws(InterpreterError) -> [[Double]] {
  var tensors: [String: [Double]] = [:]
  for tensor in graph.tensors {
    guard let values = parameters(tensor.name, tensor.shape) else { throw .missingTensor(tensor.name) }
    let count = tensor.shape.reduce(1, *)
    guard values.count == count else { throw .tensorSize(tensor.name, expected: count, found: values.count) }
    tensors[tensor.name] = values
  }
  guard input.count == graph.nodes[0].shape.count else {
    throw .inputSize(expected: graph.nodes[0].shape.count, found: input.count)
  }
  let interpreter = Interpreter(tensors: tensors)
  var values: [Value] = []
  for node in graph.nodes {
    let inputs = node.inputs.map { values[$0.index] }
    values.append(node.operation == .input ? Value(node.shape, input) : interpreter.run(node, inputs))
  }
  return values.map(\.elements)
}

/// A feature map.
struct Value {
  let shape: Shape
  var elements: [Double]

  init(_ shape: Shape, _ elements: [Double]) {
    self.shape = shape
    self.elements = elements
  }

  /// Each element from its channel, row and column.
  init(_ shape: Shape, _ element: (Int, Int, Int) -> Double) {
    self.shape = shape
    elements = []
    elements.reserveCapacity(shape.count)
    for channel in 0..<shape.channels {
      for row in 0..<shape.height {
        for column in 0..<shape.width { elements.append(element(channel, row, column)) }
      }
    }
  }

  subscript(channel: Int, row: Int, column: Int) -> Double {
    elements[(channel * shape.height + row) * shape.width + column]
  }

  func contains(_ row: Int, _ column: Int) -> Bool {
    (0..<shape.height).contains(row) && (0..<shape.width).contains(column)
  }
}

private struct Interpreter {
  /// Every tensor of the graph, with its right size.
  let tensors: [String: [Double]]

  func tensor(_ name: String) -> [Double] { tensors[name] ?? [] }

  func run(_ node: Node, _ inputs: [Value]) -> Value {
    let x = inputs[0]
    switch node.operation {
    case .input: return x
    case .convolution(let convolution): return run(convolution, node.shape, inputs)
    case .batchNorm(let norm): return run(norm, x)
    case .activation(let function): return apply(function, x)
    case .add(let function):
      return apply(function, Value(x.shape, zip(x.elements, inputs[1].elements).map { $0 + $1 }))
    case .zeroPad(let pad): return run(pad, node.shape, x)
    case .maxPool(let pool):
      return Value(node.shape) { channel, row, column in
        window(pool, x, channel, row, column).reduce(-.infinity) { max($0, $1) }
      }
    case .averagePool(let pool):
      return Value(node.shape) { channel, row, column in
        let seen = window(pool, x, channel, row, column)
        return seen.reduce(0, +) / Double(pool.countsPadding ? places(pool, x, row, column) : seen.count)
      }
    case .globalAveragePool:
      let positions = x.shape.height * x.shape.width
      return Value(node.shape) { channel, _, _ in
        x.elements[channel * positions..<(channel + 1) * positions].reduce(0, +) / Double(positions)
      }
    case .linear(let linear):
      let weight = tensor(linear.weight)
      let bias = linear.bias.map { tensor($0) }
      let result = Value(node.shape) { feature, _, _ in
        var sum = bias?[feature] ?? 0
        for index in x.elements.indices { sum += weight[feature * x.elements.count + index] * x.elements[index] }
        return sum
      }
      return apply(linear.activation, result)
    case .dropout: return x
    case .softmax:
      return Value(node.shape) { channel, row, column in
        let column = (0..<x.shape.channels).map { x[$0, row, column] }
        let largest = column.reduce(-.infinity) { max($0, $1) }
        let total = column.reduce(0) { $0 + exponential($1 - largest) }
        return exponential(column[channel] - largest) / total
      }
    }
  }

  private func run(_ convolution: Convolution, _ shape: Shape, _ inputs: [Value]) -> Value {
    var result = Value(shape, [Double](repeating: 0, count: shape.count))
    for (term, input) in zip(convolution.terms, inputs) {
      add(run(term, shape, input), to: &result)
    }
    if let residual = inputs.last {
      switch convolution.residual {
      case nil: break
      case .same: add(residual, to: &result)
      case .zeroPadded(let pad): add(run(pad, shape, residual), to: &result)
      }
    }
    return apply(convolution.activation, result)
  }

  private func add(_ value: Value, to sum: inout Value) {
    for index in sum.elements.indices { sum.elements[index] += value.elements[index] }
  }

  private func run(_ term: Convolution.Term, _ shape: Shape, _ input: Value) -> Value {
    let weight = tensor(term.weight)
    let bias = term.bias.map { tensor($0) }
    let result = Value(shape) { channel, row, column in
      var sum = bias?[channel] ?? 0
      for inChannel in 0..<term.inChannels {
        for kernelRow in 0..<term.kernel.height {
          let inRow = row * term.stride - term.padding.height + kernelRow * term.dilation
          for kernelColumn in 0..<term.kernel.width {
            let inColumn = column * term.stride - term.padding.width + kernelColumn * term.dilation
            guard input.contains(inRow, inColumn) else { continue }
            let index = (channel * term.inChannels + inChannel) * term.kernel.height + kernelRow
            sum += weight[index * term.kernel.width + kernelColumn] * input[inChannel, inRow, inColumn]
          }
        }
      }
      return sum
    }
    return term.norm.map { run($0, result) } ?? result
  }

  private func run(_ norm: BatchNorm, _ x: Value) -> Value {
    let (weight, bias) = (tensor(norm.weight), tensor(norm.bias))
    let (mean, variance) = (tensor(norm.runningMean), tensor(norm.runningVar))
    return Value(x.shape) { channel, row, column in
      (x[channel, row, column] - mean[channel]) / (variance[channel] + norm.epsilon).squareRoot() * weight[channel]
        + bias[channel]
    }
  }

  private func run(_ pad: ZeroPad, _ shape: Shape, _ x: Value) -> Value {
    Value(shape) { channel, row, column in
      let source = channel - pad.channelsBefore
      guard (0..<x.shape.channels).contains(source) else { return 0 }
      return x[source, row * pad.stride, column * pad.stride]
    }
  }

  /// The places of a window that lie in the map or its padding.
  private func places(_ pool: Pooling, _ x: Value, _ row: Int, _ column: Int) -> Int {
    func along(_ index: Int, _ kernel: Int, _ padding: Int, _ length: Int) -> Int {
      let start = index * pool.stride - padding
      return min(start + kernel, length + padding) - start
    }
    return along(row, pool.kernel.height, pool.padding.height, x.shape.height)
      * along(column, pool.kernel.width, pool.padding.width, x.shape.width)
  }

  /// What a pool's window sees of the map.
  private func window(_ pool: Pooling, _ x: Value, _ channel: Int, _ row: Int, _ column: Int) -> [Double] {
    var seen: [Double] = []
    for kernelRow in 0..<pool.kernel.height {
      for kernelColumn in 0..<pool.kernel.width {
        let inRow = row * pool.stride - pool.padding.height + kernelRow
        let inColumn = column * pool.stride - pool.padding.width + kernelColumn
        if x.contains(inRow, inColumn) { seen.append(x[channel, inRow, inColumn]) }
      }
    }
    return seen
  }

  private func apply(_ function: Nonlinearity, _ x: Value) -> Value {
    func map(_ transform: (Double) -> Double) -> Value { Value(x.shape, x.elements.map(transform)) }
    switch function {
    case .linear: return x
    case .relu: return map { max(0, $0) }
    case .relu6: return map { min(6, max(0, $0)) }
    case .sigmoid: return map { 1 / (1 + exponential(-$0)) }
    case .silu: return map { $0 / (1 + exponential(-$0)) }
    case .gelu: return map { 0.5 * $0 * (1 + errorFunction($0 * 0.5.squareRoot())) }
    case .prelu(let name):
      let slopes = tensor(name)
      return Value(x.shape) { channel, row, column in
        let element = x[channel, row, column]
        return element >= 0 ? element : slopes[channel] * element
      }
    }
  }
}
