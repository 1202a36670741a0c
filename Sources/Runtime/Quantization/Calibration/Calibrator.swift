// SPDX-License-Identifier: Apache-2.0
// From a float32 network and images to ranges: observe, choose by each method, keep what errs least where it counts, at
// the outputs, on images that nothing was chosen by.

/// What is asked of a calibration.
package struct CalibrationSettings: Sendable {
  /// `nil` for the best of all.
  package var method: CalibrationMethod?
  package var threads = 1
  /// Of the images that nothing is chosen by, at most so many are run as integers, which takes its time.
  package var heldOut = 32
  /// Images that biases are corrected and layers' losses measured by.
  package var fewImages = 8

  package init() {}
}

/// A way that was tried, and how far its outputs are from float32's.
package struct CalibrationTrial: Sendable, Equatable {
  package let name: String
  /// The length of the outputs' error over that of the outputs, over all images that were held out.
  package let error: Double
}

/// What came of it.
package struct Calibration: Sendable {
  package var ranges: Ranges
  package let method: CalibrationMethod
  package let trials: [CalibrationTrial]
  /// Of the last trial that was kept.
  package let error: Double
  package let losses: [LayerLoss]
  /// Convolutions and fully connected layers that compute in float32 already.
  package let floatSums: [String]
  /// Images that ranges were chosen by, and those that were held out; the same where there are few.
  package let chosenBy: Int
  package let heldOut: Int
  /// What the float32 network returns for each image.
  let outputs: [[Float]]
}

/// A calibration at work. Images are numbers from 0.
struct Calibrator {
  let network: FloatNetwork
  let numbers: [NumberType]
  let settings: CalibrationSettings
  let pool: ThreadPool
  /// One image as the network takes it; called by any thread.
  let pixels: @Sendable (Int) throws(ModelError) -> [Float]
  let name: String

  /// - Parameter count: Images; at least one.
  func run(images count: Int, progress: (String) -> Void = { _ in }) throws(ModelError) -> Calibration {
    // Every fourth is held out, if there are enough.
    let all = Array(0..<count)
    let held = count < 8 ? all : all.filter { $0 % 4 == 3 }.spread(settings.heldOut)
    let chosen = count < 8 ? all : all.filter { $0 % 4 != 3 }

    progress("observing \(chosen.count) images")
    let scalable = Set(
      network.layers.indices.filter { index in
        network.layers.canScaleChannels(of: index, numbers) && !network.outputs.contains { $0.layer == index }
      })
    var results = [[Float]](repeating: [], count: count)
    let extents = try observe(chosen, scalable, &results)
    _ = try observe(all.filter { results[$0].isEmpty }, [], &results)
    let outputs = held.map { results[$0] }
    let magnitudes = Dictionary(uniqueKeysWithValues: scalable.map { ($0, extents[$0].channels) })
    let factors = try channelFactors(network.layers, magnitudes, WeightPacker(network.source, network.layers))
    progress("counting")
    let counts = try countAll(chosen, ObservedHistograms(extents, numbers, factors: factors))

    var trials: [CalibrationTrial] = []
    var best: (name: String, ranges: Ranges, method: CalibrationMethod, error: Double)?
    func attempt(_ name: String, _ method: CalibrationMethod, _ ranges: Ranges) throws(ModelError) {
      progress("trying \(name)")
      let error = try self.error(ranges, held, outputs)
      trials.append(CalibrationTrial(name: name, error: error))
      if error < best?.error ?? .infinity { best = (name, ranges, method, error) }
    }
    for method in settings.method.map({ [$0] }) ?? CalibrationMethod.allCases {
      try attempt(method.rawValue, method, ranges(method, extents, counts, equalized: false))
    }
    guard let method = best?.method else { throw .rangesMissing(layers: network.layers.map(\.name)) }
    if !factors.isEmpty {
      try attempt("\(method.rawValue), channels equalised", method, ranges(method, extents, counts, equalized: true))
    }
    if let before = best {
      let few = chosen.spread(settings.fewImages)
      for correction in BiasCorrection.allCases {
        let corrected = try correctedBiases(
          network, numbers, before.ranges, for: correction, images: few.count, pool
        ) { image throws(ModelError) in try pixels(few[image]) }
        try attempt("\(before.name), biases corrected for \(correction.rawValue)", method, corrected)
      }
    }
    guard let best else { throw .rangesMissing(layers: network.layers.map(\.name)) }
    progress("measuring layers")
    let interpreter = try IntegerInterpreter(network.layers, numbers, best.ranges, network.source)
    let few = held.spread(settings.fewImages)
    let losses = try layerLosses(network, interpreter, images: few.count, pool) { image throws(ModelError) in
      try pixels(few[image])
    }
    let floatSums = network.layers.indices.filter { index in
      network.layers[index].isSum && !network.layers.isIntegerSum(index, numbers)
    }
    return Calibration(
      ranges: best.ranges, method: method, trials: trials, error: best.error, losses: losses,
      floatSums: floatSums.map { network.layers[$0].name }, chosenBy: chosen.count, heldOut: held.count,
      outputs: results)
  }

