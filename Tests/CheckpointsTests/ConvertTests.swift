// What a conversion decides, on models of a few numbers: which reading of names is taken, what is folded, what is an error.
import ResNetRuntime
import Testing

@testable import ResNetCheckpoints

@Suite struct ConvertTests {
  /// A checkpoint of small tensors of floats, by way of a file.
  private func checkpoint(_ tensors: [(String, [Int], [Float])]) throws -> Checkpoint {
    let made = tensors.map { name, shape, values in tensor(name, shape, values) }
    return try withFile([]) { path in
      try writeSafetensors(made, to: path)
      return try Checkpoint(path)
    }
  }

  private func tensor(_ name: String, _ shape: [Int], _ values: [Float]) -> CheckpointTensor {
    let bytes = values.flatMap { word(Int($0.bitPattern)) }
    // Fixed texts and numbers of this file.
    return CheckpointTensor(name: name, dtype: .f32, shape: shape, storage: .memory(bytes))!
  }

  /// A convolution, a norm and a classifier, as the compiler describes them.
  private func model(epsilon: Double = 1e-5, spellings: [ModelTensors.Spelling] = []) -> ModelTensors {
    let names = [
      "conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "fc.weight", "fc.bias",
    ]
    let shapes = [[2, 3, 1, 1], [2], [2], [2], [2], [4, 2], [4]]
    let own = ModelTensors.Spelling(name: "own", names: names)
    return ModelTensors(
      name: "Small", tensors: zip(names, shapes).map { TensorSpec(name: $0, shape: $1) }, auxiliary: ["aux.fc.weight"],
      spellings: [own, ModelTensors.Spelling(name: "resnet", names: names)] + spellings,
      norms: [
        ModelTensors.Norm(
          convolution: "conv1.weight", factor: "bn1.weight", mean: "bn1.running_mean", variance: "bn1.running_var",
          epsilon: epsilon)
      ])
  }

  private let sound: [(String, [Int], [Float])] = [
    ("conv1.weight", [2, 3, 1, 1], [1, 2, 3, 4, 5, 6]), ("bn1.weight", [2], [1, 1]), ("bn1.bias", [2], [0, 0]),
    ("bn1.running_mean", [2], [0.5, -0.5]), ("bn1.running_var", [2], [1, 2]),
    ("fc.weight", [4, 2], [1, 2, 3, 4, 5, 6, 7, 8]), ("fc.bias", [4], [1, 2, 3, 4]),
  ]

  private func values(_ conversion: Conversion, _ name: String) -> [Double]? {
    conversion.tensors.first { $0.name == name }?.values()
  }

  private func fault(
    _ tensors: [(String, [Int], [Float])], to model: ModelTensors, renames: [String] = [], dialect: String? = nil
  ) throws -> ConversionFault? {
    let checkpoint = try checkpoint(tensors)
    do throws(ConversionFault) {
      _ = try checkpoint.converted(to: model, renames: renames.compactMap { Rename($0) }, dialect: dialect)
      return nil
    } catch {
      return error
    }
  }

  // MARK: Names

  @Test func prefixesComeOffHoweverManyThereAre() throws {
    for prefix in ["", "module.", "module.module.", "model._orig_mod.", "module.encoder_q.", "backbone.", "net.0.a.b."]
    {
      let conversion = try checkpoint(sound.map { (prefix + $0.0, $0.1, $0.2) }).converted(to: model())
      #expect(conversion.tensors.map(\.name) == model().tensors.map(\.name))
      #expect(conversion.notes == (prefix.isEmpty ? [] : ["took '\(prefix)' off all names"]))
    }
  }

