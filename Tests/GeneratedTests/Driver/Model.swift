// What the driver does with one model, through its public interface alone. One such file for each model: every package
// brings its own runtime, whose types have the same names.
import Allocations
import ModelName

struct ModelNameRunner: Runner {
  var name: String { "ModelName" }
  var available: [String] { ISA.available.map(\.description) }

  func pack(weights: String, isa: String, to path: String) throws {
    try ModelName.pack(weights: weights, to: path, isa: ISA(rawValue: isa))
    try ModelName.checkPacked(path, isa: ISA(rawValue: isa))
  }

  func run(_ job: Job) throws -> Outcome {
    guard let isa = ISA(rawValue: job.isa) else { throw DriverError("no instruction set '\(job.isa)'") }
    let model = try ModelName(weights: job.weights, threads: job.threads, isa: isa)
    guard model.isa == isa, model.threads == job.threads else { throw DriverError("another plan than asked for") }
    var workspace = try model.makeWorkspace()
    let shape = ModelName.inputShape

    var pixels: [Float] = []
    var classes: [Int] = []
    switch job.input {
    case .pixels(let all): pixels = all
    case .rgb(let bytes, let width, let height):
      for first in stride(from: 0, to: bytes.count, by: width * height * 3) {
        let rgb = Array(bytes[first..<first + width * height * 3])
        pixels += try model.preprocess(Image(width: width, height: height, rgb: rgb))
        let best = try model.classify(rgb: rgb, width: width, height: height, top: 1, using: &workspace)
        classes += best.map(\.index)
      }
    }

    let inputs = ModelName.batch * shape.channels * shape.height * shape.width
    let outputs = ModelName.batch * ModelName.outputCount
    let calls = pixels.count / inputs
    guard calls > 0, calls * inputs == pixels.count else { throw DriverError("\(pixels.count) floats are no batches") }
    let warmUp = UnsafeMutableBufferPointer<Float>.allocate(capacity: outputs)
    let results = UnsafeMutableBufferPointer<Float>.allocate(capacity: calls * outputs)
    defer {
      warmUp.deallocate()
      results.deallocate()
    }
    let source = UnsafeMutableBufferPointer<Float>.allocate(capacity: pixels.count)
    defer { source.deallocate() }
    _ = source.initialize(from: pixels)

    try model.logits(UnsafeBufferPointer(rebasing: source[..<inputs]), into: warmUp, using: &workspace)
    let before = allocation_count()
    for call in 0..<calls {
      try model.logits(
        UnsafeBufferPointer(rebasing: source[call * inputs..<(call + 1) * inputs]),
        into: UnsafeMutableBufferPointer(rebasing: results[call * outputs..<(call + 1) * outputs]), using: &workspace)
    }
    let allocations = Int(allocation_count() - before)
    for (first, again) in zip(warmUp, results) where first.bitPattern != again.bitPattern {
      throw DriverError("the same image twice gave \(first), then \(again)")
    }
    return Outcome(outputs: Array(results), classes: classes, allocations: allocations)
  }

  func serve(_ job: Job, pixels: [Float], calls: Int) async throws -> Outcome {
    let model = try ModelName(weights: job.weights, threads: job.threads, isa: ISA(rawValue: job.isa))
    let service = try model.makeService(workers: 2, waiting: 16)
    let shape = ModelName.inputShape
    let size = shape.channels * shape.height * shape.width
    var output = [Float](repeating: 0, count: pixels.count / size * ModelName.outputCount)
    for _ in 0..<4 { try await service.logits(pixels, into: &output) }
    let before = allocation_count()
    for _ in 0..<calls { try await service.logits(pixels, into: &output) }
    let allocations = Int(allocation_count() - before)
    // The model's own calls, image by image and in whole batches.
    for count in [1, ModelName.batch] {
      var own: [Float] = []
      for first in stride(from: 0, to: pixels.count, by: count * size) {
        own += try model.logits(Array(pixels[first..<min(first + count * size, pixels.count)]))
      }
      guard own.map(\.bitPattern) == output.map(\.bitPattern) else {
        throw DriverError("the service answers otherwise than the model, of \(count) images at a time")
      }
    }
    // And many tasks at once, each with an image.
    let expected = output
    try await withThrowingTaskGroup(of: Void.self) { group in
      for call in 0..<64 {
        let image = call % (pixels.count / size)
        group.addTask {
          let row = try await service.logits(Array(pixels[image * size..<(image + 1) * size]))
          let own = expected[image * ModelName.outputCount..<(image + 1) * ModelName.outputCount]
          guard row.map(\.bitPattern) == own.map(\.bitPattern) else {
            throw DriverError("an image among those of others gets another answer")
          }
        }
      }
      try await group.waitForAll()
    }
    await service.shutdown()
    return Outcome(outputs: output, classes: [], allocations: allocations)
  }

  func share(_ job: Job, pixels: [Float], callers: Int) throws -> [[Float]] {
    let model = try ModelName(weights: job.weights, threads: job.threads, isa: ISA(rawValue: job.isa))
    let shape = ModelName.inputShape
    let inputs = ModelName.batch * shape.channels * shape.height * shape.width
    return try atOnce(callers) { _ in
      var workspace = try model.makeWorkspace()
      var results: [Float] = []
      // Several rounds, or the first caller might be done before the second has begun.
      for round in 0..<8 {
        var answers: [Float] = []
        for first in stride(from: 0, to: pixels.count, by: inputs) {
          answers += try model.logits(Array(pixels[first..<first + inputs]), using: &workspace)
        }
        guard round == 0 || answers.map(\.bitPattern) == results.map(\.bitPattern) else {
          throw DriverError("the same images twice gave different answers")
        }
        results = answers
      }
      return results
    }
  }
}
