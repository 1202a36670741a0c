// Kernels run with denormals flushed, on every thread, and whoever calls gets its own control back: rounding, flushing,
// flags. The network's only kernel writes down what it ran under.

import ResNetCPU
import ResNetRuntime
import Testing

/// Three values in, sixteen out: the control of the thread that computed each, and last what is left of a denormal.
private func network() -> ModelDescription {
  let plan = PlanDescription(
    isa: .portable, lanes: 4, arenaFloats: 64, scratchFloats: 0, weightFloats: 16 + 16 * 3,
    steps: """
      input, lanes 1
      fc, kernel 0 of 16 units, at 16, weights 0, vectors 1
      """,
    kernels: { _, source, _, _, output, _, _, begin, end in
      let control = Float(resnet_cpu_float_control() & ~flags)
      for unit in begin..<end { output[unit] = unit == 15 ? source[0] * source[1] : control }
    })
  return ModelDescription(
    name: "Tiny", batch: 1, answer: .values,
    layers: """
      input input, 3, 1x1
      fc linear, 3 to 16, 1x1, reads input, weight fc.weight, bias fc.bias
      """, plans: [plan], preprocess: nil)
}

#if arch(x86_64)
  private let hasControl = true
  /// Sticky flags, which arithmetic raises.
  private let flags: UInt = 0x3F
  /// As a new thread has it; rounding down; that and an inexact result seen; flushing on one side only.
  private let controls: [UInt] = [0x1F80, 0x3F80, 0x3FA0, 0x1FC0]
#elseif arch(arm64)
  private let hasControl = true
  private let flags: UInt = 0
  private let controls: [UInt] = [0, 2 << 22, 1 << 24]
#else
  private let hasControl = false
  private let flags: UInt = 0
  private let controls: [UInt] = [0]
#endif

@Suite(.enabled(if: hasControl)) struct FloatControlTests {
  @Test(arguments: [1, 2, 3], controls) func kernelsFlushAndCallersKeepTheirs(threads: Int, control: UInt) throws {
    let engine = try Engine(network(), weights: "random:1", threads: .exactly(threads), isa: nil)
    var workspace = try engine.makeWorkspace()
    let mine = resnet_cpu_float_control()
    defer { resnet_cpu_set_float_control(mine) }
    var after: [UInt] = []
    var failure: ModelError?

    resnet_cpu_set_float_control(control)
    let output = try engine.logits([1e-30, 1e-9, 0], using: &workspace)
    after.append(resnet_cpu_float_control())
    resnet_cpu_set_float_control(control)
    do throws(ModelError) {
      _ = try engine.logits([1], using: &workspace)
    } catch {
      failure = error
    }
    after.append(resnet_cpu_float_control())
    resnet_cpu_set_float_control(mine)

    #expect(output.dropLast().allSatisfy { $0 == Float(resnet_cpu_kernel_control()) })
    #expect(output.last == 0, "a product of 1e-39")
    #expect(failure == .inputSize(expected: 3, found: 1))
    // Converting on the way in and out may raise flags of its own.
    #expect(after.map { $0 & ~flags } == [control & ~flags, control & ~flags])
    #expect(after.allSatisfy { $0 & control & flags == control & flags }, "flags that were raised stay")
  }
}
