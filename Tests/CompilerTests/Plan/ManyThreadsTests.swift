// What plans allow many threads: by the units of each step and the times that are predicted of one thread, for the networks
// of which it is asked.
import Testing

@testable import ResNetCompiler

@Suite struct ManyThreadsTests {
  /// At least 0.92 of 8 threads, 0.85 of 16 and 0.75 of 32.
  @Test(arguments: ["resnet50.rn", "resnet18.rn", "mobilenet_v2.rn"], [1, 8])
  func threadsHaveSomethingToDo(file: String, batch: Int) throws {
    let plan = try plan(file, .avx512, batch: batch)
    let layers = Prediction(plan, on: .reference).layers
    // The copying in comes first, the copying out last.
    try #require(layers.count == plan.steps.count + 2)
    for (threads, least) in [(1, 1.0), (2, 0.98), (8, 0.92), (16, 0.85), (32, 0.75)] {
      var (all, busiest) = (0.0, 0.0)
      for (step, layer) in zip(plan.steps, layers.dropFirst()) {
        all += layer.seconds
        busiest += layer.seconds * largestPart(plan.kernels[step.kernel], threads: threads)
      }
      #expect(all / busiest / Double(threads) >= least - 1e-9, "\(threads) threads")
    }
  }

  /// Of all work, where each thread has consecutive units, as near to its share as they come.
  private func largestPart(_ kernel: Kernel, threads: Int) -> Double {
    let turn = kernel.unitRuns.flatMap { [Int](repeating: $0.work, count: $0.count) }
    var before = [0]
    for unit in 0..<kernel.units { before.append(before[unit] + (turn.isEmpty ? 1 : turn[unit % turn.count])) }
    let all = Double(before[kernel.units])
    var (unit, last, largest) = (0, 0, 0)
    for part in 1...threads {
      let goal = all * Double(part) / Double(threads)
      while unit < kernel.units, abs(Double(before[unit + 1]) - goal) <= abs(Double(before[unit]) - goal) { unit += 1 }
      largest = max(largest, before[unit] - last)
      last = before[unit]
    }
    return Double(largest) / all
  }
}
