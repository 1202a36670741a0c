// A service's promises: answers of the model's own calls to the last bit, batches of the calls that wait at one time, room
// that ends, cancellation and shutdown that leave nobody waiting, and no thread of Swift concurrency's that is blocked.
// The kernel is a stand-in that waits for a gate. Run with --sanitize=thread too.

import Foundation
import ResNetRuntime
import Synchronization
import Testing

/// Closed, it holds every batch up.
private let gateIsClosed = Atomic<Bool>(false)
/// Batches that were begun.
private let batches = Atomic<Int>(0)

/// Pixels of three channels to four classes, four images at a time; an image whose first channel is 7 has no number.
private func network(_ answer: Answer = .softmax, scale: Float = 1) -> ModelDescription {
  let plan = PlanDescription(
    isa: .portable, lanes: 4, arenaFloats: 64, scratchFloats: 0, weightFloats: 16,
    steps: """
      input, lanes 1
      head.fc, kernel 0 of 1 units, at 32, weights 0, vectors 1
      """,
    kernels: { _, source, _, _, output, weights, _, begin, end in
      // The only unit is one thread's.
      guard begin < end else { return }
      batches.add(1, ordering: .sequentiallyConsistent)
      while gateIsClosed.load(ordering: .sequentiallyConsistent) { usleep(200) }
      for image in 0..<4 {
        let pixel = source + 3 * image
        for out in 0..<4 {
          var sum = weights[out]
          for channel in 0..<3 { sum += weights[4 + 4 * channel + out] * pixel[channel] }
          output[4 * image + out] = pixel[0] == 7 ? .nan : sum
        }
      }
    })
  return ModelDescription(
    name: "Tiny", batch: 4, answer: answer,
    layers: """
      input input, 3, 1x1
      head.fc linear, 3 to 4, 1x1, reads input, weight fc.weight, bias fc.bias
      """, plans: [plan],
    preprocess: Preprocess(
      resize: .shortSide(1), filter: .bilinear, cropHeight: 1, cropWidth: 1, mean: [0, 0, 0], std: [1, 1, 1],
      range: .bytes), labels: "a\nb\nc\nd")
}

private func pixel(_ index: Int) throws -> Image {
  try Image(width: 1, height: 1, rgb: [UInt8(8 + index % 200), UInt8(index % 7), UInt8(index % 11)])
}

/// Waits until something holds that others bring about.
private func wait(until condition: () -> Bool) async throws {
  for _ in 0..<10_000 {
    if condition() { return }
    try await Task.sleep(for: .milliseconds(1))
  }
  Issue.record("nothing happened for ten seconds")
}

@Suite(.serialized) struct ServiceTests {
  private let engine: Engine

  init() throws { engine = try Engine(network(), weights: "random:1", threads: 1, isa: nil) }

  private func service(workers: Int = 1, waiting: Int = 1000) throws -> InferenceService {
    try InferenceService(Ensemble(engine), workers: workers, waiting: waiting)
  }

  /// Runs `body` while nothing is computed, after one call has taken the only worker.
  private func behindAClosedGate<Result>(
    _ service: InferenceService, _ body: (Task<[Prediction], any Error>) async throws -> Result
  ) async throws -> Result {
    gateIsClosed.store(true, ordering: .sequentiallyConsistent)
    defer { gateIsClosed.store(false, ordering: .sequentiallyConsistent) }
    let before = batches.load(ordering: .sequentiallyConsistent)
    let first = Task { try await service.classify(try pixel(0)) }
    try await wait { batches.load(ordering: .sequentiallyConsistent) == before + 1 }
    return try await body(first)
  }

