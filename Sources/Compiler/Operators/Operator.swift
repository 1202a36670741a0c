// What an operator of a graph says of itself: each has a file beside this one, in which all of it stands, from its
// attributes to its name in a drawing. `Operation` (IR/Graph.swift) is the closed list of them; whatever works on graphs
// asks here, and only who chooses kernels or lowers a source looks at the cases.
//
// Sketched two ways, with the convolution (two terms, a residual, an activation) and the global average: as a protocol
// whose defaults say what most operators are, and as one table of closures. In the table the attributes had to be taken
// out of their case in each of its columns again, and nothing asked for a column that was left out.
internal import ResNetDSL

protocol Operator: Hashable, Sendable {
  /// Number of inputs; 1 unless it says otherwise.
  var arity: Int { get }
  /// The parameters that it reads, of a node whose value has so many channels; none by default.
  func tensors(channels: Int) -> [Tensor]
  /// What a legal node of it is like. The number of inputs and whether tensors have one owner are asked of all.
  func check(_ node: inout NodeCheck)
  /// Its value, of a shape, from those of its inputs, as plainly as possible.
  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value

  /// What it is in a report; `nil` for what has no row.
  func kind(of node: Node) -> LayerKind?
  /// Of a node as lowered; nothing by default.
  func cost(_ node: NodeShapes) -> Cost
  /// The part of its input that one value of its output sees; that value alone by default.
  func window(_ node: NodeShapes) -> SlidingWindow
  /// Of each input, the values that it reads; all by default.
  func reads(_ inputs: [Shape]) -> [Double]
  /// How it reads an input; each value once, where it lies, by default.
  func access(toInput position: Int) -> InputAccess
  /// How it computes in whole numbers; not at all by default.
  var quantization: Quantization? { get }
  /// Whether none of its numbers can be negative, where it is known of which of its inputs that is so; not by default.
  func isNonnegative(_ inputs: [Bool]) -> Bool
  /// Positions of the inputs that it may write over if they die with it; none by default.
  func overwritable(_ inputs: [NodeID]) -> [Int]

  /// Its name and attributes in `--dump-ir`.
  var dump: (name: String, details: [String]) { get }
  /// Its line in the layer table of a generated package; `nil` for what no pass leaves.
  var table: TableRow? { get }
  /// In a few words, for comments in generated code.
  var summary: String { get }
  /// What it does, to whoever points at its layer in an editor; its summary by default.
  var description: [String] { get }
  /// The same in ONNX's operators, from what its inputs are there.
  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue
  /// The same in PyTorch's.
  func pytorch(_ place: PyTorchPlace) throws(PyTorchFault) -> PyTorchValue
  /// The same without the names of its tensors; the same by default.
  func unnamed() -> Self
  /// Its box in a drawing, as of Figure 3; `nil`, by default, for what has none.
  var box: (kind: DrawnBox.Kind, text: String)? { get }
}

extension Operator {
  var arity: Int { 1 }
  func tensors(channels: Int) -> [Tensor] { [] }
  func cost(_ node: NodeShapes) -> Cost { Cost() }
  func window(_ node: NodeShapes) -> SlidingWindow { SlidingWindow() }
  func reads(_ inputs: [Shape]) -> [Double] { inputs.map { Double($0.count) } }
  func access(toInput position: Int) -> InputAccess { InputAccess() }
  func overwritable(_ inputs: [NodeID]) -> [Int] { [] }
  var quantization: Quantization? { nil }
  func isNonnegative(_ inputs: [Bool]) -> Bool { false }
  var box: (kind: DrawnBox.Kind, text: String)? { nil }
  var description: [String] { [summary] }
  func unnamed() -> Self { self }
}

/// What an input must be like for an operator to read it.
struct InputAccess {
  /// The zeros around its map that windows reach into.
  var halo = Extent(0, 0)
  /// Whether it may be planar, as the image is.
  var allowsPlanar = false
  var order = ChannelAccess.same
}

