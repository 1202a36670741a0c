// SPDX-License-Identifier: Apache-2.0
// A call with a look at the clock after every step. Steps are timed inside whole passes, since a layer that runs again
// and again on its own finds its weights and its input in a cache where a network never leaves them.

extension Engine {
  /// How many moments a timed call notes: its begin, the end of every layer (the first of which is the copying in of
  /// the images), and its end, after the outputs are copied out.
  var stampCount: Int { layers.count + 2 }

  /// `run`, which also notes `stampCount` moments in seconds. Allocates nothing. With several threads the last one to be
  /// done with a step looks at the clock; waking the others counts as part of the first step.
  ///
  /// - Parameter alone: On the calling thread only.
  func run(
    _ input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>,
    using workspace: inout Workspace, stamps: UnsafeMutableBufferPointer<Double>, alone: Bool = false
  ) throws(ModelError) {
    precondition(stamps.count == stampCount && output.count == batch * outputCount)
    guard let moments = stamps.baseAddress else { return }
    let images = try images(input, for: workspace)
    let memory = workspace.memory
    moments[0] = now()
    if threads == 1 || alone {
      let control = FloatControl.forKernels()
      defer { control.restore() }
      load(images, into: memory, 0, inputUnits)
      moments[1] = now()
      for index in 1..<steps.count where steps[index].kernel >= 0 {
        call(steps[index], memory)
        moments[index + 1] = now()
      }
    } else {
      try share(images, memory, stamps: moments)
    }
    // Of layers that nothing computes.
    for index in 1..<steps.count where steps[index].kernel < 0 { moments[index + 1] = moments[index] }
    unpackOutputs(from: workspace, into: output, images: batch)
    moments[layers.count + 1] = now()
  }

  /// A batch on this thread as so many would compute it, one part after another: for each layer the seconds of the part that
  /// took longest, if that is less than what stands there. What threads do twice, because they share a step, is in it.
  func runParts(
    _ input: UnsafeBufferPointer<Float>, threads: Int, using workspace: inout Workspace,
    longest: UnsafeMutableBufferPointer<Double>
  ) throws(ModelError) {
    precondition(longest.count == layers.count)
    let images = try images(input, for: workspace)
    let memory = workspace.memory
    let control = FloatControl.forKernels()
    defer { control.restore() }
    for index in steps.indices where index == 0 || steps[index].kernel >= 0 {
      let (step, call) = (steps[index], steps[index].call)
      var most = 0.0
      for part in 0..<threads {
        let before = now()
        if index == 0 {
          load(images, into: memory, inputUnits * part / threads, inputUnits * (part + 1) / threads)
        } else {
          memory.clearNotes(of: 0)
          let (begin, end) = (
            step.firstUnit(of: part, threads: threads), step.firstUnit(of: part + 1, threads: threads)
          )
          if begin < end { self.call(call, memory, part: 0, begin, end) }
        }
        most = max(most, now() - before)
      }
      longest[index] = min(longest[index], most)
    }
  }
}