  @Test(arguments: [1, 3]) func answersAreTheModelsOwn(workers: Int) async throws {
    let service = try service(workers: workers)
    let images = try (0..<300).map(pixel)
    let engine = engine
    try await withThrowingTaskGroup(of: Void.self) { group in
      for image in images {
        group.addTask {
          let expected = try engine.withWorkspace { workspace throws(ModelError) in
            try engine.classify(image, top: 4, using: &workspace)
          }
          #expect(try await service.classify(image, top: 4) == expected)
          #expect(expected[0].label != nil)
          let pixels = try engine.preprocess(image)
          #expect(try await service.preprocess(image) == pixels)
          let logits = try engine.withWorkspace { workspace throws(ModelError) in
            try engine.logits(pixels, using: &workspace)
          }
          #expect(try await service.logits(pixels) == logits)
          #expect(try await service.embedding(of: image) == pixels, "what the only layer reads")
          let scores = try await service.scores(of: image)
          #expect(scores.max() == expected[0].score && abs(scores.reduce(0, +) - 1) < 1e-5)
        }
      }
      try await group.waitForAll()
    }
    #expect(service.waiting == 0)
    // Any number of images in a call: batches, and a part of one.
    for count in [1, 3, 4, 5, 11] {
      let part = Array(images[..<count])
      let pixels = try part.flatMap { try engine.preprocess($0) }
      let rows = try await service.logits(pixels)
      let each = try await service.classify(part, top: 4)
      #expect(rows.count == 4 * count && each.count == count)
      for index in 0..<count {
        #expect(
          try await service.logits(Array(pixels[3 * index..<3 * index + 3])) == Array(rows[4 * index..<4 * index + 4]))
        #expect(try await service.classify(part[index], top: 4) == each[index].get())
      }
    }
  }

  @Test func callsThatWaitShareABatch() async throws {
    let service = try service()
    let before = batches.load(ordering: .sequentiallyConsistent)
    try await behindAClosedGate(service) { first in
      let calls = (1...8).map { index in Task { try await service.classify(try pixel(index)) } }
      try await wait { service.waiting == 8 }
      gateIsClosed.store(false, ordering: .sequentiallyConsistent)
      for (index, call) in ([first] + calls).enumerated() {
        let image = try pixel(index)
        let expected = try engine.withWorkspace { workspace throws(ModelError) in
          try engine.classify(image, top: 5, using: &workspace)
        }
        #expect(try await call.value == expected)
      }
    }
    // One, then two of four; and nine of the comparison.
    #expect(batches.load(ordering: .sequentiallyConsistent) - before == 3 + 9)
  }

  /// While calls wait, Swift's threads are free.
  @Test func noThreadOfTasksIsBlocked() async throws {
    let service = try service()
    try await behindAClosedGate(service) { first in
      let calls = (0..<200).map { index in Task { try await service.classify(try pixel(index)) } }
      try await wait { service.waiting == 200 }
      let sum = await withTaskGroup(of: Int.self) { group in
        for value in 0..<100 { group.addTask { value } }
        return await group.reduce(0, +)
      }
      #expect(sum == 4950)
      gateIsClosed.store(false, ordering: .sequentiallyConsistent)
      for call in [first] + calls { _ = try await call.value }
    }
  }

  @Test func roomEnds() async throws {
    let service = try service(waiting: 2)
    try await behindAClosedGate(service) { first in
      let calls = (0..<2).map { index in Task { try await service.classify(try pixel(index), whenFull: .refuse) } }
      try await wait { service.waiting == 2 }
      await #expect(throws: ModelError.serviceFull(waiting: 2)) {
        try await service.classify(try pixel(3), whenFull: .refuse)
      }
      let patient = Task { try await service.classify(try pixel(4)) }
      try await wait { service.waiting == 3 }
      gateIsClosed.store(false, ordering: .sequentiallyConsistent)
      for call in [first] + calls + [patient] { _ = try await call.value }
    }
    _ = try await service.classify(try pixel(5), whenFull: .refuse)
  }

  @Test func cancelledCallsDoNotWait() async throws {
    let service = try service()
    try await behindAClosedGate(service) { first in
      let calls = (0..<50).map { index in Task { try await service.classify(try pixel(index)) } }
      try await wait { service.waiting == 50 }
      for (index, call) in calls.enumerated() where index % 2 == 0 { call.cancel() }
      for (index, call) in calls.enumerated() where index % 2 == 0 {
        await #expect(throws: CancellationError.self) { try await call.value }
      }
      #expect(service.waiting == 25)
      // Cancelled before it asks.
      let late = Task {
        while !Task.isCancelled { await Task.yield() }
        return try await service.classify(try pixel(1))
      }
      late.cancel()
      await #expect(throws: CancellationError.self) { try await late.value }
      // What is being computed is answered.
      first.cancel()
      gateIsClosed.store(false, ordering: .sequentiallyConsistent)
      _ = try await first.value
      for (index, call) in calls.enumerated() where index % 2 == 1 { _ = try await call.value }
    }
  }

  @Test func cancellationStopsBetweenBatches() async throws {
    let service = try service()
    let before = batches.load(ordering: .sequentiallyConsistent)
    try await behindAClosedGate(service) { first in
      let images = try (0..<400).map(pixel)
      let many = Task { try await service.classify(images) }
      try await wait { service.waiting == 1 }
      gateIsClosed.store(false, ordering: .sequentiallyConsistent)
      _ = try await first.value
      try await wait { batches.load(ordering: .sequentiallyConsistent) > before + 2 }
      many.cancel()
      if case .success(let all) = await many.result { #expect(all.count == 400, "it was done before") }
    }
    // At the gate, so that there is no doubt.
    let pixels = [Float](repeating: 1, count: 12 * 10)
    let start = batches.load(ordering: .sequentiallyConsistent)
    gateIsClosed.store(true, ordering: .sequentiallyConsistent)
    let call = Task { try await service.logits(pixels) }
    try await wait { batches.load(ordering: .sequentiallyConsistent) == start + 1 }
    call.cancel()
    gateIsClosed.store(false, ordering: .sequentiallyConsistent)
    await #expect(throws: CancellationError.self) { try await call.value }
    #expect(batches.load(ordering: .sequentiallyConsistent) == start + 1)
  }

  @Test(arguments: [true, false]) func shutdownLeavesNobodyWaiting(answers: Bool) async throws {
    let service = try service()
    try await behindAClosedGate(service) { first in
      let calls = (0..<20).map { index in Task { try await service.classify(try pixel(index)) } }
      try await wait { service.waiting == 20 }
      let shutdown = Task { await service.shutdown(answersWaiting: answers) }
      // It is closed at once, whatever is still computed.
      try await wait { service.isShutDown }
      await #expect(throws: ModelError.serviceClosed) { try await service.classify(try pixel(1)) }
      if !answers {
        for call in calls { await #expect(throws: ModelError.serviceClosed) { try await call.value } }
      }
      gateIsClosed.store(false, ordering: .sequentiallyConsistent)
      _ = try await first.value
      if answers { for call in calls { _ = try await call.value } }
      await shutdown.value
      await service.shutdown()
    }
  }

  /// Threads end with the service, and let the model go.
  @Test func nothingIsLeftBehind() async throws {
    weak var model: Engine?
    do {
      let engine = try Engine(network(), weights: "random:1", threads: 2, isa: nil)
      model = engine
      let service = try InferenceService(Ensemble(engine), workers: 3, waiting: 10)
      _ = try await service.classify(try pixel(1))
    }
    try await wait { model == nil }
  }

  @Test func badImagesStopNoOthers() async throws {
    let service = try service()
    let images = try (0..<6).map { index in
      index % 2 == 0 ? try pixel(index) : try Image(width: 1, height: 1, rgb: [7, 1, 1])
    }
    let results = try await service.classify(images, top: 1)
    for (index, result) in results.enumerated() {
      if index % 2 == 0 {
        #expect(try result.get().count == 1)
      } else {
        #expect(result == .failure(.outputsNotFinite(layer: "head.fc")))
      }
    }
    await #expect(throws: ModelError.outputsNotFinite(layer: "head.fc")) { try await service.classify(images[1]) }
    await #expect(throws: ModelError.self) { try await service.classify(file: Array("no picture".utf8)) }
    let png = Array("P6 1 1 255\n".utf8) + [8, 0, 0]
    #expect(try await service.classify(file: png) == service.classify(try pixel(0)))
    await #expect(throws: ModelError.inputSize(expected: 3, found: 4)) { try await service.logits([1, 2, 3, 4]) }
    var short: [Float] = [0]
    do {
      try await service.logits([1, 2, 3], into: &short)
      Issue.record("four values do not fit one")
    } catch {
      #expect(error as? ModelError == .outputSize(expected: 4, found: 1))
    }
  }

  @Test(arguments: [(0, 1), (257, 1), (1, 0)]) func sizesOutOfRangeAreRefused(workers: Int, waiting: Int) {
    #expect(throws: ModelError.serviceSize(workers: workers, waiting: waiting)) {
      _ = try service(workers: workers, waiting: waiting)
    }
  }

  // MARK: Ensembles

  @Test func anEnsembleGivesTheMeanOfItsScores() async throws {
    let other = try Engine(network(), weights: "random:2", threads: 1, isa: nil)
    let ensemble = try Ensemble([engine, other])
    let service = try InferenceService(ensemble, workers: 2, waiting: 10)
    for index in 0..<9 {
      let image = try pixel(index)
      let each = try [engine, other].map { engine in
        try engine.withWorkspace { workspace throws(ModelError) in
          try engine.scores(of: image, using: &workspace)
        }
      }
      #expect(try await service.scores(of: image) == zip(each[0], each[1]).map { ($0 + $1) / 2 })
    }
    await #expect(throws: ModelError.outputsNotFinite(layer: "head.fc")) {
      try await service.classify(try Image(width: 1, height: 1, rgb: [7, 1, 1]))
    }
    await #expect(throws: ModelError.self) { try await service.embedding(of: try pixel(1)) }
    let sigmoid = try Engine(network(.sigmoid), weights: "random:2", threads: 1, isa: nil)
    #expect(throws: ModelError.ensemble(reason: "Tiny ends in a softmax, and Tiny in a sigmoid")) {
      _ = try Ensemble([engine, sigmoid])
    }
  }
}
