// SPDX-License-Identifier: Apache-2.0
// What the processor can do: the one question that Swift cannot ask by itself.
#ifndef RESNET_CPU_H
#define RESNET_CPU_H

#include <stdbool.h>

/// The processor and the operating system support AVX2 and FMA (x86-64-v3).
bool resnet_cpu_has_avx2(void);

/// The processor and the operating system support AVX-512 F, BW, CD, DQ and VL (x86-64-v4).
bool resnet_cpu_has_avx512(void);

#endif
