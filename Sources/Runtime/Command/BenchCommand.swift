// SPDX-License-Identifier: Apache-2.0
// `bench --weights W --threads N [--callers C] [--seconds S] [--per-layer] [--json]`: how long a call takes, copying the
// image in and the outputs out included, and how many images a second several callers get at one time; with --per-layer how
// long each of its steps takes, beside what the machine allows.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Calls the model again and again for some seconds and prints the best and the median time, of all or of every layer.
func benchCommand(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) {
  try arguments.noOperands()
  let seconds = try arguments.number("--seconds", default: 4, in: 0.1...3600)
  let callers = try arguments.int("--callers", default: 1, in: 1...ThreadPool.limit)
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
  let (times, rate) = try modelErrors { () throws(ModelError) in
    try measure(networks, callers: callers, seconds: seconds)
  }
  let best = milliseconds(times[0])
  let median = milliseconds(times[times.count / 2])
  if arguments.has("--json") {
    print(
      "{\"model\": \"\(model.name)\", \"best_ms\": \(best), \"median_ms\": \(median), \"threads\": \(engine.threads), "
        + "\"batch\": \(engine.batch), \"isa\": \"\(engine.isa)\", \"precision\": \"\(engine.precision.rawValue)\", "
        + "\"runs\": \(times.count), \"callers\": \(callers), \"images_per_second\": \(fixed(rate, 3))}")
  } else {
    let others = callers > 1 ? ", \(callers) callers" : ""
    let kernels = PackedHeader.kernels(engine.isa, engine.precision)
    print("\(model.name), batch \(engine.batch), \(engine.threads) thread(s)\(others), \(kernels)")
    print("best \(best) ms, median \(median) ms, \(times.count) runs, \(fixed(rate, 1)) images a second")
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

/// Seconds of every call, in ascending order, and images a second of all callers together.
private func measure(
  _ networks: Ensemble, callers: Int, seconds: Double
) throws(ModelError) -> (times: [Double], rate: Double) {
  var all: [BenchCaller] = []
  for _ in 0..<callers { all.append(try BenchCaller(networks, seconds: seconds)) }
  let meeting = Barrier(parties: callers)
  var threads: [pthread_t] = []
  for caller in all.dropFirst() { threads.append(try startThread { caller.run(meeting) }) }
  all[0].run(meeting)
  for thread in threads { pthread_join(thread, nil) }
  var (times, rate): ([Double], Double) = ([], 0)
  for caller in all {
    let result = try caller.result.get()
    times += result
    rate += Double(networks.batch * result.count) / caller.span
  }
  times.sort()
  return (times, rate)
}

/// Who calls again and again, with memory of its own.
private final class BenchCaller: @unchecked Sendable {  // Written by its thread, read after that was joined.
  private let networks: Ensemble
  private let seconds: Double
  private let pixels: AlignedBuffer
  private let outputs: AlignedBuffer
  private let memory: EnsembleMemory
  /// Seconds of each call.
  private(set) var result: Result<[Double], ModelError> = .success([])
  /// Seconds of all.
  private(set) var span = 0.0

  init(_ networks: Ensemble, seconds: Double) throws(ModelError) {
    self.networks = networks
    self.seconds = seconds
    pixels = try AlignedBuffer(count: networks.batch * networks.inputCount)
    outputs = try AlignedBuffer(count: networks.batch * networks.outputCount)
    memory = try EnsembleMemory(networks)
    let shape = networks.first.inputShape
    RandomTensors(seed: 1).fill(
      pixels.floats, name: "input", shape: [networks.batch, shape.channels, shape.height, shape.width])
  }

  /// Begins when all have met.
  func run(_ meeting: Barrier) {
    var times: [Double] = []
    do throws(ModelError) {
      for _ in 0..<3 { try call() }
    } catch {
      result = .failure(error)
    }
    meeting.wait()
    guard case .success = result else { return }
    let start = now()
    do throws(ModelError) {
      repeat {
        let before = now()
        try call()
        times.append(now() - before)
      } while now() - start < seconds && times.count < 10_000_000
      span = now() - start
      result = .success(times)
    } catch {
      result = .failure(error)
    }
  }

  private func call() throws(ModelError) {
    try networks.run(UnsafeBufferPointer(pixels.floats), into: outputs.floats, using: memory)
  }
}

/// With three decimals.
private func milliseconds(_ seconds: Double) -> Double { (seconds * 1e6).rounded() / 1e3 }
