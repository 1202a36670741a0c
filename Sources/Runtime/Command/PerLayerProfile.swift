// SPDX-License-Identifier: Apache-2.0
// Measures where a call's time goes: whole passes with a look at the clock after every step, in turns with plain calls.

/// The best and the median of many times, in seconds.
struct TimeSummary: Sendable, Equatable {
  var best: Double
  var median: Double

  /// - Parameter times: at least one, in any order; sorted on return.
  init(_ times: inout [Double]) {
    times.sort()
    best = times[0]
    median = times[times.count / 2]
  }

  init(best: Double, median: Double) {
    self.best = best
    self.median = median
  }
}

/// One step of a network, measured.
struct LayerProfile: Sendable {
  /// The layer's; `output` for the copying out.
  var name: String
  var algorithm: String
  var time: TimeSummary
  /// `nil` for the copying out.
  var work: LayerWork?
  /// Seconds at best of one thread.
  var alone = 0.0
  var split = LayerSplit.alone([])

  /// The share of the machine's bound that the best time reaches, and what binds.
  func reached(_ machine: MachineLimits) -> (share: Double, limit: LayerWork.Limit)? {
    guard let bound = work?.bound(machine), time.best > 0, bound.seconds > 0 else { return nil }
    return (bound.seconds / time.best, bound.limit)
  }

  /// What the split allows the number of threads in use: the mean of their work by that of the busiest.
  func splitEfficiency(_ threads: Int) -> Double { 1 / (Double(threads) * (split.largestShares.last ?? 1)) }

  /// `conv3_x` for `conv3_1.2`, `head` for `head.fc`: the row of the source that the layer comes from.
  var stage: String {
    let block = name.split(separator: ".").first ?? ""
    guard let bar = block.lastIndex(of: "_"), block.index(after: bar) < block.endIndex,
      block[block.index(after: bar)...].utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
    else { return String(block) }
    return block[..<bar] + "_x"
  }
}

/// All steps of a network.
struct NetworkProfile: Sendable {
  /// In order of execution, the copying in and out included.
  var layers: [LayerProfile]
  /// Of all steps of a pass.
  var steps: TimeSummary
  /// Of a plain call, without a look at the clock between its steps.
  var call: TimeSummary
  /// What the split allows, by the times of one thread.
  var split: NetworkSplit
  var machine: MachineLimits
  var passes: Int

