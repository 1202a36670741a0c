// SPDX-License-Identifier: Apache-2.0
// A service's own thread: reads and resizes the images of the calls that wait, puts them into one batch, runs it, and
// wakes the calls. It is none of Swift concurrency's threads, so these stay free however long a network takes.

/// What one thread needs, allocated once.
final class ServiceWorker: @unchecked Sendable {  // Used by its thread alone once that has started.
  private let networks: Ensemble
  private let queue: RequestQueue
  private let memory: EnsembleMemory
  private let pixels: AlignedBuffer
  private let outputs: AlignedBuffer
  /// The layer of embeddings, and room for them; nothing where the network has none.
  private let embedding: (layer: Int, count: Int, rows: AlignedBuffer)?
  private var requests: [Request] = []
  /// For each image in the batch, whose it is.
  private var slots: [(request: Int, image: Int)] = []

  init(_ networks: Ensemble, _ queue: RequestQueue) throws(ModelError) {
    self.networks = networks
    self.queue = queue
    memory = try EnsembleMemory(networks)
    pixels = try AlignedBuffer(count: networks.batch * networks.inputCount)
    outputs = try AlignedBuffer(count: networks.batch * networks.outputCount)
    if let layer = networks.embeddingLayer {
      let count = networks.embeddingCount
      embedding = (layer, count, try AlignedBuffer(count: networks.batch * count))
    } else {
      embedding = nil
    }
    requests.reserveCapacity(networks.batch)
    slots.reserveCapacity(networks.batch)
  }

  /// Until the queue is closed, and empty.
  func loop() {
    while queue.take(&requests, room: networks.batch) {
      for index in requests.indices { stage(index) }
      compute()
      for index in requests.indices { requests[index].finish(.answered) }
      requests.removeAll(keepingCapacity: true)
      slots.removeAll(keepingCapacity: true)
    }
    queue.workerEnded()
  }

  // MARK: In

  /// Puts a request's images into the batch; what cannot be read is noted.
  private func stage(_ index: Int) {
    for image in 0..<requests[index].images {
      do throws(ModelError) {
        if case .pixels = requests[index].wanted {
          try preprocess(index, image)
        } else {
          let size = networks.inputCount
          let slot = UnsafeMutableBufferPointer(
            rebasing: pixels.floats[slots.count * size..<(slots.count + 1) * size])
          try write(requests[index].input, image, into: slot)
          slots.append((index, image))
        }
      } catch {
        requests[index].failures[image] = error
      }
    }
  }

  /// Writes one image of a request as the network reads it.
  private func write(
    _ input: Request.Input, _ image: Int, into slot: UnsafeMutableBufferPointer<Float>
  ) throws(ModelError) {
    switch input {
    case .pixels(let values, let first):
      values.withUnsafeBufferPointer { values in
        let start = (first + image) * slot.count
        _ = slot.update(fromContentsOf: UnsafeBufferPointer(rebasing: values[start..<start + slot.count]))
      }
    case .image(let picture): try networks.preprocess(picture, into: slot)
    case .images(let pictures, let range): try networks.preprocess(pictures[range.lowerBound + image], into: slot)
    case .file(let bytes): try networks.preprocess(try networks.decode(bytes), into: slot)
    }
  }

  /// Writes one image straight into the caller's array.
  private func preprocess(_ index: Int, _ image: Int) throws(ModelError) {
    let size = networks.inputCount
    let start = (requests[index].firstRow + image) * size
    let input = requests[index].input
    try requests[index].output.withUnsafeMutableBufferPointer { output throws(ModelError) in
      try write(input, image, into: UnsafeMutableBufferPointer(rebasing: output[start..<start + size]))
    }
  }

  // MARK: Out

  private func compute() {
    guard !slots.isEmpty else { return }
    let input = UnsafeBufferPointer(rebasing: pixels.floats[..<(slots.count * networks.inputCount)])
    let results = UnsafeMutableBufferPointer(rebasing: outputs.floats[..<(slots.count * networks.outputCount)])
    do throws(ModelError) {
      try networks.run(input, into: results, using: memory)
      if let embedding, requests.contains(where: { $0.wanted == .embedding }) {
        networks.unpack(embedding.layer, from: memory, into: embedding.rows.floats, images: slots.count)
      }
      for slot in slots.indices { deliver(slot) }
      // Looks at layers by running them again, after all values are out of the arena.
      for (slot, owner) in slots.enumerated() where requests[owner.request].wanted == .finiteOutputs {
        guard !isFinite(slot) else { continue }
        requests[owner.request].failures[owner.image] =
          try networks.causeOfNonNumbers(input, image: slot, using: memory)
      }
    } catch {
      for owner in slots { requests[owner.request].failures[owner.image] = error }
    }
  }

  private func isFinite(_ slot: Int) -> Bool {
    let row = outputs.floats[slot * networks.outputCount..<(slot + 1) * networks.outputCount]
    return row[networks.answerRange.relative(to: row)].allSatisfy { $0.isFinite }
  }

  /// Copies one image's row into its caller's array.
  private func deliver(_ slot: Int) {
    let (request, image) = slots[slot]
    let source: UnsafeMutableBufferPointer<Float>
    let count: Int
    if requests[request].wanted == .embedding, let embedding {
      (source, count) = (embedding.rows.floats, embedding.count)
    } else {
      (source, count) = (outputs.floats, networks.outputCount)
    }
    let row = requests[request].firstRow + image
    requests[request].output.withUnsafeMutableBufferPointer { output in
      _ = UnsafeMutableBufferPointer(rebasing: output[row * count..<(row + 1) * count])
        .update(fromContentsOf: source[slot * count..<(slot + 1) * count])
    }
  }
}

extension Range where Bound == Int {
  /// The same places, counted from a slice's first.
  fileprivate func relative<Base>(to slice: Slice<Base>) -> Range<Int> where Base.Index == Int {
    slice.startIndex + lowerBound..<slice.startIndex + upperBound
  }
}
