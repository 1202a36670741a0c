//% strip
// The type that users of a generated package meet. As it stands, a model without layers.
public import ResNetRuntime

//% end
/// modelDocs
public struct ModelName: Sendable {
  package let engine: Engine

  /// Loads weights, folds batch norm into them, and packs them for the processor at hand.
  ///
  /// - Parameters:
  ///   - weights: a safetensors file with torchvision's tensor names, a file that ``pack(weights:to:isa:)`` wrote, or
  ///     `random:SEED` for weights that mean nothing.
  ///   - threads: how many threads a call uses, the caller's included; with 1 none is ever started.
  ///   - isa: which kernels to use; if `nil`, those that a packed file was packed for, or else the best that the machine
  ///     runs.
  ///   - precision: what they multiply, of what the package was generated with; if `nil`, what a packed file was packed for,
  ///     or else `float32`.
  ///   - ranges: with `int8` and tensors, the file in which the command's `quantize` says what integers stand for.
  /// - Throws: a ``ModelError`` that names the file, or the tensor and what was expected of it.
  public init(
    weights: String, threads: Int = 1, isa: ISA? = nil, precision: Precision? = nil, ranges: String? = nil
  ) throws(ModelError) {
    engine = try Engine(
      Self.description, weights: weights, threads: .exactly(threads), isa: isa, precision: precision, ranges: ranges)
  }

  /// The same with as many threads as there are processors to use, `.automatic`, or with threads that stay each on a
  /// processor of its own, as `.exactly(4).pinned`.
  public init(
    weights: String, threads: Threads, isa: ISA? = nil, precision: Precision? = nil, ranges: String? = nil
  ) throws(ModelError) {
    engine = try Engine(
      Self.description, weights: weights, threads: threads, isa: isa, precision: precision, ranges: ranges)
  }

  /// Packs weights into a file that `init(weights:threads:isa:)` maps as it is, which takes a moment where loading
  /// tensors takes a second. A packed file that exists is replaced when the new one is whole; no other file ever is.
  ///
  /// - Parameters:
  ///   - weights: a safetensors file with torchvision's tensor names.
  ///   - path: where to write, by convention `NAME.packed`.
  ///   - isa: for which kernels; the best that this machine runs if `nil`.
  ///   - precision: what they multiply.
  ///   - ranges: with `int8`, the file in which the command's `quantize` says what integers stand for.
  public static func pack(
    weights: String, to path: String, isa: ISA? = nil, precision: Precision = .float32, ranges: String? = nil
  ) throws(ModelError) {
    _ = try description.pack(
      weights: weights, to: path, isa: isa, precision: precision,
      ranges: try ranges.map { path throws(ModelError) in try Ranges(contentsOf: path) })
  }

  /// Reads a packed file from beginning to end and throws unless it serves this model here and is undamaged. Loading
  /// checks all but the weights' checksum.
  public static func checkPacked(_ path: String, isa: ISA? = nil) throws(ModelError) {
    _ = try description.check(packed: path, isa: isa)
  }

  /// Channels, height and width of an image as the network reads it.
  public static let inputShape = (channels: inputChannels, height: inputHeight, width: inputWidth)
  /// Images in a batch: how many every call computes.
  public static let batch = batchSize
  /// Values that the network gives for one image: classes, where it ends in a fully connected layer; of several outputs the
  /// values of all.
  public static let outputCount = outputSize

  /// What the network ends in, and so what the score of a ``Prediction`` is.
  public static var answer: Answer { description.answer }

  /// The kernels in use.
  public var isa: ISA { engine.isa }
  /// What they multiply.
  public var precision: Precision { engine.precision }
  /// Threads that a call uses.
  public var threads: Int { engine.threads }
  /// What is worth knowing of the weights, in sentences: that those of a head were not used, where the network has none.
  public var notes: [String] { engine.notes }

  /// Memory for one call at a time; keep it and use it again. The model itself may be shared by any number of threads.
  public func makeWorkspace() throws(ModelError) -> Workspace { try engine.makeWorkspace() }

  /// Threads of its own that answer calls from any number of tasks, each call suspended meanwhile: for servers. Every worker
  /// is as fast as a call of this model, and has a workspace.
  ///
  /// - Parameters:
  ///   - workers: threads that compute; for as many as there are processors, if `nil`.
  ///   - waiting: how many calls may wait before those are refused that ask for it.
  public func makeService(workers: Int? = nil, waiting: Int = 1024) throws(ModelError) -> InferenceService {
    try InferenceService(Ensemble(engine), workers: workers, waiting: waiting)
  }

