// SPDX-License-Identifier: Apache-2.0
// `verify --weights W [--packed FILE]`: every layer's kernels, on the weights as given or on a packed file, against the
// plain network, which needs the tensors as they were trained; of an ensemble each network's.

/// Prints every layer's error, and the worst; the exit code is 1 where one exceeds the tolerance.
func verifyCommand(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) -> Int32 {
  try arguments.noOperands()
  let weights = try arguments.allWeights(of: model)
  let packed = arguments.value("--packed") == nil ? nil : try arguments.files("--packed", of: model)
  var isGood = true
  for (index, network) in model.networks.enumerated() {
    let engine = try loadEngine(network, arguments, weights: packed?[index] ?? weights[index])
    if !model.members.isEmpty { print("network \(index + 1), \(network.name)") }
    let tolerance = try arguments.number("--tolerance", default: engine.precision.tolerance, in: 0...1)
    isGood = try verify(engine, weights[index], tolerance, arguments) && isGood
  }
  return isGood ? 0 : 1
}

/// Whether all of a network's layers are as they should be.
private func verify(
  _ engine: Engine, _ weights: String, _ tolerance: Double, _ arguments: Arguments
) throws(CommandError) -> Bool {
  let errors = try modelErrors { () throws(ModelError) in
    engine.precision == .int8
      ? try engine.verifyIntegers(weights: weights, ranges: arguments.value("--ranges"))
      : try engine.verify(weights: weights)
  }
  let width = errors.map(\.name.count).max() ?? 0
  if !arguments.has("--quiet") {
    for error in errors {
      let padding = String(repeating: " ", count: width - error.name.count)
      let shape = "\(error.shape.channels)x\(error.shape.height)x\(error.shape.width)"
      print("\(error.name)\(padding)  \(scientific(error.relative))  \(shape)")
    }
  }
  let exact = errors.filter { $0.allowance <= tolerance }
  guard let worst = exact.max(by: { $0.relative < $1.relative }) else { return true }
  let outside = engine.precision == .float16 ? errors.filter { $0.magnitude > Half.largest } : []
  for error in outside {
    print("\(error.name) has values up to \(Float(error.magnitude)), and half precision ends at 65504")
  }
  let kernels = PackedHeader.kernels(engine.isa, engine.precision)
  var isGood = said("\(kernels): \(exact.count) layers", worst, tolerance)
  // Between layers of whole numbers.
  let floats = errors.filter { $0.allowance > tolerance }
  if let worst = floats.max(by: { $0.relative < $1.relative }) {
    isGood = said("  and of floats: \(floats.count) layers", worst, worst.allowance) && isGood
  }
  return isGood && outside.isEmpty
}

/// Says how far the worst of some layers is off, and whether that is within what is allowed.
private func said(_ layers: String, _ worst: LayerError, _ tolerance: Double) -> Bool {
  let isGood = worst.relative <= tolerance
  print(
    "\(layers), worst \(worst.name) with \(scientific(worst.relative)) of its largest value, "
      + (isGood ? "within \(scientific(tolerance))" : "which exceeds \(scientific(tolerance))"))
  return isGood
}

/// `1.3e-07`.
private func scientific(_ value: Double) -> String {
  guard value > 0, value.isFinite else { return value == 0 ? "0      " : "\(value)" }
  var exponent = 0
  var mantissa = value
  while mantissa >= 9.95 {
    mantissa /= 10
    exponent += 1
  }
  while mantissa < 0.995 {
    mantissa *= 10
    exponent -= 1
  }
  let digits = Int((mantissa * 10).rounded())
  let magnitude = abs(exponent)
  return "\(digits / 10).\(digits % 10)e\(exponent < 0 ? "-" : "+")\(magnitude < 10 ? "0" : "")\(magnitude)"
}
