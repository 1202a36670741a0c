// What `classify` says: by what the network ends in, and that outputs which are not numbers are laid at the door of the
// layer that made them. Tables by hand; the kernels are stand-ins.

import ResNetRuntime
import Testing

/// A grey pixel, an activation, a pool, a fully connected layer to four classes.
private func network(
  _ answer: Answer, mean: Float = 0, std: Float = 1, outputs: [ModelOutput] = [],
  kernels: @escaping KernelFunction = { number, source, _, _, output, _, _, _, _ in
    if number < 2 {
      output[0] = source[0]
    } else {
      for (index, value) in [0.25, -3, 0.75, 0.5].enumerated() { output[index] = Float(value) * source[0] }
    }
  }
) -> ModelDescription {
  let plan = PlanDescription(
    isa: .portable, lanes: 4, arenaFloats: 64, scratchFloats: 0, weightFloats: 8,
    steps: """
      input, lanes 1
      conv1.relu, kernel 0 of 1 units, at 16, lanes 1
      head.pool, kernel 1 of 1 units, at 32, lanes 1
      head.fc, kernel 2 of 1 units, at 48, weights 0, vectors 1
      """, kernels: kernels)
  return ModelDescription(
    name: "Tiny", batch: 1, answer: answer,
    layers: """
      input input, 1, 1x1
      conv1.relu activation, 1, 1x1, relu, reads input
      head.pool globalavgpool, 1, 1x1, reads conv1.relu
      head.fc linear, 1 to 4, 1x1, reads head.pool, weight fc.weight, bias fc.bias
      """, outputs: outputs, plans: [plan],
    preprocess: Preprocess(
      resize: .shortSide(1), filter: .bilinear, cropHeight: 1, cropWidth: 1, mean: [mean], std: [std]))
}

@Suite struct AnswerTests {
  private func classify(_ model: ModelDescription) throws -> [Prediction] {
    let engine = try Engine(model, weights: "random:1", threads: 1, isa: nil)
    var workspace = try engine.makeWorkspace()
    return try engine.classify(Image(width: 1, height: 1, rgb: [255, 255, 255]), top: 4, using: &workspace)
  }

  @Test func scoresAreWhatTheNetworkEndsIn() throws {
    for answer in [Answer.values, .sigmoid] {
      let best = try classify(network(answer))
      #expect(best.map(\.index) == [2, 3, 0, 1])
      #expect(best.map(\.score) == [0.75, 0.5, 0.25, -3], "as they are, each on its own")
    }
    let best = try classify(network(.softmax))
    #expect(best.map(\.index) == [2, 3, 0, 1])
    #expect(abs(best.map(\.score).reduce(0, +) - 1) < 1e-6)
  }

  /// In the order of the source, whatever the layers' is; classes are those of the last row.
  @Test func severalOutputsStandOneAfterAnother() throws {
    let model = network(
      .softmax,
      outputs: [
        ModelOutput(name: "conv1", layer: 1, isLast: false), ModelOutput(name: "head", layer: 3, isLast: true),
        ModelOutput(name: "again", layer: 2, isLast: false),
      ])
    let engine = try Engine(model, weights: "random:1", threads: 1, isa: nil)
    var workspace = try engine.makeWorkspace()
    #expect(engine.outputCount == 6)
    #expect(try engine.logits([2], using: &workspace) == [2, 0.5, -6, 1.5, 1, 2])
    #expect(try engine.features([2], using: &workspace) == [[[2], [0.5, -6, 1.5, 1], [2]]])
    #expect(try classify(model).map(\.index) == [2, 3, 0, 1])
    let wrong = network(.values, outputs: [ModelOutput(name: "none", layer: 4, isLast: true)])
    #expect(
      thrown { _ = try Engine(wrong, weights: "random:1", threads: 1, isa: nil) }
        == .invalidPlan(reason: "output 'none' is the value of no layer"))
  }

  @Test func aMapHasNoClasses() {
    #expect(thrown { _ = try classify(network(.map)) } == .noClasses(channels: 4, height: 1, width: 1))
  }

  @Test(arguments: zip([0, 1, 2], ["conv1.relu", "head.pool", "head.fc"])) func theFirstLayerIsNamed(
    number: Int, layer: String
  ) {
    for value in [Float.nan, .infinity, -.infinity] {
      let model = network(.softmax) { kernel, source, _, _, output, _, _, _, _ in
        output[0] = kernel == number ? value : source[0]
      }
      #expect(thrown { _ = try classify(model) } == .outputsNotFinite(layer: layer))
    }
  }

  /// What later layers make numbers of again is no error: a sigmoid of an infinity is 1.
  @Test func onlyOutputsCount() throws {
    let model = network(.sigmoid) { kernel, _, _, _, output, _, _, _, _ in output[0] = kernel == 0 ? .infinity : 1 }
    #expect(try classify(model).first == Prediction(index: 0, label: nil, score: 1))
  }

  @Test func anImageThatIsNoNumberIsNamed() throws {
    let engine = try Engine(network(.softmax), weights: "random:1", threads: 1, isa: nil)
    var workspace = try engine.makeWorkspace()
    let outputs = try engine.logits([.nan], using: &workspace)
    #expect(outputs.allSatisfy { $0.isNaN }, "logits are as they are")
    let cause = try [Float.nan].withUnsafeBufferPointer {
      try engine.causeOfNonNumbers($0, image: 0, using: &workspace)
    }
    #expect(cause == .inputNotFinite(index: 0))
  }
}
