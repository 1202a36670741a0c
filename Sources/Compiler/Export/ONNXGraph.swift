// A graph in ONNX's words while it grows, operator by operator: each says what it is with `add`, and needs to know neither
// how values are named nor how they are written down. Operator set 17 has all that is needed, and every engine of the last
// years reads it. Source: onnx.ai/onnx/operators.

/// ONNX's operators, as far as networks use them.
enum ONNXOperator: String {
  case add = "Add"
  case averagePool = "AveragePool"
  case batchNormalization = "BatchNormalization"
  case clip = "Clip"
  case concat = "Concat"
  case conv = "Conv"
  case div = "Div"
  case elu = "Elu"
  case erf = "Erf"
  case flatten = "Flatten"
  case gather = "Gather"
  case gemm = "Gemm"
  case globalAveragePool = "GlobalAveragePool"
  case hardSigmoid = "HardSigmoid"
  case hardSwish = "HardSwish"
  case identity = "Identity"
  case instanceNormalization = "InstanceNormalization"
  case layerNormalization = "LayerNormalization"
  case leakyRelu = "LeakyRelu"
  case lrn = "LRN"
  case maxPool = "MaxPool"
  case mul = "Mul"
  case pad = "Pad"
  case pow = "Pow"
  case pRelu = "PRelu"
  case reduceMax = "ReduceMax"
  case reduceMean = "ReduceMean"
  case relu = "Relu"
  case reshape = "Reshape"
  case resize = "Resize"
  case sigmoid = "Sigmoid"
  case slice = "Slice"
  case softmax = "Softmax"
  case sqrt = "Sqrt"
  case sub = "Sub"
  case tanh = "Tanh"
  case transpose = "Transpose"
}

/// The names of their attributes.
enum ONNXAttribute: String {
  case alpha, axes, axis, beta, bias, dilations, epsilon, group, keepdims, mode, pads, perm, size, strides
  case coordinateTransformationMode = "coordinate_transformation_mode"
  case countIncludePad = "count_include_pad"
  case kernelShape = "kernel_shape"
  case nearestMode = "nearest_mode"
  case transB
}

/// What an attribute holds.
enum ONNXAttributeValue {
  case int(Int)
  case ints([Int])
  case float(Double)
  case text(String)
}

/// A value of the graph. Its shape is that of one image; the batch stands before it.
struct ONNXValue {
  enum Kind {
    /// `[batch, channels, height, width]`
    case map(Shape)
    /// `[batch, features]`
    case row(Int)
    /// Without a batch: a parameter, a constant, or what is made of these.
    case tensor([Int])
    /// Of another form, between two operators of one layer; or left out.
    case inner
  }
  let name: String
  let kind: Kind

  /// What stands where an operator could have an input.
  static let none = ONNXValue(name: "", kind: .inner)

  var isRow: Bool { if case .row = kind { true } else { false } }
}

struct ONNXNode {
  let kind: ONNXOperator
  let inputs: [String]
  let output: ONNXValue
  let attributes: [(name: ONNXAttribute, value: ONNXAttributeValue)]
}

/// A small tensor that the graph itself brings.
enum ONNXConstant: Hashable {
  case int64([Int])
  /// A number, without dimensions, or a list.
  case float(Float)
  case floats([Float])

  var name: String {
    switch self {
    case .int64(let values): "int64[\(values.map(String.init).joined(separator: ","))]"
    case .float(let value): "float \(value)"
    case .floats(let values):
      Set(values).count == 1 ? "float \(values[0]) x \(values.count)" : "float\(values)"
    }
  }
}

struct ONNXGraph {
  private(set) var nodes: [ONNXNode] = []
  private(set) var constants: [ONNXConstant] = []
  /// The network's tensors, in the order of their first use.
  private(set) var parameters: [Tensor] = []
  /// What the values of the next operators are named after.
  var name = ""

  private var known: Set<ONNXConstant> = []
  private var read: Set<String> = []
  private var names: Set<String>

  /// - Parameter reserved: The names of the network's tensors, and of what is returned.
  init(reserved: Set<String>) { names = reserved }

  // MARK: What operators say

