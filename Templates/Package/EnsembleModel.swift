//% strip
// The type that users of a generated ensemble meet. As it stands, twice a model without layers.
public import ResNetRuntime

//% end
/// ensembleDocs
public struct EnsembleName: Sendable {
  package let networks: Ensemble

  /// Loads every network's weights and packs them for the processor at hand.
  ///
  /// - Parameters:
  ///   - weights: for each network, in their order, a safetensors file with torchvision's tensor names, a file that its
  ///     own `pack(weights:to:)` wrote, or `random:SEED`.
  ///   - threads: how many threads a call uses, the caller's included; with 1 none is ever started.
  ///   - isa: which kernels to use; the best that the machine runs if `nil`.
  /// - Throws: a ``ModelError`` that names the file, or the tensor and what was expected of it; `weightsCount` where there
  ///   is not one file for each.
  public init(weights: [String], threads: Int = 1, isa: ISA? = nil) throws(ModelError) {
    networks = try Ensemble(Self.description.networks, weights: weights, threads: .exactly(threads), isa: isa)
  }

  /// The same with as many threads as there are processors to use, `.automatic`, or with threads that stay each on a
  /// processor of its own, as `.exactly(4).pinned`.
  public init(weights: [String], threads: Threads, isa: ISA? = nil) throws(ModelError) {
    networks = try Ensemble(Self.description.networks, weights: weights, threads: threads, isa: isa)
  }

  /// Channels, height and width of an image as the networks read it.
  public static let inputShape = (channels: inputChannels, height: inputHeight, width: inputWidth)
  /// Images in a batch: how many every call computes.
  public static let batch = batchSize
  /// Classes, and so scores of one image.
  public static let classCount = classCountValue
  /// Networks whose scores are averaged.
  public static let memberCount = memberCountValue

  /// What the networks end in, and so what the score of a ``Prediction`` is the mean of.
  public static var answer: Answer { description.answer }
  /// The names of the classes that came with a source.
  public var labels: Labels? { networks.labels }

  /// Threads of its own that answer calls from any number of tasks, each call suspended meanwhile: for servers.
  ///
  /// - Parameters:
  ///   - workers: threads that compute; for as many as there are processors, if `nil`.
  ///   - waiting: how many calls may wait before those are refused that ask for it.
  public func makeService(workers: Int? = nil, waiting: Int = 1024) throws(ModelError) -> InferenceService {
    try InferenceService(networks, workers: workers, waiting: waiting)
  }

  /// Resizes, crops and normalises an image as the networks were trained to see it: one image, NCHW.
  public func preprocess(_ image: Image) throws(ModelError) -> [Float] { try networks.preprocess(image) }

  /// The mean of the networks' scores: of probabilities where they end in softmax or a sigmoid, else of outputs.
  ///
  /// - Parameter pixels: 1 to `batch` normalised images, NCHW float32; see ``preprocess(_:)``.
  /// - Returns: a row of `classCount` for each.
  public func scores(_ pixels: [Float]) throws(ModelError) -> [Float] { try networks.run(pixels) }

  /// The same of one image.
  public func scores(of image: Image) throws(ModelError) -> [Float] { try networks.run(try preprocess(image)) }

  /// The best classes of one image, the best first.
  ///
  /// - Parameter top: how many classes to name.
  /// - Throws: `ModelError.outputsNotFinite` where outputs are NaN or infinite.
  public func classify(_ image: Image, top: Int = 5) throws(ModelError) -> [Prediction] {
    try networks.classify(image, top: top)
  }

  /// The same of `height` rows of `width` pixels of three bytes: red, green, blue.
  public func classify(rgb: [UInt8], width: Int, height: Int, top: Int = 5) throws(ModelError) -> [Prediction] {
    try classify(Image(width: width, height: height, rgb: rgb), top: top)
  }

  /// What its command is told of.
  package static var description: ModelDescription {
    ModelDescription(ensemble: "EnsembleName", of: [memberDescriptions], weights: weightFiles)
  }
}
//% strip
let memberDescriptions = ModelName.description, memberCountValue = 1, classCountValue = 1, weightFiles = ""
//% end