  // MARK: Observing

  /// - Parameter outputs: Takes those of each image.
  private func observe(
    _ images: [Int], _ scalable: Set<Int>, _ outputs: inout [[Float]]
  ) throws(ModelError) -> [ObservedExtent] {
    var extents: [ObservedExtent] = []
    // Some at a time, so that what is seen of all need not be held.
    for group in images.groups(of: pool.threads * 4) {
      let all = try group.map(inParallel: pool) { image throws(ModelError) in
        try network.observe(pixels(image), scalable: scalable)
      }
      for (image, seen) in zip(group, all) {
        outputs[image] = seen.outputs
        if extents.isEmpty {
          extents = seen.extents
        } else {
          for index in extents.indices { extents[index].add(seen.extents[index]) }
        }
      }
    }
    return extents
  }

  private func countAll(_ images: [Int], _ empty: ObservedHistograms) throws(ModelError) -> ObservedHistograms {
    var sum = empty
    for group in images.groups(of: pool.threads * 4) {
      let all = try group.map(inParallel: pool) { image throws(ModelError) in
        try network.histograms(pixels(image), empty)
      }
      for one in all { sum.add(one) }
    }
    return sum
  }

  // MARK: Choosing

  private func ranges(
    _ method: CalibrationMethod, _ extents: [ObservedExtent], _ counts: ObservedHistograms, equalized: Bool
  ) -> Ranges {
    var ranges = Ranges(network: name)
    for index in network.layers.indices {
      let name = network.layers.rangeName(of: index)
      guard var histogram = counts.plain[index] else { continue }
      var (low, high) = (extents[index].low, extents[index].high)
      if equalized, let scaled = counts.equalized[index] {
        histogram = scaled
        (low, high) = (low < 0 ? -scaled.end : 0, scaled.end)
        ranges.factors[name] = counts.factors[index]
      }
      let reach = histogram.threshold(method, numbers[index])
      low = max(low, -reach)
      ranges[name] = Ranges.Range(low: low, high: max(low, min(high, reach)))
    }
    return ranges
  }

  /// The relative error of the outputs over some images.
  private func error(_ ranges: Ranges, _ images: [Int], _ outputs: [[Float]]) throws(ModelError) -> Double {
    let interpreter = try IntegerInterpreter(network.layers, numbers, ranges, network.source)
    let found = try results(interpreter, images)
    var (noise, signal) = (0.0, 0.0)
    for (a, b) in zip(outputs, found) {
      for at in a.indices {
        noise += (Double(a[at]) - Double(b[at])) * (Double(a[at]) - Double(b[at]))
        signal += Double(a[at]) * Double(a[at])
      }
    }
    return signal > 0 ? (noise / signal).squareRoot() : noise.squareRoot()
  }

  private func results(_ interpreter: IntegerInterpreter, _ images: [Int]) throws(ModelError) -> [[Float]] {
    let layers = network.outputs.map(\.layer)
    return try images.map(inParallel: pool) { image throws(ModelError) in
      zip(layers, try interpreter.run(pixels(image), keeping: layers)).flatMap { layer, value in
        interpreter.scales.values(value, of: layer, network.layers[layer].shape)
      }
    }
  }
}

extension [Int] {
  /// At most so many of them, evenly.
  func spread(_ limit: Int) -> [Int] {
    count <= limit ? self : (0..<limit).map { self[$0 * count / limit] }
  }

  fileprivate func groups(of size: Int) -> [[Int]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }

  fileprivate func map<Value: Sendable>(
    inParallel pool: ThreadPool, _ body: (Int) throws(ModelError) -> Value
  ) throws(ModelError) -> [Value] {
    try pool.mapAll(count) { index throws(ModelError) in try body(self[index]) }
  }
}
