// SPDX-License-Identifier: Apache-2.0
// `pack --precision float16 --check-range --images DIR|LIST`: whether values stay where half precision ends. Weights that
// do not fit are found where they are packed; values follow from images, and so are computed in single precision of some,
// and held against 65,504 layer by layer before a file is written.

/// The largest magnitude of each layer's value.
struct RangeCheck {
  /// A layer that some kernels of the package store in half precision.
  struct Layer {
    let name: String
    let magnitude: Float
    /// A value that is no number at all counts as beyond, too.
    var isBeyond: Bool { !(magnitude <= Float(Half.largest)) }
  }

  /// In order.
  let layers: [Layer]
  let images: Int

  var beyond: [Layer] { layers.filter(\.isBeyond) }

  /// Looks at all layers of all images.
  init(_ network: FloatNetwork, halves: [Bool], images: QuantizeImages, _ pool: ThreadPool) throws(ModelError) {
    let found = try pool.mapAll(images.paths.count) { index throws(ModelError) in
      var magnitudes = [Float](repeating: 0, count: network.layers.count)
      try network.run(try images.pixels(index)) { layer, values in
        // Whatever is no number stays one.
        for value in values where !(abs(value) <= magnitudes[layer]) { magnitudes[layer] = abs(value) }
      }
      return magnitudes
    }
    self.images = found.count
    layers = network.layers.indices.filter { halves[$0] }.map { layer in
      var largest: Float = 0
      for magnitudes in found where !(magnitudes[layer] <= largest) { largest = magnitudes[layer] }
      return Layer(name: network.layers[layer].name, magnitude: largest)
    }
  }

  /// What is said of it.
  func text(_ model: String) -> String {
    guard let largest = layers.max(by: { $0.magnitude < $1.magnitude }) else {
      return "\(model): no kernels of this package store values in half precision"
    }
    guard !beyond.isEmpty else {
      return "\(model), \(images) images: the largest value that may be a half is "
        + "\(largest.magnitude), of \(largest.name), and half precision ends at 65504"
    }
    let lines = beyond.map { "\($0.name) has values up to \($0.magnitude), and half precision ends at 65504\n" }
    return lines.joined()
      + "Nothing was packed. Generate the package with --keep-float \(beyond.map(\.name).joined(separator: ",")), "
      + "and these layers stay in single precision."
  }
}

extension ModelDescription {
  /// Of each layer, whether kernels of this package, for whatever machine, store its value in half precision.
  func halfValues(_ layers: [LayerRecord]) throws(ModelError) -> [Bool] {
    var halves = layers.map { _ in false }
    for plan in plans where plan.precision == .float16 {
      let table = TableLine.lines(of: plan.steps)
      let places = try readSteps(table, layers: layers, lanes: plan.lanes, isa: plan.isa).places
      for (index, place) in places.enumerated() where place.number == .float16 { halves[index] = true }
    }
    return halves
  }
}

/// Before packing: true where all values fit.
func checkRange(_ model: ModelDescription, weights: String, _ arguments: Arguments) throws(CommandError) -> Bool {
  guard try arguments.precision() == .float16 else {
    throw .usage(UsageError(message: "--check-range goes with --precision float16: nothing else ends at 65504"))
  }
  let path = try arguments.required("--images")
  let isa = try arguments.isa()
  let count = try arguments.int("--count", default: 300, in: 1...1_000_000)
  let check = try modelErrors { () throws(ModelError) in
    let plan = try RunnablePlan(of: model, isa: isa, precision: .float16)
    let pool = try ThreadPool(threads: 1)
    let network = try floatNetwork(model, weights, plan)
    let images = try QuantizeImages(path, of: model, count: count, orients: false, labels: nil, pool)
    for failure in images.failures { writeError("Error: \(failure.description)") }
    return try RangeCheck(network, halves: try model.halfValues(plan.layers), images: images, pool)
  }
  print(check.text(model.name))
  return check.beyond.isEmpty
}
