// SPDX-License-Identifier: Apache-2.0
// Many images through a network. Where there are enough of them each thread has a lane of its own: it reads, decodes,
// resizes and computes whole images without waiting for any other, so that no core is idle while another decodes. Few
// images are decoded together and computed together, all threads on each batch. Results come out in the order of the
// images, and no bit of them depends on the number of threads.

import Synchronization

/// What is taken of a network's values.
enum ImageValues: Sendable {
  /// Scores of classes: probabilities after a softmax, else the outputs.
  case scores
  /// One of the values that are returned.
  case output(OutputPlace)
  /// What the last fully connected layer reads, which is still in the arena after a pass.
  case embedding
}

/// What became of an image.
struct ImageResult<Value: Sendable>: Sendable {
  var value: Result<Value, ModelError>
  /// What is worth knowing of its file.
  var notes: [String] = []
}

/// How images are read and what is made of each.
struct ImageRun {
  let networks: Ensemble
  let threads: Int
  var views: [CropView] = [.centre]
  var orients = false
  var values = ImageValues.scores

  init(
    _ networks: Ensemble, threads: Int, views: [CropView] = [.centre], orients: Bool = false,
    values: ImageValues = .scores
  ) {
    self.networks = networks
    self.threads = threads
    self.views = views
    self.orients = orients
    self.values = values
  }

  /// The network that says how images are read, and alone, if there is no other.
  var engine: Engine { networks.first }

  /// Whether so many images fill the batches of all threads.
  static func hasLanes(images: Int, views: Int, threads: Int, batch: Int) -> Bool {
    threads > 1 && images * views >= threads * batch
  }

  /// Runs `paths` and hands on each result, in order, one at a time.
  ///
  /// - Parameters:
  ///   - transform: called on any thread, with the image's place in `paths` and its values, averaged over its views.
  ///   - isStopped: asked before each image; what was begun is still handed on.
  func run<Value: Sendable>(
    _ paths: [String], transform: (Int, [Float]) -> Value, isStopped: () -> Bool = { false },
    deliver: @escaping (Int, ImageResult<Value>) -> Void
  ) throws(ModelError) {
    // An engine of one thread is what each lane runs; one of several takes a batch together.
    let lanes = engine.threads == 1 ? threads : 1
    var all: [Lane] = []
    for _ in 0..<lanes { all.append(try Lane(networks, views: views.count, values: values)) }
    let pool = engine.threads == threads ? engine.pool : try ThreadPool(threads: threads)
    if lanes == 1 && threads > 1 {
      together(paths, all[0], pool, transform, isStopped, deliver)
    } else {
      let next = Atomic<Int>(0)
      let queue = OrderedQueue(window: lanes * engine.batch * 4 + 64, deliver)
      pool.run { part in lane(all[part], paths, next, queue, transform, isStopped) }
    }
  }

  /// One thread's part: takes images until there are none, and computes whenever it has a whole batch.
  private func lane<Value>(
    _ lane: Lane, _ paths: [String], _ next: borrowing Atomic<Int>, _ queue: OrderedQueue<ImageResult<Value>>,
    _ transform: (Int, [Float]) -> Value, _ isStopped: () -> Bool
  ) {
    func finish() { for done in lane.finish() { queue.put(done.index, done.map { transform(done.index, $0) }) } }
    while !isStopped() {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < paths.count else { break }
      if queue.isFull(at: index) {
        // Others wait for what this lane holds.
        finish()
        queue.waitUntilNotFull(at: index)
      }
      let image = read(paths[index])
      lane.add(index, image)
      if lane.isDone { finish() }
    }
    finish()
  }

  /// All threads decode the images of a batch, and then compute it.
  private func together<Value: Sendable>(
    _ paths: [String], _ lane: Lane, _ pool: ThreadPool, _ transform: (Int, [Float]) -> Value, _ isStopped: () -> Bool,
    _ deliver: (Int, ImageResult<Value>) -> Void
  ) {
    var first = 0
    let group = max(engine.batch, threads)
    while first < paths.count, !isStopped() {
      let count = min(group, paths.count - first)
      let images = Slots<PreparedImage>(count: count)
      pool.run { part in
        for index in stride(from: part, to: count, by: threads) { images[index] = read(paths[first + index]) }
      }
      for index in 0..<count {
        guard let image = images[index] else { continue }
        lane.add(first + index, image)
      }
      for done in lane.finish() { deliver(done.index, done.map { transform(done.index, $0) }) }
      first += count
    }
  }

  /// Reads a file and makes the network's input of it, every view.
  private func read(_ path: String) -> PreparedImage {
    var prepared = PreparedImage()
    do throws(ModelError) {
      guard let pipeline = engine.description.preprocess else {
        throw .noImagePipeline(channels: engine.inputShape.channels)
      }
      let picture = try picture(at: path, orient: orients || pipeline.orients)
      prepared.notes = picture.notes
      var pixels = [Float](repeating: 0, count: pipeline.count * views.count)
      try pixels.withUnsafeMutableBufferPointer { output throws(ModelError) in
        try pipeline.apply(picture.image, views: views, into: output)
      }
      prepared.pixels = .success(pixels)
    } catch {
      prepared.pixels = .failure(error)
    }
    return prepared
  }
}

/// The picture in a file, as it is stored or, if so asked, upright, and what is worth knowing of the file.
func picture(at path: String, orient: Bool) throws(ModelError) -> (image: Image, notes: [String]) {
  let decoded = try DecodedImage(contentsOf: path)
  var notes = decoded.warnings.map { "'\(path)' is read, but \($0)" }
  guard let orientation = decoded.orientation, orientation != .upright else { return (decoded.image, notes) }
  if orient { return (try decoded.image.upright(from: orientation), notes) }
  notes.append(
    "'\(path)' is stored \(orientation.words), and taken so, as torchvision does; --orient turns it upright")
  return (decoded.image, notes)
}

/// An image ready for the network.
struct PreparedImage: Sendable {
  var pixels: Result<[Float], ModelError> = .success([])
  var notes: [String] = []
}
