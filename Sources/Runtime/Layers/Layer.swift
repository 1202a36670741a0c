// SPDX-License-Identifier: Apache-2.0
// What a layer of the network says of itself: each kind has a file beside this one, in which its line in the layer table
// is read, its tensors are named, and its value is computed the plain way. Where and by which kernel it is computed stands
// in the step table of each instruction set.

/// Channels, height and width of a value.
package struct LayerShape: Sendable, Equatable {
  package let channels: Int
  package let height: Int
  package let width: Int
  package var count: Int { channels * height * width }
}

/// A kind of layer, with the attributes of one.
protocol LayerKind: Sendable {
  /// Those of the layer table that begin it.
  static var words: [String] { get }
  /// Reads its line: takes from it what is its own.
  init(_ line: inout LayerLine) throws(ModelError)

  /// The tensors that it needs, to turn inputs of these shapes into one of another; none by default.
  func tensors(_ shapes: LayerShapes) -> [TensorSpec]
  /// Its value for one image, from those of its inputs, NCHW: one loop inside the other, in double precision.
  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) throws(ModelError) -> [Double]
  /// Writes its weights as its kernels read them; nothing by default.
  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) throws(ModelError)

  /// How many inputs it reads before a residual.
  var sources: Int { get }
  /// Multiplications with an addition of one image, computed in this way; none by default.
  func multiplyAdds(_ shapes: LayerShapes, by algorithm: StepAlgorithm) -> Double
  /// Of each input the values that it reads; all by default.
  func reads(_ inputs: [LayerShape]) -> [Double]
  /// As `bench --per-layer` names the way in which it is computed.
  func name(of algorithm: StepAlgorithm) -> String
}

extension LayerKind {
  func tensors(_ shapes: LayerShapes) -> [TensorSpec] { [] }
  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) throws(ModelError) {}
  var sources: Int { 1 }
  func multiplyAdds(_ shapes: LayerShapes, by algorithm: StepAlgorithm) -> Double { 0 }
  func reads(_ inputs: [LayerShape]) -> [Double] { inputs.map { Double($0.count) } }
}

/// All there are: whoever adds one writes its file and its name here.
private let layerKinds: [any LayerKind.Type] = [
  ImageLayer.self, ConvolutionLayer.self, FullyConnectedLayer.self, MaxPoolLayer.self, AveragePoolLayer.self,
  GlobalAveragePoolLayer.self, SumLayer.self, ActivationLayer.self, ZeroPadLayer.self,
  ConcatenationLayer.self, ProductLayer.self, NormLayer.self, LocalResponseNormLayer.self,
  MaxoutLayer.self, GatherLayer.self, BlendLayer.self, AdaptivePoolLayer.self, UpsampleLayer.self,
  SampleNormLayer.self, ScaleLayer.self, ChannelConvolutionLayer.self, ConversionLayer.self,
]

/// Reads the attributes of a layer.
func readLayerKind(_ line: inout LayerLine) throws(ModelError) -> any LayerKind {
  guard let kind = layerKinds.first(where: { $0.words.contains(line.word) }) else {
    throw .invalidPlan(reason: "'\(line.word)' is not a layer")
  }
  return try kind.init(&line)
}

/// The shapes around a layer.
struct LayerShapes {
  let inputs: [LayerShape]
  let output: LayerShape
}

/// Tensors as plain numbers.
struct PlainTensors {
  let source: WeightSource

  func values(_ name: String, _ shape: [Int]) throws(ModelError) -> [Double] {
    let buffer = try AlignedBuffer(count: shape.reduce(1, *))
    try source.read(name, shape: shape, into: buffer.floats)
    return buffer.floats.map { Double($0) }
  }
}
