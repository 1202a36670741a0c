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
      share(images, memory, stamps: moments)
    }
    // Of layers that nothing computes.
    for index in 1..<steps.count where steps[index].kernel < 0 { moments[index + 1] = moments[index] }
    unpackOutputs(from: workspace, into: output, images: batch)
    moments[layers.count + 1] = now()
  }
}
