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
  var values: [Value] = []
  for node in graph.nodes {
    let inputs = node.inputs.map { values[$0.index] }
    let isInput = node.operation == .input
    values.append(
      isInput
        ? Value(node.shape, input)
        : node.operation.definition.value(node.shape, inputs, TensorValues(values: tensors)))
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

  mutating func add(_ other: Value) {
    for index in elements.indices { elements[index] += other.elements[index] }
  }

  func contains(_ row: Int, _ column: Int) -> Bool {
    (0..<shape.height).contains(row) && (0..<shape.width).contains(column)
  }
}
