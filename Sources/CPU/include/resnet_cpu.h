// SPDX-License-Identifier: Apache-2.0
// What Swift cannot say to the processor by itself: ask what it can do, and tell it to wait.
#ifndef RESNET_CPU_H
#define RESNET_CPU_H

#include <stdbool.h>

/// The processor and the operating system support AVX2 and FMA (x86-64-v3).
bool resnet_cpu_has_avx2(void);

/// The processor and the operating system support AVX-512 F, BW, CD, DQ and VL (x86-64-v4).
bool resnet_cpu_has_avx512(void);

/// Tells the processor that this is a spinning wait, so that it saves power and leaves the core to its sibling.
static inline void resnet_cpu_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#endif
}

#endif