  /// Runs passes for some seconds. They allocate nothing.
  init(_ engine: Engine, seconds: Double) throws(ModelError) {
    let pixels = try AlignedBuffer(count: engine.batch * engine.inputShape.count)
    let logits = try AlignedBuffer(count: engine.batch * engine.outputCount)
    let shape = engine.inputShape
    RandomTensors(seed: 1).fill(
      pixels.floats, name: "input", shape: [engine.batch, shape.channels, shape.height, shape.width])
    var workspace = try engine.makeWorkspace()
    let meter = try LimitsMeter(isa: engine.isa, pool: engine.pool)
    let work = engine.work()
    // Single precision is what others are compared with.
    let multiplicands = Multiplicand.allCases.filter { type in
      type == .float32 || work.contains { $0.operations[type] != nil }
    }
    machine = meter.measure(
      multiplicands, passBytes: (engine.weights.count + engine.arenaFloats) * 4, valueBytes: engine.arenaFloats * 4)

    let input = UnsafeBufferPointer(pixels.floats)
    for _ in 0..<3 { try engine.run(input, into: logits.floats, using: &workspace) }
    // At most 16 MB of moments.
    let width = engine.stampCount
    let room = max(3, (2 << 20) / width)
    var stamps = [Double](repeating: 0, count: room * width)
    var calls = [Double](repeating: 0, count: room)
    // Of one thread, where the others are of several.
    var alone = [Double](repeating: .infinity, count: width - 1)
    var count = 0
    let start = now()
    var glance = start
    repeat {
      try stamps.withUnsafeMutableBufferPointer { stamps throws(ModelError) in
        let row = UnsafeMutableBufferPointer(rebasing: stamps[count * width..<(count + 1) * width])
        try engine.run(input, into: logits.floats, using: &workspace, stamps: row)
      }
      let before = now()
      try engine.run(input, into: logits.floats, using: &workspace)
      calls[count] = now() - before
      count += 1
      if engine.threads > 1 {
        var moments = [Double](repeating: 0, count: width)
        try moments.withUnsafeMutableBufferPointer { moments throws(ModelError) in
          try engine.run(input, into: logits.floats, using: &workspace, stamps: moments, alone: true)
        }
        for index in alone.indices { alone[index] = min(alone[index], moments[index + 1] - moments[index]) }
      }
      // A processor's clock follows what it did before, and its neighbours: a peak from another moment says little.
      if now() - glance > 0.02 {
        for (type, peak) in machine.peaks {
          machine.peaks[type] = max(peak, meter.peak(type, seconds: 0.001) ?? 0)
        }
        glance = now()
      }
    } while count < room && (now() - start < seconds || count < 3)
    passes = count

    func summary(from begin: Int, to end: Int) -> TimeSummary {
      var times = (0..<count).map { stamps[$0 * width + end] - stamps[$0 * width + begin] }
      return TimeSummary(&times)
    }
    let threadCounts = NetworkSplit.counts(engine.threads)
    layers = engine.layers.indices.filter { $0 == 0 || engine.steps[$0].kernel >= 0 }.map { index in
      // A pool that computes its convolution is counted as that: it is what takes the time.
      let time = summary(from: index, to: index + 1)
      let rows = engine.inputUnits
      return LayerProfile(
        name: engine.layers[engine.steps[index].convolution ?? index].name, algorithm: engine.algorithmName(index),
        time: time, work: work[index], alone: engine.threads > 1 ? alone[index] : time.best,
        split: index > 0
          ? engine.steps[index].split(threadCounts)
          : LayerSplit(units: rows, counts: threadCounts) { threads in
            (0...threads).map { rows * $0 / threads }
          } work: {
            Double($0)
          })
    }
    let output = summary(from: width - 2, to: width - 1)
    layers.append(
      LayerProfile(
        name: "output", algorithm: "copy", time: output, work: nil,
        alone: engine.threads > 1 ? alone[width - 2] : output.best, split: .alone(threadCounts)))
    split = NetworkSplit(threadCounts, layers: layers.map { ($0.alone, $0.split) })
    let serial = layers.last?.alone ?? 0
    let all = layers.reduce(0) { $0 + $1.alone }
    for index in split.rows.indices.dropLast() {
      let busiest = try Self.longestParts(
        engine, input, threads: split.rows[index].threads, seconds: seconds / 20, &workspace)
      split.rows[index].byParts = all / (busiest + serial)
    }
    steps = summary(from: 0, to: width - 1)
    calls.removeLast(room - count)
    call = TimeSummary(&calls)
  }

  /// Seconds of all layers, of each the part of so many threads that takes longest.
  private static func longestParts(
    _ engine: Engine, _ input: UnsafeBufferPointer<Float>, threads: Int, seconds: Double, _ workspace: inout Workspace
  ) throws(ModelError) -> Double {
    var longest = [Double](repeating: .infinity, count: engine.layers.count)
    let start = now()
    var passes = 0
    repeat {
      try longest.withUnsafeMutableBufferPointer { longest throws(ModelError) in
        try engine.runParts(input, threads: threads, using: &workspace, longest: longest)
      }
      passes += 1
    } while passes < 3 || now() - start < seconds
    return longest.reduce(0) { $1.isFinite ? $0 + $1 : $0 }
  }

  /// Sums over consecutive layers of one stage: best and median times, operations.
  var stages: [(name: String, time: TimeSummary, flops: Double)] {
    var result: [(name: String, time: TimeSummary, flops: Double)] = []
    for layer in layers {
      if result.last?.name != layer.stage { result.append((layer.stage, TimeSummary(best: 0, median: 0), 0)) }
      let last = result.count - 1
      result[last].time.best += layer.time.best
      result[last].time.median += layer.time.median
      result[last].flops += layer.work?.flops ?? 0
    }
    return result
  }

  /// The layers' best times and medians added up, which no single pass need have taken.
  var sum: TimeSummary {
    TimeSummary(best: layers.reduce(0) { $0 + $1.time.best }, median: layers.reduce(0) { $0 + $1.time.median })
  }

  var flops: Double { layers.reduce(0) { $0 + ($1.work?.flops ?? 0) } }
}
