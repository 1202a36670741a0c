// SPDX-License-Identifier: Apache-2.0
// The plan of one instruction set: for each layer its kernel, where its value lies in the arena, and where its packed
// weights begin.

/// Runs units `begin..<end` of a kernel: number, source, second source, residual, output, weights, the thread's own
/// scratch memory, begin, end.
package typealias KernelFunction =
  @Sendable (
    Int, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>,
    UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int
  ) -> Void

/// What the compiler emits for one instruction set.
package struct PlanDescription: Sendable {
  let isa: ISA
  let precision: Precision
  let lanes: Int
  let arenaFloats: Int
  /// That each thread needs to itself.
  let scratchFloats: Int
  let weightFloats: Int
  let steps: StaticString
  /// The model's, with conversions between layers; `nil` without any.
  let layers: StaticString?
  /// `nil` where this architecture has no such kernels.
  let kernels: KernelFunction?

  package init(
    isa: ISA, precision: Precision = .float32, lanes: Int, arenaFloats: Int, scratchFloats: Int, weightFloats: Int,
    steps: StaticString, layers: StaticString? = nil, kernels: KernelFunction?
  ) {
    self.isa = isa
    self.precision = precision
    self.lanes = lanes
    self.arenaFloats = arenaFloats
    self.scratchFloats = scratchFloats
    self.weightFloats = weightFloats
    self.steps = steps
    self.layers = layers
    self.kernels = kernels
  }
}

/// Where a value lies: offsets and pitches in words, a float or as many whole numbers as fit.
struct ValuePlace: Sendable {
  let offset: Int
  let shape: LayerShape
  let number: NumberType
  /// Of whole numbers.
  let words: IntegerWords?
  /// Channels of a block: 1 if planar.
  let lanes: Int
  let haloHeight: Int
  let haloWidth: Int
  let order: ChannelOrder
  /// Blocks from one image to the next.
  let pitchBlocks: Int

  var blocks: Int { order.channels.count / lanes }
  /// Words of a pixel.
  var pixelPitch: Int { (lanes + wordChannels - 1) / wordChannels }
  var rowPitch: Int { (shape.width + 2 * haloWidth) * pixelPitch }
  var blockPitch: Int { (shape.height + 2 * haloHeight) * rowPitch }
  var imagePitch: Int { pitchBlocks * blockPitch }
  var origin: Int { haloHeight * rowPitch + haloWidth * pixelPitch }
}

/// How a layer is computed, where there is more than one way.
enum StepAlgorithm: Sendable, Equatable {
  /// As it is defined.
  case direct
  /// In groups, so many of which are computed as one convolution of consecutive channels, one after another.
  case parts(Int)
  /// In groups, one in each lane.
  case lanes
  /// F(tile x tile, 3x3): a 3x3 convolution in (tile + 2)^2 multiplications for tile^2 outputs, (2 tile + 1)^2 with
  /// stride 2. Its points are these and infinity. Filters are packed transformed, or as they are for the kernel to
  /// transform.
  case winograd(tile: Int, packsTransformed: Bool, points: [Double])
}

extension StepAlgorithm {
  /// The only one for integers.
  static let integerWinograd = StepAlgorithm.winograd(
    tile: QuantizedWinograd.tile, packsTransformed: true, points: QuantizedWinograd.points)
}

/// What a kernel is given: its number, and offsets in the arena and in the weights.
struct KernelCall: Sendable, BitwiseCopyable {
  let kernel: Int
  let source0: Int
  let source1: Int
  let residual: Int
  let output: Int
  let weights: Int
}

extension StepRecord {
  var call: KernelCall {
    KernelCall(
      kernel: kernel, source0: source0, source1: source1, residual: residual, output: output, weights: weights)
  }
}

/// One call of a kernel, all offsets resolved.
struct StepRecord: Sendable {
  /// Negative where there is none: for the input, a concatenation, and a convolution that its reader computes.
  let kernel: Int
  let units: Int
  /// How many a thread takes at a time: pieces end at multiples of it.
  let grain: Int
  /// The work of units, where they are not alike.
  let work: UnitWork?
  /// In the arena.
  let source0: Int
  let source1: Int
  let residual: Int
  let output: Int
  /// In the packed weights: those of `convolution`, if there is one.
  let weights: Int
  /// The layer's own.
  let ownWeights: Int
  /// Vectors of output channels in a panel of the layer's own weights; 0 without weights.
  let vectors: Int
  /// The layer that a pool or a depthwise convolution computes on its way, whose value is nowhere.
  let convolution: Int?
  let algorithm: StepAlgorithm
}

