// SPDX-License-Identifier: Apache-2.0
// One network, or several that read the same images and name the same classes, as one: what several give is the mean of
// their scores. Whoever runs many images runs an ensemble, mostly of one.

/// At least one network.
package struct Ensemble: Sendable {
  package let members: [Engine]
  private let idle = Pool<EnsembleMemory>()

  package init(_ engine: Engine) { members = [engine] }

  /// Loads each network with its weights.
  package init(
    _ networks: [ModelDescription], weights: [String], threads: Threads, isa: ISA?, precision: Precision? = nil,
    ranges: String? = nil
  ) throws(ModelError) {
    guard weights.count == networks.count else {
      throw .weightsCount(expected: networks.count, found: weights.count)
    }
    var engines: [Engine] = []
    for (network, file) in zip(networks, weights) {
      engines.append(
        try Engine(network, weights: file, threads: threads, isa: isa, precision: precision, ranges: ranges))
    }
    try self.init(engines)
  }

  /// Throws unless all read the same input and end in the same classes in the same way, in batches of one size.
  package init(_ members: [Engine]) throws(ModelError) {
    guard let first = members.first else { throw .ensemble(reason: "it has no member") }
    for member in members.dropFirst() {
      if let reason = misfit(first, member) { throw .ensemble(reason: reason) }
    }
    self.members = members
  }

  var first: Engine { members[0] }
  var isSingle: Bool { members.count == 1 }
  package var batch: Int { first.batch }
  /// Values of one image.
  var inputCount: Int { first.inputShape.count }
  /// Values that are returned of one image: of several members scores.
  package var outputCount: Int { isSingle ? first.outputCount : first.answer.shape.count }
  /// Where among these those of classes are.
  var answerRange: Range<Int> {
    let start = isSingle ? first.answer.start : 0
    return start..<start + first.answer.shape.count
  }
  package var labels: Labels? { members.lazy.compactMap(\.labels).first }

  /// What is returned of one image, as scores of its classes.
  func scores(of outputs: ArraySlice<Float>) -> [Float] {
    let answer = outputs[outputs.startIndex + answerRange.lowerBound..<outputs.startIndex + answerRange.upperBound]
    return isSingle ? first.scores(of: answer) : Array(answer)
  }

  // MARK: Images

  func preprocess(_ image: Image, into output: UnsafeMutableBufferPointer<Float>) throws(ModelError) {
    guard let pipeline = first.description.preprocess else {
      throw .noImagePipeline(channels: first.inputShape.channels)
    }
    try pipeline.apply(image, into: output)
  }

  /// The image in a file's bytes, upright if the network wants it so.
  func decode(_ file: [UInt8]) throws(ModelError) -> Image {
    let orients = first.description.preprocess?.orients == true
    let result = file.withUnsafeBytes { bytes in
      do throws(ImageFault) {
        return Result<DecodedImage, ImageFault>.success(try DecodedImage(decoding: bytes))
      } catch {
        return .failure(error)
      }
    }
    switch result {
    case .success(let decoded):
      guard orients, let orientation = decoded.orientation else { return decoded.image }
      return try decoded.image.upright(from: orientation)
    case .failure(let fault): throw .badImage(path: "in memory", reason: fault.reason)
    }
  }

  // MARK: Running

  /// Runs one batch, or less.
  ///
  /// - Parameters:
  ///   - input: 1 to `batch` images, NCHW.
  ///   - output: a row of `outputCount` for each.
  func run(
    _ input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>, using memory: EnsembleMemory
  ) throws(ModelError) {
    guard !isSingle else { return try run(0, input, into: output, using: memory) }
    let images = try first.imageCount(input.count)
    output.update(repeating: 0)
    for index in members.indices {
      let (place, count) = (members[index].answer, members[index].outputCount)
      let rows = UnsafeMutableBufferPointer(rebasing: memory.rows.floats[..<(images * count)])
      try run(index, input, into: rows, using: memory)
      for image in 0..<images {
        let start = image * count + place.start
        let values = UnsafeMutableBufferPointer(rebasing: rows[start..<start + outputCount])
        if members[index].description.answer == .softmax { softmaxInPlace(values) }
        for column in values.indices { output[image * outputCount + column] += values[column] }
      }
    }
    for index in output.indices { output[index] /= Float(members.count) }
  }

  private func run(
    _ index: Int, _ input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>,
    using memory: EnsembleMemory
  ) throws(ModelError) {
    var workspace = Workspace(owner: members[index], memory.buffers[index])
    try members[index].run(input, into: output, using: &workspace)
  }

  /// Which layer of which member made the outputs of an image something else than numbers.
  func causeOfNonNumbers(
    _ input: UnsafeBufferPointer<Float>, image: Int, using memory: EnsembleMemory
  ) throws(ModelError) -> ModelError {
    let images = try first.imageCount(input.count)
    for index in members.indices {
      let (place, count) = (members[index].answer, members[index].outputCount)
      let rows = UnsafeMutableBufferPointer(rebasing: memory.rows.floats[..<(images * count)])
      try run(index, input, into: rows, using: memory)
      let start = image * count + place.start
      if index < members.count - 1, rows[start..<start + place.shape.count].allSatisfy({ $0.isFinite }) { continue }
      var workspace = Workspace(owner: members[index], memory.buffers[index])
      return try members[index].causeOfNonNumbers(input, image: image, using: &workspace)
    }
    return .outputsNotFinite(layer: first.answer.name)
  }

  // MARK: Calls

  /// One image as the networks read it, NCHW.
  package func preprocess(_ image: Image) throws(ModelError) -> [Float] { try first.preprocess(image) }

  /// Runs one batch, or less.
  ///
  /// - Parameter pixels: 1 to `batch` images, NCHW.
  /// - Returns: a row of `outputCount` for each.
  package func run(_ pixels: [Float]) throws(ModelError) -> [Float] {
    let memory: EnsembleMemory
    if let left = idle.take() { memory = left } else { memory = try EnsembleMemory(self) }
    defer { idle.put(memory) }
    var rows = [Float](repeating: 0, count: try first.imageCount(pixels.count) * outputCount)
    try pixels.withUnsafeBufferPointer { pixels throws(ModelError) in
      try rows.withUnsafeMutableBufferPointer { rows throws(ModelError) in
        try run(pixels, into: rows, using: memory)
        let row = UnsafeBufferPointer(rebasing: rows[answerRange])
        guard pixels.count > inputCount || row.allSatisfy({ $0.isFinite }) else {
          throw try causeOfNonNumbers(pixels, image: 0, using: memory)
        }
      }
    }
    return rows
  }

  /// The `top` best classes of one image. Throws where the outputs are not numbers.
  package func classify(_ image: Image, top: Int) throws(ModelError) -> [Prediction] {
    topPredictions(scores(of: try run(try preprocess(image))[...]), top: top, labels: labels)
  }

  // MARK: Embeddings

  /// The layer whose value is an image's embedding; `nil` where there is none, or where several networks have one each.
  var embeddingLayer: Int? { isSingle ? try? first.embeddingLayer() : nil }
  var embeddingCount: Int { embeddingLayer.map { first.layers[$0].shape.count } ?? 0 }

  /// Copies a layer's value of the batch that was just run by a network alone.
  func unpack(
    _ layer: Int, from memory: EnsembleMemory, into rows: UnsafeMutableBufferPointer<Float>, images: Int
  ) {
    let workspace = Workspace(owner: first, memory.buffers[0])
    first.unpack(layer: layer, from: workspace, into: rows, images: images)
  }
}