  /// An operator; its value is a map or a row as its first input's, unless it is said.
  mutating func add(
    _ kind: ONNXOperator, _ inputs: [ONNXValue], _ attributes: KeyValuePairs<ONNXAttribute, ONNXAttributeValue> = [:],
    makes value: ONNXValue.Kind? = nil
  ) -> ONNXValue {
    let output = ONNXValue(name: unused("\(name).\(kind.rawValue)"), kind: value ?? inputs[0].kind)
    nodes.append(
      ONNXNode(
        kind: kind, inputs: inputs.map(\.name), output: output, attributes: attributes.map { (name: $0, value: $1) }))
    return output
  }

  /// A tensor of the network, under its own name.
  ///
  /// - Parameter shape: Other dimensions for the same numbers.
  mutating func parameter(_ tensor: Tensor, as shape: [Int]? = nil) -> ONNXValue {
    let shape = shape ?? tensor.shape
    if read.insert(tensor.name).inserted { parameters.append(Tensor(name: tensor.name, shape: shape)) }
    return ONNXValue(name: tensor.name, kind: .tensor(shape))
  }

  /// One number a channel, for whatever multiplies or adds to `value`.
  mutating func perChannel(_ tensor: Tensor, of value: ONNXValue) -> ONNXValue {
    parameter(tensor, as: value.isRow ? tensor.shape : tensor.shape + [1, 1])
  }

  mutating func integers(_ values: [Int]) -> ONNXValue { constant(.int64(values), [values.count]) }
  mutating func number(_ value: Double) -> ONNXValue { constant(.float(Float(value)), []) }
  mutating func numbers(_ values: [Float]) -> ONNXValue { constant(.floats(values), [values.count]) }

  private mutating func constant(_ constant: ONNXConstant, _ shape: [Int]) -> ONNXValue {
    if known.insert(constant).inserted { constants.append(constant) }
    return ONNXValue(name: constant.name, kind: .tensor(shape))
  }

  /// The value as a map.
  mutating func map(_ value: ONNXValue) -> ONNXValue {
    guard case .row(let features) = value.kind else { return value }
    return reshape(value, [0, features, 1, 1], .map(Shape(features, 1, 1)))
  }

  /// The value as a row.
  mutating func row(_ value: ONNXValue) -> ONNXValue {
    guard case .map(let shape) = value.kind else { return value }
    return add(.flatten, [value], [.axis: .int(1)], makes: .row(shape.count))
  }

  /// The same numbers in other dimensions; 0 is the dimension that stands there already, -1 what is left.
  mutating func reshape(_ value: ONNXValue, _ shape: [Int], _ kind: ONNXValue.Kind? = nil) -> ONNXValue {
    add(.reshape, [value, integers(shape)], makes: kind)
  }

  /// A range along an axis.
  mutating func slice(_ value: ONNXValue, axis: Int, _ range: Range<Int>, makes kind: ONNXValue.Kind) -> ONNXValue {
    add(
      .slice, [value, integers([range.lowerBound]), integers([range.upperBound]), integers([axis])], makes: kind)
  }

  // MARK: Names

  /// The value, under the name of its layer, or nearly so.
  mutating func finish(_ value: ONNXValue) -> ONNXValue { finish(value, as: unused(name)) }

  /// Gives a value that the last operator made the name that was asked for; another value gets it by an operator that does
  /// nothing.
  mutating func finish(_ value: ONNXValue, as name: String) -> ONNXValue {
    guard value.name != name else { return value }
    let named = ONNXValue(name: name, kind: value.kind)
    if let last = nodes.last, last.output.name == value.name {
      names.remove(value.name)
      nodes[nodes.count - 1] = ONNXNode(
        kind: last.kind, inputs: last.inputs, output: named, attributes: last.attributes)
    } else {
      nodes.append(ONNXNode(kind: .identity, inputs: [value.name], output: named, attributes: []))
    }
    return named
  }

  private mutating func unused(_ name: String) -> String {
    var candidate = name
    var number = 2
    while !names.insert(candidate).inserted {
      candidate = "\(name)\(number)"
      number += 1
    }
    return candidate
  }
}
