// SPDX-License-Identifier: Apache-2.0
// What bounds a layer, as loops that do nothing else: multiply-adds on registers, and reading memory. `bench
// --per-layer` holds the kernels against them. The runtime is compiled for the plainest processor of an architecture, so
// each function here says itself which instructions it is made of. None of it may be called where they are missing.
#ifndef RESNET_PEAK_H
#define RESNET_PEAK_H

#include "resnet_simd.h"

#pragma clang fp contract(off)

// Unrolled, or else an array of vectors does not become registers.
#define RESNET_PEAK_EACH(I, FIRST, END) _Pragma("clang loop unroll(full)") for (int I = FIRST; I < END; I++)

// NAME: an instruction set; N: floats of its vectors; SUMS: chains that do not wait for each other, as many as
// registers allow (2 pipes of 4 cycles' latency want 8, 4 such pipes 16); WORD(a, b, sum): its multiply-add.
#define RESNET_PEAK(NAME, N, SUMS, ATTRIBUTE, WORD)                                                                \
  /* `rounds` rounds of 8 SUMS vector multiply-adds; in rounds of SUMS the branch takes a twelfth, as it may use a \
     port of theirs. The result means nothing; it keeps them from being dropped. */                                \
  ATTRIBUTE static inline float resnet_peak_##NAME(long rounds, float seed) {                                      \
    resnet_f32x##N sums[SUMS], a = (resnet_f32x##N)(0.5f), b = (resnet_f32x##N)(seed);                             \
    RESNET_PEAK_EACH(i, 0, SUMS) sums[i] = (resnet_f32x##N)(seed + (float)i);                                      \
    for (long round = 0; round < rounds; round++) {                                                                \
      RESNET_PEAK_EACH(again, 0, 8) {                                                                              \
        RESNET_PEAK_EACH(i, 0, SUMS) sums[i] = WORD(sums[i], a, b);                                                \
      }                                                                                                            \
    }                                                                                                              \
    RESNET_PEAK_EACH(i, 1, SUMS) sums[0] += sums[i];                                                               \
    return sums[0][0];                                                                                             \
  }                                                                                                                \
                                                                                                                   \
  /* Floats of a round. */                                                                                         \
  static inline long resnet_peak_width_##NAME(void) { return 8 * (SUMS) * (N); }                                   \
                                                                                                                   \
  /* Reads `count` floats at `p`, a multiple of 128 at an address that is a multiple of 64 bytes, once. */         \
  ATTRIBUTE static inline float resnet_stream_##NAME(const float *p, long count) {                                 \
    resnet_f32x##N sums[8];                                                                                        \
    RESNET_PEAK_EACH(i, 0, 8) sums[i] = (resnet_f32x##N)(0.0f);                                                    \
    for (long at = 0; at < count; at += 8 * (N)) {                                                                 \
      RESNET_PEAK_EACH(i, 0, 8) {                                                                                  \
        sums[i] += *(const resnet_f32x##N *)(p + at + i * (N));                                                    \
      }                                                                                                            \
    }                                                                                                              \
    RESNET_PEAK_EACH(i, 1, 8) sums[0] += sums[i];                                                                  \
    return sums[0][0];                                                                                             \
  }

#define RESNET_PEAK_FUSED(a, b, sum) __builtin_elementwise_fma(a, b, sum)
#define RESNET_PEAK_SEPARATE(a, b, sum) ((a) * (b) + (sum))

#if defined(__x86_64__)
RESNET_PEAK(avx512, 16, 16, __attribute__((target("avx512f"))), RESNET_PEAK_FUSED)
RESNET_PEAK(avx2, 8, 12, __attribute__((target("avx2,fma"))), RESNET_PEAK_FUSED)
#elif defined(__aarch64__)
RESNET_PEAK(neon, 4, 16, , RESNET_PEAK_FUSED)
#endif
RESNET_PEAK(portable, 4, 12, , RESNET_PEAK_SEPARATE)

#endif
