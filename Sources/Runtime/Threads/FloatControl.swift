// SPDX-License-Identifier: Apache-2.0
// Speed must not depend on values. A network whose weight decay drove channels to almost nothing computes with denormal
// numbers, which processors treat as exceptions: sixty times as slow, two hundred where activations are denormal. Kernels
// therefore run under a control of their own, in which such numbers are zeros, rounding is to nearest and nothing traps,
// whatever the calling thread had: one answer, on every thread and for every caller.

import ResNetCPU

/// How a thread's floating-point unit was set before kernels ran on it.
struct FloatControl {
  private let before: UInt

  /// Sets this thread up for kernels. `restore` must follow on the same thread.
  @inline(__always)
  static func forKernels() -> FloatControl {
    let control = FloatControl(before: resnet_cpu_float_control())
    resnet_cpu_set_float_control(resnet_cpu_kernel_control())
    return control
  }

  /// Sets this thread back to what it was, to the last flag.
  @inline(__always)
  func restore() { resnet_cpu_set_float_control(before) }
}
