// Calibration of small networks without kernels: what is chosen, corrected and equalised makes outputs err less, is the
// same on any number of threads, and the plain float32 values are those of `verify`.

import Testing

@testable import ResNetRuntime

@Suite struct CalibratorTests {
  private static let table = """
    input  input, 3, 10x10
    stem   conv 3x3, 3 to 12, 10x10, pad 1, relu, reads input, weight stem.weight, norm bn
    pool   maxpool 2x2, 12, 5x5, stride 2, reads stem
    a      conv 1x1, 12 to 8, 5x5, relu, reads pool, weight a.weight, bias a.bias
    b      conv 3x3, 8 to 8, 5x5, pad 1, groups 2, relu, reads a, weight b.weight, norm b.norm
    c      conv 1x1, 8 to 12, 5x5, relu, reads b, weight c.weight, norm c.norm, adds pool
    d      conv 3x3, 12 to 12, 5x5, pad 1, groups 12, relu6, reads c, weight d.weight, norm d.norm
    head   globalavgpool, 12, 1x1, reads d
    fc     linear, 12 to 5, 1x1, reads head, weight fc.weight, bias fc.bias
    """
  private static let numbers: [NumberType] = [.int8] + [NumberType](repeating: .uint8, count: 7) + [.float32]

  private func network(_ weights: String = "random:1", table: String = table) throws -> FloatNetwork {
    let layers = try tableLayers(table)
    return try FloatNetwork(layers, outputPlaces([], layers), WeightSource(weights), nil)
  }

  private static func image(_ number: Int, _ count: Int = 300) -> [Float] {
    var pixels = [Float](repeating: 0, count: count)
    pixels.withUnsafeMutableBufferPointer {
      RandomTensors(seed: UInt64(number)).fill($0, name: "input", shape: [1, 1, 1, count])
    }
    return pixels
  }

  private func calibrate(
    _ network: FloatNetwork, method: CalibrationMethod? = nil, images: Int = 16, threads: Int = 1,
    numbers: [NumberType] = numbers
  ) throws -> Calibration {
    var settings = CalibrationSettings()
    settings.method = method
    let size = network.layers[0].shape.count
    return try Calibrator(
      network: network, numbers: numbers, settings: settings, pool: ThreadPool(threads: threads),
      pixels: { Self.image($0, size) }, name: "Test"
    ).run(images: images)
  }