  @Test func extrasAreKnownForWhatTheyAre() throws {
    let extras: [(String, [Int], [Float])] = [
      ("bn1.num_batches_tracked", [], [7]), ("n_averaged", [], [3]), ("conv1.total_ops", [1], [0]),
      ("conv1.total_params", [1], [0]), ("loss_fn.weight", [4], [1, 1, 1, 1]), ("queue", [2, 2], [0, 0, 0, 0]),
      ("queue_ptr", [1], [0]), ("encoder_k.conv1.weight", [1], [0]), ("projector.0.weight", [1], [0]),
    ]
    let conversion = try checkpoint(sound + extras).converted(to: model())
    #expect(
      conversion.notes == [
        "left out 1 count of training batches, the count of averaged models, 2 counts of a profiler, 1 tensor of the "
          + "loss, 1 tensor of the momentum encoder, the queue of a contrastive loss, 1 tensor of a head used in "
          + "training only"
      ])
    // A head in training only that the source has is known from it.
    let auxiliary = try checkpoint(sound + [("aux.fc.weight", [1], [0])]).converted(to: model())
    #expect(auxiliary.notes == ["left out 1 of layers that this network is without"])
  }

  /// Two networks in one file, or something that nobody knows beside one: what is left over is named, and can be dropped.
  @Test func whatDoesNotShareThePrefixIsLeftOver() throws {
    let student = sound.map { ("student." + $0.0, $0.1, $0.2) }
    let teacher = sound.map { ("teacher." + $0.0, $0.1, $0.2.map { $0 + 1 }) }
    guard case .misfit(let misfit) = try fault(student + teacher, to: model()) else {
      Issue.record("two networks")
      return
    }
    #expect(misfit.missing.isEmpty && misfit.misshapen.isEmpty)
    #expect(misfit.leftOver == teacher.map(\.0).sorted())
    let chosen = try checkpoint(student + teacher).converted(to: model(), renames: [try #require(Rename("student="))])
    #expect(values(chosen, "bn1.weight") == [2, 2])
    #expect(chosen.notes == ["took 'teacher.' off all names", "left out 7 by '--rename'"])
    let metric = student + [("metric.weight", [1], [0])]
    guard case .misfit(let misfit) = try fault(metric, to: model()) else {
      Issue.record("a stray tensor")
      return
    }
    #expect(misfit.leftOver == ["metric.weight"])
  }

  @Test func twoReadingsThatDifferAreAskedAbout() throws {
    let swapped = [
      "conv1.weight", "bn1.bias", "bn1.weight", "bn1.running_mean", "bn1.running_var", "fc.weight", "fc.bias",
    ]
    let both = model(spellings: [ModelTensors.Spelling(name: "swapped", names: swapped)])
    #expect(
      try fault(sound, to: both) == .ambiguous(first: "own", second: "swapped", example: "bn1.weight"))
    #expect(try fault(sound, to: both, dialect: "own") == nil)
    let chosen = try checkpoint(sound).converted(to: both, dialect: "swapped")
    #expect(values(chosen, "bn1.bias") == [1, 1])
    guard case .unknownDialect("nobody", let known) = try fault(sound, to: both, dialect: "nobody") else {
      Issue.record("a dialect that there is not")
      return
    }
    #expect(known.contains("swapped") && known.contains("keras"))
  }

  @Test func whatIsMissingIsSoughtAmongTensorsOfItsShapeAlone() throws {
    let other =
      sound.map { $0.0 == "fc.weight" ? ("head.weight", $0.1, $0.2) : $0 } + [
        ("fc.weights", [4, 3], .init(repeating: 0, count: 12))
      ]
    guard case .misfit(let misfit) = try fault(other, to: model()) else {
      Issue.record("a tensor that is missing")
      return
    }
    #expect(misfit.missing.map(\.tensor.name) == ["fc.weight"])
    #expect(misfit.missing.map(\.sameShape) == [["head.weight"]])
    #expect(misfit.leftOver == ["fc.weights", "head.weight"])
    #expect(try fault(other, to: model(), renames: ["head=fc", "fc.weights="]) == nil)
  }

  @Test func renamesThatClashOrMeetNothing() throws {
    #expect(
      try fault(sound, to: model(), renames: ["gone=fc"])
        == .renameUnused(
          from: "gone", nearest: nil, names: ["bn1.bias", "bn1.running_mean", "bn1.running_var", "bn1.weight"]))
    guard case .renameUnused("bn", "bn1", _) = try fault(sound, to: model(), renames: ["bn=x"]) else {
      Issue.record("a module that there is not")
      return
    }
    guard case .renameUnused("fc.weigth", "fc.weight", _) = try fault(sound, to: model(), renames: ["fc.weigth=x"])
    else {
      Issue.record("a misspelt name")
      return
    }
    #expect(
      try fault(sound, to: model(), renames: ["bn1.weight=bn1.bias", "bn1.running_mean=bn1.bias"])
        == .renameTwice(to: "bn1.bias"))
    #expect(Rename("a") == nil)
    #expect(Rename("=b") == nil)
    #expect(Rename("a=")?.to == "")
    #expect(Rename("a=b=c")?.to == "b=c")
  }

  @Test func namesOfNobodyAreShown() throws {
    let strange = sound.enumerated().map { ("t\($0.offset)", $0.element.1, $0.element.2) }
    guard case .nothingFits("Small", let names, _, 7) = try fault(strange, to: model()) else {
      Issue.record("names that nothing fits")
      return
    }
    #expect(names == ["t0", "t1", "t2", "t3"])
  }

  // MARK: Numbers

  @Test func aBiasBeforeANormMovesItsMean() throws {
    let conversion = try checkpoint(sound + [("conv1.bias", [2], [0.25, 4])]).converted(to: model())
    #expect(values(conversion, "bn1.running_mean") == [0.25, -4.5])
    #expect(conversion.notes == ["folded 1 bias of convolutions into the norms behind them"])
    // Of no convolution that stands before a norm, it is left over.
    guard case .misfit(let misfit) = try fault(sound + [("conv2.bias", [2], [1, 1])], to: model()) else {
      Issue.record("a bias of nothing")
      return
    }
    #expect(misfit.leftOver == ["conv2.bias"])
  }

  private var caffe: [(String, [Int], [Float])] {
    [
      ("conv1.0", [2, 3, 1, 1], [1, 2, 3, 4, 5, 6]), ("bn_conv1.0", [2], [8, -8]), ("bn_conv1.1", [2], [16, 32]),
      ("bn_conv1.2", [1], [4]), ("scale_conv1.0", [2], [1, 1]), ("scale_conv1.1", [2], [0, 0]),
      ("fc1000.0", [4, 2], [1, 2, 3, 4, 5, 6, 7, 8]), ("fc1000.1", [4], [1, 2, 3, 4]),
    ]
  }

  @Test func caffesFactorsAndChannels() throws {
    let conversion = try checkpoint(caffe).converted(to: model())
    #expect(values(conversion, "bn1.running_mean") == [2, -2])
    #expect(values(conversion, "bn1.running_var") == [4, 8])
    #expect(values(conversion, "conv1.weight") == [3, 2, 1, 6, 5, 4])
    // Where nothing was counted Caffe takes zeros, not the quotient.
    let zero = caffe.map { $0.0 == "bn_conv1.2" ? ($0.0, $0.1, [0]) : $0 }
    #expect(values(try checkpoint(zero).converted(to: model()), "bn1.running_mean") == [0, 0])
    let without = caffe.filter { $0.0 != "bn_conv1.2" }
    #expect(
      try fault(without, to: model())
        == .values(name: "bn_conv1.2", "is missing, by which means and variances are divided"))
  }

  @Test func anotherEpsGoesIntoTheVariances() throws {
    // The difference is a quarter but for the last bits of a double, which a float has not.
    let conversion = try checkpoint(caffe).converted(to: model(epsilon: 1e-5 - 0.25))
    #expect(values(conversion, "bn1.running_var") == [4.25, 8.25])
    #expect(
      try fault(caffe, to: model(epsilon: 5))
        == .values(name: "bn1.running_var", "has a variance that becomes negative with the model's eps"))
  }

  @Test func weightsAreFloats() throws {
    let integers = try #require(
      CheckpointTensor(name: "fc.bias", dtype: .i32, shape: [4], storage: .memory(.init(repeating: 0, count: 16))))
    let made = sound.filter { $0.0 != "fc.bias" }.map { tensor($0.0, $0.1, $0.2) } + [integers]
    try withFile([]) { path in
      try writeSafetensors(made, to: path)
      let checkpoint = try Checkpoint(path)
      #expect(throws: ConversionFault.dtype(name: "fc.bias", .i32)) { try checkpoint.converted(to: model()) }
    }
  }

  /// Dimensions of 1 at the end come and go, as between a matrix and a 1x1 convolution.
  @Test func shapesMayEndInOnes() throws {
    let other = sound.map { $0.0 == "fc.weight" ? ($0.0, [4, 2, 1, 1], $0.2) : $0 }
    let conversion = try checkpoint(other).converted(to: model())
    #expect(conversion.tensors.map(\.shape) == model().tensors.map(\.shape))
    let wider = sound.map { $0.0 == "fc.weight" ? ($0.0, [2, 4], $0.2) : $0 }
    guard case .misfit(let misfit) = try fault(wider, to: model()) else {
      Issue.record("a matrix lying down")
      return
    }
    #expect(misfit.misshapen.map(\.found) == [[2, 4]])
  }

  /// Names and shapes changed at random: converted or refused.
  @Test func anyNamesAndShapes() throws {
    let keras: [(String, [Int], [Float])] = [
      ("conv1_conv/kernel", [1, 1, 3, 2], [1, 4, 2, 5, 3, 6]), ("conv1_conv/bias", [2], [1, 2]),
      ("conv1_bn/gamma", [2], [1, 1]), ("conv1_bn/beta", [2], [0, 0]), ("conv1_bn/moving_mean", [2], [0, 0]),
      ("conv1_bn/moving_variance", [2], [1, 1]), ("predictions/kernel", [2, 4], [1, 3, 5, 7, 2, 4, 6, 8]),
      ("predictions/bias", [4], [1, 2, 3, 4]),
    ]
    let whole = try checkpoint(keras).converted(to: model())
    #expect(values(whole, "conv1.weight") == [3, 2, 1, 6, 5, 4])
    #expect(values(whole, "fc.weight") == [1, 2, 3, 4, 5, 6, 7, 8])
    let shapes: [[Int]] = [
      [], [0], [1], [2], [4], [2, 3], [3, 2], [4, 2], [2, 4], [1, 1, 3, 2], [2, 3, 1, 1], [2, 0, 1, 1],
    ]
    var random = Generator(state: 3)
    var converted = 0
    for _ in 0..<400 {
      var tensors = [sound, caffe, keras][Int.random(in: 0..<3, using: &random)]
      let names = (sound + caffe + keras).map(\.0)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<tensors.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
          let shape = shapes[Int.random(in: 0..<shapes.count, using: &random)]
          tensors[place].1 = shape
          tensors[place].2 = .init(repeating: 1, count: shape.reduce(1, *))
        case 1 where tensors.count > 1: tensors.remove(at: place)
        case 2:
          let name = names[Int.random(in: 0..<names.count, using: &random)]
          if !tensors.contains(where: { $0.0 == name }) { tensors[place].0 = name }
        default: tensors[place].2 = tensors[place].2.map { _ in .nan }
        }
      }
      if try fault(tensors, to: model()) == nil { converted += 1 }
    }
    #expect(converted > 0 && converted < 400)
  }

  // MARK: Dialects

  @Test func dialectsKnowTheirNames() {
    let cases: [(any Dialect, String, String?)] = [
      (
        HuggingFaceDialect(), "resnet.encoder.stages.2.layers.5.layer.1.normalization.running_var",
        "layer3.5.bn2.running_var"
      ),
      (
        HuggingFaceDialect(), "resnet.encoder.stages.0.layers.0.shortcut.convolution.weight",
        "layer1.0.downsample.0.weight"
      ),
      (HuggingFaceDialect(), "resnet.embedder.embedder.normalization.bias", "bn1.bias"),
      (HuggingFaceDialect(), "classifier.1.weight", "fc.weight"), (HuggingFaceDialect(), "conv1.weight", nil),
      (CaffeDialect(), "res3b7_branch2c.0", "layer2.7.conv3.weight"),
      (CaffeDialect(), "res4f_branch2a.0", "layer3.5.conv1.weight"),
      (CaffeDialect(), "res5a_branch1.0", "layer4.0.downsample.0.weight"),
      (CaffeDialect(), "bn4b22_branch2b.1", "layer3.22.bn2.running_var"),
      (CaffeDialect(), "scale2a_branch1.1", "layer1.0.downsample.1.bias"), (CaffeDialect(), "res9a_branch1.0", nil),
      (KerasDialect(), "resnet101/conv4_block23_3_bn/moving_mean:0", "layer3.22.bn3.running_mean"),
      (KerasDialect(), "conv2_block1_0_conv/conv2_block1_0_conv/kernel:0", "layer1.0.downsample.0.weight"),
      (KerasDialect(), "probs/kernel", "fc.weight"), (KerasDialect(), "conv2_block1_preact_bn/gamma", nil),
      (OpenMMLabDialect(), "backbone.layer1.0.conv1.weight", "layer1.0.conv1.weight"),
      (OpenMMLabDialect(), "head.fc.bias", "fc.bias"),
      (OtherHeadsDialect(), "layer2.0.shortcut.1.bias", "layer2.0.downsample.1.bias"),
      (OtherHeadsDialect(), "linear.weight", "fc.weight"),
      (ResidualFunctionDialect(), "conv5_x.1.residual_function.7.bias", "layer4.1.bn3.bias"),
      (ResidualFunctionDialect(), "conv2_x.0.residual_function.2.weight", nil),
      (
        DottedDenseNetDialect(), "features.denseblock4.denselayer16.conv.2.weight",
        "features.denseblock4.denselayer16.conv2.weight"
      ),
    ]
    for (dialect, name, expected) in cases { #expect(dialect.translate(name)?.name == expected, "\(name)") }
  }

  /// No name, however odd, stops a dialect.
  @Test func anyNameMayBeAsked() {
    var random = Generator(state: 5)
    let parts = [
      "", ".", "/", "_", "conv", "bn", "res", "2a", "branch", "block", "0", "99999999999999999999", "_x", "é", "layer",
    ]
    for _ in 0..<3_000 {
      let name = (0..<Int.random(in: 0...8, using: &random)).map { _ in
        parts[Int.random(in: 0..<parts.count, using: &random)]
      }
      for dialect in Dialects.all { _ = dialect.translate(name.joined()) }
      _ = KnownExtra.of(name.joined())
    }
  }
}
