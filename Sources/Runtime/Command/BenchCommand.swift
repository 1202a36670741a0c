// SPDX-License-Identifier: Apache-2.0
// `bench --weights W --threads N [--seconds S] [--per-layer] [--json]`: how long a call takes, copying the image in and
// the outputs out included; with --per-layer also how long each of its steps takes, beside what the machine allows.

/// Calls the model again and again for some seconds and prints the best and the median time, of all or of every layer.
func benchCommand(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) {
  try arguments.noOperands()
  let seconds = try arguments.number("--seconds", default: 4, in: 0.1...3600)
  let networks = try loadEnsemble(model, arguments)
  let engine = networks.first
  if arguments.has("--per-layer") {
    let texts = try modelErrors { () throws(ModelError) in
      try profiles(networks, seconds: seconds, asJSON: arguments.has("--json"))
    }
    print(
      networks.isSingle
        ? texts[0] : arguments.has("--json") ? "[\(texts.joined(separator: ", "))]" : texts.joined(separator: "\n\n"))
    return
  }
  let times = try modelErrors { () throws(ModelError) in try measure(networks, seconds: seconds) }
  let best = milliseconds(times[0])
  let median = milliseconds(times[times.count / 2])
  if arguments.has("--json") {
    print(
      "{\"model\": \"\(model.name)\", \"best_ms\": \(best), \"median_ms\": \(median), \"threads\": \(engine.threads), "
        + "\"batch\": \(engine.batch), \"isa\": \"\(engine.isa)\", "
        + "\"precision\": \"\(engine.precision.rawValue)\", \"runs\": \(times.count)}")
  } else {
    print("\(model.name), batch \(engine.batch), \(engine.threads) thread(s), \(PackedHeader.kernels(engine.isa, engine.precision))")
    print("best \(best) ms, median \(median) ms, \(times.count) runs")
  }
}

/// Of each network by itself, which share the time.
private func profiles(_ networks: Ensemble, seconds: Double, asJSON: Bool) throws(ModelError) -> [String] {
  var texts: [String] = []
  for engine in networks.members {
    let profile = try NetworkProfile(engine, seconds: seconds / Double(networks.members.count))
    texts.append(asJSON ? profile.json(engine) : profile.text(engine))
  }
  return texts
}

/// Seconds of every call, in ascending order.
private func measure(_ networks: Ensemble, seconds: Double) throws(ModelError) -> [Double] {
  let pixels = try AlignedBuffer(count: networks.batch * networks.inputCount)
  let outputs = try AlignedBuffer(count: networks.batch * networks.outputCount)
  let shape = networks.first.inputShape
  RandomTensors(seed: 1).fill(
    pixels.floats, name: "input", shape: [networks.batch, shape.channels, shape.height, shape.width])
  let memory = try EnsembleMemory(networks)
  for _ in 0..<3 { try networks.run(UnsafeBufferPointer(pixels.floats), into: outputs.floats, using: memory) }
  var times: [Double] = []
  let start = now()
  repeat {
    let before = now()
    try networks.run(UnsafeBufferPointer(pixels.floats), into: outputs.floats, using: memory)
    times.append(now() - before)
  } while now() - start < seconds && times.count < 10_000_000
  times.sort()
  return times
}

/// With three decimals.
private func milliseconds(_ seconds: Double) -> Double { (seconds * 1e6).rounded() / 1e3 }