  @Test func plainFloatsAreThoseOfTheReference() throws {
    let network = try network()
    let pixels = Self.image(3)
    var plain: [[Double]] = []
    let tensors = PlainTensors(source: network.source)
    try network.run(pixels) { index, found in
      let layer = network.layers[index]
      let inputs = layer.inputs.isEmpty ? [pixels.map { Double($0) }] : layer.inputs.map { plain[$0] }
      plain.append(try! layer.kind.value(inputs, network.layers.shapes(around: index), tensors))
      // Sums of at most 108 products, each and each sum rounded once.
      let largest = plain[index].map(abs).max() ?? 0
      for (a, b) in zip(found, plain[index]) { #expect(abs(Double(a) - b) <= 1e-5 * largest, "\(layer.name)") }
    }
    #expect(plain.count == network.layers.count)
  }

  @Test func theBestOfAllIsKept() throws {
    let calibration = try calibrate(network())
    #expect(calibration.trials.map(\.name).prefix(4) == ["minmax", "percentile", "entropy", "mse"])
    #expect(calibration.trials.count == 7)
    #expect(calibration.error == calibration.trials.map(\.error).min() && calibration.error < 0.05)
    #expect(calibration.chosenBy == 12 && calibration.heldOut == 4)
    #expect(calibration.outputs.count == 16 && calibration.outputs.allSatisfy { $0.count == 5 })
    // Every layer of integers has its range, and keeps most of its signal.
    #expect(calibration.ranges.layers == ["input", "stem", "pool", "a", "b", "c", "d", "head"])
    #expect(calibration.losses.map(\.name) == ["input", "stem", "pool", "a", "b", "c", "d", "head", "fc"])
    for loss in calibration.losses { #expect(loss.own > 30 && loss.total > 25 && loss.total <= loss.own + 3) }
    // The error is what the interpreter's outputs are off.
    let fc = try #require(calibration.losses.last)
    #expect(fc.number == .float32 && fc.scale == 1)
  }

  @Test func threadsChangeNothing() throws {
    let one = try calibrate(network())
    let three = try calibrate(network(), threads: 3)
    #expect(one.ranges == three.ranges && one.trials == three.trials)
    #expect(one.losses.map(\.total) == three.losses.map(\.total))
  }

  @Test func aMethodThatIsAskedForIsTheOnlyOne() throws {
    let calibration = try calibrate(network(), method: .percentile)
    #expect(calibration.method == .percentile && !calibration.trials.contains { $0.name.hasPrefix("minmax") })
    #expect(calibration.trials.first?.name == "percentile")
  }

  @Test func fewImagesAreTriedOnThemselves() throws {
    let calibration = try calibrate(network(), images: 1)
    #expect(calibration.chosenBy == 1 && calibration.heldOut == 1 && calibration.error < 0.05)
  }

  /// A range holds what was met, to the bit, when nothing is cut off.
  @Test func minmaxHoldsWhatWasMet() throws {
    let network = try network()
    let calibration = try calibrate(network, method: .minmax, images: 2)
    var extents: [(Float, Float)] = network.layers.map { _ in (.infinity, -.infinity) }
    for image in 0..<2 {
      try network.run(Self.image(image)) { index, values in
        extents[index] = (min(extents[index].0, values.min() ?? 0), max(extents[index].1, values.max() ?? 0))
      }
    }
    for (layer, extent) in zip(network.layers, extents) where calibration.ranges.factors[layer.name] == nil {
      guard let range = calibration.ranges[layer.name] else { continue }
      #expect(range.low == extent.0 && range.high == extent.1, "\(layer.name)")
    }
  }

  @Test func whatIsNoNumberIsNamed() throws {
    let network = try network()
    let error = thrown {
      _ = try Calibrator(
        network: network, numbers: Self.numbers, settings: CalibrationSettings(), pool: ThreadPool(threads: 1),
        pixels: { _ in [Float](repeating: .infinity, count: 300) }, name: "Test"
      ).run(images: 1)
    }
    #expect(error == .outputsNotFinite(layer: "input"))
  }

  // MARK: Corrections

  /// A chain whose middle channels differ by a factor of 200, as training leaves them now and then.
  private static let uneven = """
    input  input, 4, 6x6
    a      conv 1x1, 4 to 8, 6x6, relu, reads input, weight a.weight, scale a.scale
    b      conv 1x1, 8 to 8, 6x6, reads a, weight b.weight
    """

  /// Factors and their inverses, so that the network is one of even channels in disguise.
  private func unevenWeights() -> [UInt8] {
    let factors: [Float] = [1, 200, 3, 1, 50, 1, 7, 1]
    var a = [Float](repeating: 0, count: 32)
    var b = [Float](repeating: 0, count: 64)
    a.withUnsafeMutableBufferPointer { RandomTensors(seed: 9).fill($0, name: "a.weight", shape: [8, 4, 1, 1]) }
    b.withUnsafeMutableBufferPointer { RandomTensors(seed: 9).fill($0, name: "b.weight", shape: [8, 8, 1, 1]) }
    for index in b.indices { b[index] /= factors[index % 8] }
    let header =
      "{\"a.weight\":{\"dtype\":\"F32\",\"shape\":[8,4,1,1],\"data_offsets\":[0,128]},"
      + "\"a.scale\":{\"dtype\":\"F32\",\"shape\":[8],\"data_offsets\":[128,160]},"
      + "\"b.weight\":{\"dtype\":\"F32\",\"shape\":[8,8,1,1],\"data_offsets\":[160,416]}}"
    return safetensors(header, data: littleEndian(a + factors + b))
  }

  @Test func equalizingMendsUnevenChannels() throws {
    try withFile(unevenWeights()) { path in
      let calibration = try calibrate(
        network(path, table: Self.uneven), images: 16, numbers: [.int8, .uint8, .float32])
      let plain = try #require(calibration.trials.first { $0.name == calibration.method.rawValue })
      let equalized = try #require(calibration.trials.first { $0.name.hasSuffix("channels equalised") })
      #expect(equalized.error < plain.error / 3, "\(plain.error), \(equalized.error)")
      #expect(calibration.error <= equalized.error)
      let factors = try #require(calibration.ranges.factors["a"])
      // The widest channel is made small beside the narrowest.
      #expect(factors[0] / factors[1] > 10)
    }
  }

  /// One factor for all channels that is a power of two changes no bit: what a range gains its reader's weights lose.
  @Test func factorsAreUndoneByReaders() throws {
    let layers = try tableLayers(Self.uneven)
    let source = try WeightSource("random:4")
    let numbers: [NumberType] = [.int8, .uint8, .float32]
    var own = calibrated([("input", -2, 2), ("a", 0, 0.5)])
    let exact = try IntegerInterpreter(layers, numbers, own, source)
    own.factors["a"] = [Float](repeating: 4, count: 8)
    let clipped = try IntegerInterpreter(layers, numbers, own, source)
    own["a"] = Ranges.Range(low: 0, high: 2)
    let scaled = try IntegerInterpreter(layers, numbers, own, source)
    let pixels = Self.image(1, 144)
    let expected = try exact.run(pixels, keeping: [1, 2])
    #expect(try scaled.run(pixels, keeping: [1, 2]) == expected)
    #expect(try clipped.run(pixels, keeping: [1, 2]) != expected)
  }

  /// Coarse ranges leave a shift of the mean in each channel, which corrected biases take away.
  @Test func correctedBiasesKeepTheMeans() throws {
    let table = """
      input  input, 6, 8x8
      a      conv 3x3, 6 to 8, 8x8, pad 1, relu, reads input, weight a.weight, bias a.bias
      b      conv 3x3, 8 to 8, 4x4, stride 2, pad 1, groups 2, reads a, weight b.weight, and 1x1, from 6, stride 2, weight b2.weight
      """
    let network = try network("random:3", table: table.replacing("reads a, weight b", with: "reads a input, weight b"))
    let numbers: [NumberType] = [.int8, .uint8, .float32]
    let coarse = calibrated([("input", -40, 40), ("a", 0, 300)])
    let pool = try ThreadPool(threads: 2)
    func pixels(_ image: Int) -> [Float] { Self.image(image, 384).map { $0 + 1 } }
    let corrected = try correctedBiases(network, numbers, coarse, for: .values, images: 6, pool) { pixels($0) }
    #expect(corrected.shifts.keys.sorted() == ["a", "b"] && corrected["a"] == coarse["a"])
    func meanShift(_ ranges: Ranges) throws -> Double {
      let interpreter = try IntegerInterpreter(network.layers, numbers, ranges, network.source)
      var shift = [Double](repeating: 0, count: 8)
      for image in 0..<6 {
        let found = try interpreter.run(pixels(image), keeping: [2])[0].numbers
        try network.run(pixels(image)) { index, exact in
          guard index == 2 else { return }
          for at in exact.indices { shift[at / 16] += Double(found[at]) - Double(exact[at]) }
        }
      }
      return shift.map { abs($0) / 96 }.max() ?? 0
    }
    let (before, after) = (try meanShift(coarse), try meanShift(corrected))
    #expect(after < before / 20, "\(before), \(after)")
  }
}