/// What an operator does in whole numbers.
enum Quantization {
  /// Moves its inputs' numbers: all of one type, of one scale, and its value too.
  case keeps
  /// Sums products of whole numbers, and adds a residual of any type; the value is of floats, or of whole numbers where
  /// its kernel ends in a clamp.
  case sums(isClamped: Bool)
  /// The same, or a mean, where products are no faster than those of floats: of floats it makes floats, and nobody converts
  /// for it.
  case follows(isClamped: Bool)
  /// Adds values of any types.
  case adds(isClamped: Bool)
  /// Multiplies a value of any type by floats.
  case multiplies(isClamped: Bool)
  /// Reads floats, and may leave whole numbers.
  case normalizes(isClamped: Bool)
  /// Numbers of the image, of either type.
  case image
}

/// In which order the channels of an input may lie.
enum ChannelAccess {
  /// In any: weights are packed to suit, or a value lies as its parts do.
  case any
  /// As those of the output.
  case same
  /// One after another, and so those of the output.
  case plain
}

/// The shapes around a node.
struct NodeShapes {
  var inputs: [Shape]
  var output: Shape

  /// Values that it reads.
  var read: Int { inputs.reduce(0) { sum($0, $1.count) } }
}

/// A window that slides over a map, dilation included.
struct SlidingWindow {
  var extent = Extent(square: 1)
  var stride: Stride = 1
  /// How many values of the output lie where the input has one, along a side.
  var upsampling = 1
}

/// Collects what is illegal about one node.
struct NodeCheck {
  let node: Node
  let inputs: [Shape]
  private(set) var broken: [String] = []

  init(_ node: Node, _ inputs: [Shape]) {
    self.node = node
    self.inputs = inputs
  }

  var shape: Shape { node.shape }

  mutating func require(_ condition: Bool, _ rule: String) {
    if !condition { broken.append(rule) }
  }

  mutating func keepsItsShape() { require(shape == inputs[0], "keeps its shape") }
}

/// The values of a graph's tensors, every one with its right size.
struct TensorValues {
  let values: [String: [Double]]

  subscript(name: String) -> [Double] { values[name] ?? [] }
}

/// A parameter vector with one value a channel.
func vector(_ name: String?, _ count: Int) -> [Tensor] {
  name.map { [Tensor(name: $0, shape: [count])] } ?? []
}

/// `, /2`, as Figure 3 writes a stride.
func boxText(stride: Stride) -> String { stride == 1 ? "" : ", /\(stride.text)" }

extension Padding {
  /// As dumps and editors have it: `1x1`, or `0 0 1 1` for top, left, bottom and right.
  var text: String { isEven ? "\(top)x\(left)" : "\(top) \(left) \(bottom) \(right)" }
  /// Zeros that a value has on both sides.
  var halo: Extent { Extent(max(top, bottom), max(left, right)) }
}

/// What a layer table says of an operator, for people and for the runtime: `conv 1x1, 256 to 128, 56x56, relu, reads
/// conv2_3.3, weight layer2.0.conv1.weight, norm layer2.0.bn1`. Phrases stand between commas; what is not said holds by
/// default: stride 1, no padding, an eps of 1e-5.
struct TableRow {
  /// `conv 1x1`
  var head: String
  /// Channels that enter, where the runtime asks.
  var entering: Int?
  /// `relu`
  var details: [String]
  /// `weight layer2.0.conv1.weight`, behind what it reads.
  var tensors: [String]
  /// What stands behind the name of the last input where that is added, not read.
  var adds: String?

  init(_ head: String, entering: Int? = nil, _ details: [String] = [], tensors: [String] = [], adds: String? = nil) {
    self.head = head
    self.entering = entering
    self.details = details
    self.tensors = tensors
    self.adds = adds
  }

  /// The tensors of a norm, of any kind.
  static func norm(_ path: String, epsilon: Double) -> [String] {
    ["norm \(path)"] + (epsilon == 1e-5 ? [] : ["eps \(epsilon)"])
  }

  /// Its phrases, for a value of this shape that is computed from those of these names.
  func phrases(_ shape: Shape, inputs: [String]) -> [String] {
    let channels = (entering.map { "\($0) to " } ?? "") + "\(shape.channels)"
    let read = adds == nil ? inputs[...] : inputs.dropLast()
    return [head, channels, "\(shape.height)x\(shape.width)"] + details
      + (read.isEmpty ? [] : ["reads " + read.joined(separator: " ")]) + tensors
      + (adds.map { ["adds " + (inputs.last ?? "") + $0] } ?? [])
  }
}