  /// The names of the classes that came with the source.
  public var labels: Labels? { engine.labels }

  /// The network's outputs, those before a softmax that ends it.
  ///
  /// - Parameter pixels: 1 to `batch` normalised images, NCHW float32; see ``preprocess(_:)``.
  /// - Returns: a row of `outputCount` for each; of several outputs one after another, in the order of the source.
  public func logits(_ pixels: [Float], using workspace: inout Workspace) throws(ModelError) -> [Float] {
    try engine.logits(pixels, using: &workspace)
  }

  /// The same into memory of the caller's; allocates nothing.
  public func logits(
    _ pixels: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>,
    using workspace: inout Workspace
  ) throws(ModelError) {
    try engine.run(pixels, into: output, using: &workspace)
  }

  /// Resizes, crops and normalises an image as the network was trained to see it: one image, NCHW.
  public func preprocess(_ image: Image) throws(ModelError) -> [Float] { try engine.preprocess(image) }

  /// The best classes of one image, the best first. The score of each is what the network says, by ``answer``: softmax's
  /// or a sigmoid's probability, or else the output as it is.
  ///
  /// - Parameters:
  ///   - rgb: `height` rows of `width` pixels of three bytes: red, green, blue.
  ///   - top: how many classes to name.
  /// - Throws: `ModelError.noClasses` where the network ends in a map, `.outputsNotFinite` where its outputs are NaN or
  ///   infinite.
  public func classify(
    rgb: [UInt8], width: Int, height: Int, top: Int = 5, using workspace: inout Workspace
  ) throws(ModelError) -> [Prediction] {
    try engine.classify(Image(width: width, height: height, rgb: rgb), top: top, using: &workspace)
  }

  /// The same of an image, which may come of a file's bytes or of a buffer: see `Image`.
  public func classify(
    _ image: Image, top: Int = 5, using workspace: inout Workspace
  ) throws(ModelError) -> [Prediction] {
    try engine.classify(image, top: top, using: &workspace)
  }

  /// The score of each class: softmax's or a sigmoid's probability, or else the output as it is.
  public func scores(of image: Image, using workspace: inout Workspace) throws(ModelError) -> [Float] {
    try engine.scores(of: image, using: &workspace)
  }

  /// What the classes are computed from: the values that the last fully connected layer reads.
  ///
  /// - Throws: `ModelError.noFeatures` where the network does not end in such a layer.
  public func embedding(of image: Image, using workspace: inout Workspace) throws(ModelError) -> [Float] {
    try engine.embedding(try engine.preprocess(image), using: &workspace)
  }

  // MARK: Without a workspace at hand
  //
  // These take one that an earlier call has left, from any number of threads; new ones are made only while more calls run
  // at one time than ever before.

  /// The best classes of one image.
  public func classify(rgb: [UInt8], width: Int, height: Int, top: Int = 5) throws(ModelError) -> [Prediction] {
    try classify(Image(width: width, height: height, rgb: rgb), top: top)
  }

  /// The same of an image, which may come of a file's bytes or of a buffer: see `Image`.
  public func classify(_ image: Image, top: Int = 5) throws(ModelError) -> [Prediction] {
    try engine.withWorkspace { workspace throws(ModelError) in
      try engine.classify(image, top: top, using: &workspace)
    }
  }

  /// The score of each class.
  public func scores(of image: Image) throws(ModelError) -> [Float] {
    try engine.withWorkspace { workspace throws(ModelError) in try engine.scores(of: image, using: &workspace) }
  }

  /// What the classes are computed from.
  public func embedding(of image: Image) throws(ModelError) -> [Float] {
    let pixels = try engine.preprocess(image)
    return try engine.withWorkspace { workspace throws(ModelError) in
      try engine.embedding(pixels, using: &workspace)
    }
  }

  /// The network's outputs.
  ///
  /// - Parameter pixels: 1 to `batch` normalised images, NCHW float32.
  /// - Returns: a row of `outputCount` for each.
  public func logits(_ pixels: [Float]) throws(ModelError) -> [Float] {
    try engine.withWorkspace { workspace throws(ModelError) in try engine.logits(pixels, using: &workspace) }
  }
}
//% strip
let inputChannels = 1, inputHeight = 1, inputWidth = 1, batchSize = 1, outputSize = 1
extension ModelName {
  package static let description = ModelDescription(
    name: "ModelName", batch: 1, answer: .values, layers: "", plans: [],
    preprocess: Preprocess(resize: .shortSide(1), filter: .bilinear, cropHeight: 1, cropWidth: 1, mean: [0], std: [1]))
}
//% end
