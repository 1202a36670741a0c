// SPDX-License-Identifier: Apache-2.0
// A call with a look at the clock after every step. Steps are timed inside whole passes, since a layer that runs again
// and again on its own finds its weights and its input in a cache where a network never leaves them.

extension Engine {
  /// How many moments a timed call notes: its begin, the end of every layer (the first of which is the copying in of
  /// the images), and its end, after the outputs are copied out.
  var stampCount: Int { layers.count + 2 }

  /// `run`, which also notes `stampCount` moments in seconds. Allocates nothing. With several threads the calling one
  /// looks at the clock, after the barrier that ends a step; waking the others counts as part of the first step.
  func run(
    _ input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>,
    using workspace: inout Workspace, stamps: UnsafeMutableBufferPointer<Double>
  ) throws(ModelError) {
    precondition(stamps.count == stampCount && output.count == batch * outputCount)
    stamps[0] = now()
    var job = TimedJob(
      engine: Unmanaged.passUnretained(self), memory: workspace.memory, images: try images(input, for: workspace),
      stamps: stamps)
    withUnsafeMutablePointer(to: &job) { job in
      pool.run(UnsafeMutableRawPointer(job)) { context, part in
        let job = context.load(as: TimedJob.self)
        job.engine._withUnsafeGuaranteedRef { $0.run(part: part, job) }
      }
    }
    unpackOutputs(from: workspace, into: output, images: batch)
    stamps[layers.count + 1] = now()
  }

  private struct TimedJob {
    let engine: Unmanaged<Engine>
    let memory: WorkspaceMemory
    let images: InputImages
    let stamps: UnsafeMutableBufferPointer<Double>
  }

  /// One thread's share of every step; part 0 notes when all have done theirs.
  private func run(part: Int, _ job: TimedJob) {
    let control = FloatControl.forKernels()
    defer { control.restore() }
    let (memory, stamps) = (job.memory, job.stamps)
    load(job.images, into: memory, inputUnits * part / threads, inputUnits * (part + 1) / threads)
    pool.barrier()
    if part == 0 { stamps[1] = now() }
    for index in 1..<steps.count {
      if steps[index].kernel >= 0 {
        call(index, memory, part: part)
        pool.barrier()
      }
      if part == 0 { stamps[index + 1] = now() }
    }
  }
}
