// SPDX-License-Identifier: Apache-2.0
// Waiting without the kernel. The steps of a network are tens of microseconds apart, less than it takes to put a thread
// to sleep and wake it, so a waiting thread spins first.

import ResNetCPU

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How often a wait looks before it gives up its core: some 30 microseconds of pauses. Ten times as many gain nothing at
/// two threads on two cores, and cost a fifth of the time of a small network at three.
private let spinLimit = 2_000

/// Looks at `condition` until it holds or patience ends; says whether it holds.
@inline(__always)
func spin(until condition: () -> Bool) -> Bool {
  for _ in 0..<spinLimit {
    if condition() { return true }
    resnet_cpu_pause()
  }
  return condition()
}

/// Waits until `condition` holds, soon. With more threads than cores the one waited for may not be running, so after a
/// while every look lets others run first.
@inline(__always)
func spinOrYield(until condition: () -> Bool) {
  if spin(until: condition) { return }
  while !condition() { sched_yield() }
}

/// Lets other threads run.
func yieldProcessor() { sched_yield() }
