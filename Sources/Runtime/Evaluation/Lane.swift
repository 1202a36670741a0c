// SPDX-License-Identifier: Apache-2.0
// One thread's place in a run over many images: a workspace, a batch that fills up, and the images that wait for it.

/// What became of an image, before anybody has looked at its values.
struct LaneResult: Sendable {
  let index: Int
  let values: Result<[Float], ModelError>
  let notes: [String]

  func map<Value: Sendable>(_ transform: ([Float]) -> Value) -> ImageResult<Value> {
    ImageResult(value: values.map(transform), notes: notes)
  }
}

final class Lane: @unchecked Sendable {  // Used by one thread at a time.
  private struct Waiting {
    let index: Int
    let notes: [String]
    /// The sum over the views that are computed, or why there is none.
    var sum: [Float] = []
    var failure: ModelError?
  }

  private let networks: Ensemble
  private let views: Int
  private let values: ImageValues
  private let memory: EnsembleMemory
  private let pixels: AlignedBuffer
  private let outputs: AlignedBuffer
  private let features: AlignedBuffer?
  /// For each view in the batch, whose it is among those that wait.
  private var slots: [Int] = []
  private var waiting: [Waiting] = []

  init(_ networks: Ensemble, views: Int, values: ImageValues) throws(ModelError) {
    self.networks = networks
    self.views = views
    self.values = values
    memory = try EnsembleMemory(networks)
    pixels = try AlignedBuffer(count: networks.batch * networks.inputCount)
    outputs = try AlignedBuffer(count: networks.batch * networks.outputCount)
    if case .embedding = values {
      features = try AlignedBuffer(count: networks.batch * networks.embeddingCount)
    } else {
      features = nil
    }
  }

  /// Whether all that wait is computed, so that nothing is gained by waiting for more.
  var isDone: Bool { slots.isEmpty }

  /// Puts an image's views into the batch, which is computed as often as it fills up.
  func add(_ index: Int, _ image: PreparedImage) {
    guard case .success(let views) = image.pixels else {
      if case .failure(let error) = image.pixels {
        waiting.append(Waiting(index: index, notes: image.notes, failure: error))
      }
      return
    }
    waiting.append(Waiting(index: index, notes: image.notes))
    let size = networks.inputCount
    views.withUnsafeBufferPointer { views in
      for view in 0..<self.views {
        let source = UnsafeBufferPointer(rebasing: views[view * size..<(view + 1) * size])
        _ = UnsafeMutableBufferPointer(rebasing: pixels.floats[slots.count * size..<(slots.count + 1) * size])
          .update(from: source)
        slots.append(waiting.count - 1)
        if slots.count == networks.batch { compute() }
      }
    }
  }

  /// Computes what is left, the rest of the batch being zeros, and gives all results up.
  func finish() -> [LaneResult] {
    if !slots.isEmpty { compute() }
    defer { waiting.removeAll(keepingCapacity: true) }
    return waiting.map { image in
      if let failure = image.failure {
        return LaneResult(index: image.index, values: .failure(failure), notes: image.notes)
      }
      let mean = views == 1 ? image.sum : image.sum.map { $0 / Float(views) }
      return LaneResult(index: image.index, values: .success(mean), notes: image.notes)
    }
  }

  private func compute() {
    defer { slots.removeAll(keepingCapacity: true) }
    let input = UnsafeBufferPointer(rebasing: pixels.floats[..<(slots.count * networks.inputCount)])
    let results = UnsafeMutableBufferPointer(rebasing: outputs.floats[..<(slots.count * networks.outputCount)])
    do throws(ModelError) {
      try networks.run(input, into: results, using: memory)
    } catch {
      for slot in slots { waiting[slot].failure = error }
      return
    }
    if let features, let layer = networks.embeddingLayer {
      networks.unpack(layer, from: memory, into: features.floats, images: slots.count)
    }
    for (slot, image) in slots.enumerated() where waiting[image].failure == nil {
      let found = taken(slot)
      guard found.allSatisfy({ $0.isFinite }) else {
        do throws(ModelError) {
          waiting[image].failure = try networks.causeOfNonNumbers(input, image: slot, using: memory)
        } catch {
          waiting[image].failure = error
        }
        continue
      }
      if waiting[image].sum.isEmpty {
        waiting[image].sum = found
      } else {
        for index in found.indices { waiting[image].sum[index] += found[index] }
      }
    }
  }

  /// The values of one image of the batch that are asked for.
  private func taken(_ slot: Int) -> [Float] {
    switch values {
    case .scores:
      let start = slot * networks.outputCount
      return networks.scores(of: Array(outputs.floats[start..<start + networks.outputCount])[...])
    case .output(let place):
      let start = slot * networks.outputCount + place.start
      return Array(outputs.floats[start..<start + place.shape.count])
    case .embedding:
      guard let features else { return [] }
      let count = networks.embeddingCount
      return Array(features.floats[slot * count..<(slot + 1) * count])
    }
  }
}
