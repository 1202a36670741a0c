// SPDX-License-Identifier: Apache-2.0
// `bench --weights W --threads N [--seconds S] [--per-layer] [--json]`: how long a call takes, copying the image in and
// the outputs out included; with --per-layer also how long each of its steps takes, beside what the machine allows.

/// Calls the model again and again for some seconds and prints the best and the median time, of all or of every layer.
func benchCommand(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) {
  try arguments.noOperands()
  let seconds = try arguments.number("--seconds", default: 4, in: 0.1...3600)
  let engine = try loadEngine(model, arguments)
  if arguments.has("--per-layer") {
    let profile = try modelErrors { () throws(ModelError) in try NetworkProfile(engine, seconds: seconds) }
    print(arguments.has("--json") ? profile.json(engine) : profile.text(engine))
    return
  }
  let times = try modelErrors { () throws(ModelError) in try measure(engine, seconds: seconds) }
  let best = milliseconds(times[0])
  let median = milliseconds(times[times.count / 2])
  if arguments.has("--json") {
    print(
      "{\"model\": \"\(model.name)\", \"best_ms\": \(best), \"median_ms\": \(median), \"threads\": \(engine.threads), "
        + "\"batch\": \(engine.batch), \"isa\": \"\(engine.isa)\", \"runs\": \(times.count)}")
  } else {
    print("\(model.name), batch \(engine.batch), \(engine.threads) thread(s), \(engine.isa)")
    print("best \(best) ms, median \(median) ms, \(times.count) runs")
  }
}

/// Seconds of every call, in ascending order.
private func measure(_ engine: Engine, seconds: Double) throws(ModelError) -> [Double] {
  let pixels = try AlignedBuffer(count: engine.batch * engine.inputShape.count)
  let logits = try AlignedBuffer(count: engine.batch * engine.outputCount)
  let shape = engine.inputShape
  RandomTensors(seed: 1).fill(
    pixels.floats, name: "input", shape: [engine.batch, shape.channels, shape.height, shape.width])
  var workspace = try engine.makeWorkspace()
  for _ in 0..<3 { try engine.run(UnsafeBufferPointer(pixels.floats), into: logits.floats, using: &workspace) }
  var times: [Double] = []
  let start = now()
  repeat {
    let before = now()
    try engine.run(UnsafeBufferPointer(pixels.floats), into: logits.floats, using: &workspace)
    times.append(now() - before)
  } while now() - start < seconds && times.count < 10_000_000
  times.sort()
  return times
}

/// With three decimals.
private func milliseconds(_ seconds: Double) -> Double { (seconds * 1e6).rounded() / 1e3 }