/// Reads a step table: one line for each layer, as `conv2_1.1, kernel 3 of 56 units, at 401408, weights 896, vectors 2`.
///
/// - Parameters:
///   - lanes: Of a vector, where a line says no other.
///   - isa: That the plan is for.
func readSteps(
  _ table: [TableLine], layers: [LayerRecord], lanes: Int, isa: ISA
) throws(ModelError) -> (places: [ValuePlace], steps: [StepRecord]) {
  guard table.count == layers.count else {
    throw .invalidPlan(reason: "a step table of \(table.count) lines for \(layers.count) layers")
  }
  var places: [ValuePlace] = []
  var steps: [StepRecord] = []
  for (layer, line) in zip(layers, table) {
    var line = line
    guard try line.next() == [layer.name] else { throw .invalidPlan(reason: "no step for layer '\(layer.name)'") }
    var (kernel, units) = (-1, 0)
    if let words = line.take("kernel") {
      guard words.count == 4 else { throw .invalidPlan(reason: "layer '\(layer.name)' has no kernel") }
      (kernel, units) = (try number(words[0]), try number(words[2]))
    }
    let work = try line.take("work").map { (words) throws(ModelError) in try UnitWork(words, units: units) }
    let grain = try line.int("grain", default: 1)
    guard 1...1 << 32 ~= grain else { throw .invalidPlan(reason: "layer '\(layer.name)' has a grain of \(grain)") }
    let offset = try line.int("at", default: 0)
    let own = try line.int("lanes", default: lanes)
    let number: NumberType =
      line.take("uint8") != nil
      ? .uint8 : line.take("int8") != nil ? .int8 : line.take("float16") != nil ? .float16 : .float32
    let halo = try line.size("halo", default: 0)
    let weights = try line.int("weights", default: 0)
    let vectors = try line.int("vectors", default: 0)
    let order = try ChannelOrder(layer.shape.channels, lanes: own, line.name("order"))
    let pitchBlocks = try line.int("pitch", default: order.channels.count / own)
    let place = ValuePlace(
      offset: offset, shape: layer.shape, number: number, words: number.isQuantized ? isa.integerWords : nil,
      lanes: own, haloHeight: halo.height, haloWidth: halo.width, order: order,
      pitchBlocks: pitchBlocks)
    let algorithm = try StepAlgorithm(&line)
    try line.end()
    // A convolution without a kernel is computed by its reader, which reads what it would.
    let convolution = layer.inputs.first { steps[$0].kernel < 0 && layers[$0].kind is ConvolutionLayer }
    let computed = convolution.map { layers[$0] } ?? layer
    let offsets = computed.inputs.map { places[$0].offset }
    places.append(place)
    let sources = computed.kind.sources
    steps.append(
      StepRecord(
        kernel: kernel, units: units, grain: grain, work: work, source0: offsets.first ?? 0,
        source1: sources > 1 ? offsets[1] : 0,
        residual: offsets.count > sources ? offsets[sources] : 0, output: place.offset,
        weights: convolution.map { steps[$0].weights } ?? weights, ownWeights: weights, vectors: vectors,
        convolution: convolution,
        algorithm: algorithm))
  }
  return (places, steps)
}

extension StepAlgorithm {
  /// `winograd 4 packed 0 1 -1 2 -2`, `parts 2`, `groups-in-lanes`, or nothing.
  fileprivate init(_ line: inout TableLine) throws(ModelError) {
    if line.take("groups-in-lanes") != nil {
      self = .lanes
    } else if let count = try line.name("parts") {
      self = .parts(try number(count))
      guard case .parts(1...) = self else { throw .invalidPlan(reason: "a convolution in \(count) parts") }
    } else if let words = line.take("winograd") {
      guard (4...7).contains(words.count) else {
        throw .invalidPlan(reason: "a Winograd convolution of \(words.count) words")
      }
      var points: [Double] = []
      for word in words.dropFirst(2) {
        guard let point = Double(word) else { throw .invalidPlan(reason: "'\(word)' is not a number") }
        points.append(point)
      }
      self = .winograd(tile: try number(words[0]), packsTransformed: words[1] == "packed", points: points)
    } else {
      self = .direct
    }
  }
}