/// What one thread needs to run an ensemble: a workspace's memory for each member, and room for one's outputs.
final class EnsembleMemory: Sendable {
  let buffers: [AlignedBuffer]
  let rows: AlignedBuffer

  init(_ networks: Ensemble) throws(ModelError) {
    var buffers: [AlignedBuffer] = []
    for member in networks.members { buffers.append(try member.makeWorkspace().buffer) }
    self.buffers = buffers
    let widest = networks.members.map(\.outputCount).max() ?? 0
    rows = try AlignedBuffer(count: networks.batch * widest)
  }
}

/// Why two networks are no ensemble; `nil` where they are.
private func misfit(_ first: Engine, _ other: Engine) -> String? {
  let (a, b) = (first.description, other.description)
  func text(_ shape: LayerShape) -> String { "\(shape.channels) x \(shape.height) x \(shape.width)" }
  if first.inputShape != other.inputShape {
    return "\(a.name) reads \(text(first.inputShape)) and \(b.name) \(text(other.inputShape))"
  }
  if a.preprocess != b.preprocess { return "\(a.name) and \(b.name) prepare images in different ways" }
  if a.answer == .map || b.answer == .map {
    return "\(a.answer == .map ? a.name : b.name) ends in a map, and has no classes to name"
  }
  if a.answer != b.answer { return "\(a.name) ends in \(a.answer.words), and \(b.name) in \(b.answer.words)" }
  if first.answer.shape.count != other.answer.shape.count {
    return "\(a.name) has \(first.answer.shape.count) classes, and \(b.name) \(other.answer.shape.count)"
  }
  if let mine = first.labels, let theirs = other.labels, mine != theirs {
    return "\(a.name) and \(b.name) have different names for their classes"
  }
  return a.batch == b.batch ? nil : "\(a.name) is compiled for batches of \(a.batch), and \(b.name) of \(b.batch)"
}
