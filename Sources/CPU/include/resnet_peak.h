// SPDX-License-Identifier: Apache-2.0
// What bounds a layer, as loops that do nothing else: multiply-adds on registers, of each type of numbers, and reading
// memory. `bench --per-layer` holds the kernels against them. The runtime is compiled for the plainest processor of an
// architecture, so each function here says itself which instructions it is made of. None of it may be called where they
// are missing.
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

// The same of numbers of which several lie in a word of 32 bits, by the instructions of the kernels (`resnet_integers.h`,
// `resnet_halves.h`): NAME, N words, PARTS products in each, and STEP(sum, a, b), a function of that attribute: sum + a b.
// Its instructions are assembly: the factors are always the same, and a compiler that knew would compute a product once.
// Twelve sums at most, since assembly gets sixteen registers on AVX-512, too; the latency of two pipes wants ten.
#define RESNET_PEAK_PRODUCTS(NAME, N, PARTS, SUMS, ATTRIBUTE, STEP)                                                \
  ATTRIBUTE static inline float resnet_peak_##NAME(long rounds, float seed) {                                      \
    resnet_i32x##N sums[SUMS], zero = {0};                                                                         \
    /* As bytes and as numbers of 16 bits small, as halves 1 and 2^-10: a sum that ends at 2, and no infinity. */  \
    resnet_i32x##N a = zero + (0x3C003C00 + (seed > 1e9f)), b = zero + 0x14001400;                                 \
    RESNET_PEAK_EACH(i, 0, SUMS) sums[i] = zero;                                                                   \
    for (long round = 0; round < rounds; round++) {                                                                \
      RESNET_PEAK_EACH(again, 0, 8) {                                                                              \
        RESNET_PEAK_EACH(i, 0, SUMS) sums[i] = STEP(sums[i], a, b);                                                \
      }                                                                                                            \
    }                                                                                                              \
    RESNET_PEAK_EACH(i, 1, SUMS) sums[0] ^= sums[i];                                                               \
    return (float)sums[0][0];                                                                                      \
  }                                                                                                                \
                                                                                                                   \
  static inline long resnet_peak_width_##NAME(void) { return 8 * (SUMS) * (N) * (PARTS); }

// STEP in one instruction.
#define RESNET_PEAK_INSTRUCTION(NAME, N, ATTRIBUTE, CONSTRAINT, TEXT)                                              \
  ATTRIBUTE static inline resnet_i32x##N resnet_step_##NAME(resnet_i32x##N sum, resnet_i32x##N a, resnet_i32x##N b) { \
    __asm__ volatile(TEXT : "+" CONSTRAINT(sum) : CONSTRAINT(a), CONSTRAINT(b));                                   \
    return sum;                                                                                                    \
  }

// The products of pairs, then the sum.
#define RESNET_PEAK_PAIRS(NAME, N, ATTRIBUTE, TEXT)                                                                \
  ATTRIBUTE static inline resnet_i32x##N resnet_step_##NAME(resnet_i32x##N sum, resnet_i32x##N a, resnet_i32x##N b) { \
    resnet_i32x##N products;                                                                                       \
    __asm__ volatile(TEXT : "+x"(sum), "=&x"(products) : "x"(a), "x"(b));                                          \
    return sum;                                                                                                    \
  }

#if defined(__x86_64__)
#define RESNET_PEAK_AVX2 __attribute__((target("avx2")))
#define RESNET_PEAK_AVXVNNI __attribute__((target("avx2,avxvnni")))
#define RESNET_PEAK_VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))
#define RESNET_PEAK_FP16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512fp16")))

RESNET_PEAK_PAIRS(portable_int16, 4, , "movdqa %2, %1\n\tpmaddwd %3, %1\n\tpaddd %1, %0")
RESNET_PEAK_PAIRS(avx2_int16, 8, RESNET_PEAK_AVX2, "vpmaddwd %3, %2, %1\n\tvpaddd %1, %0, %0")
RESNET_PEAK_INSTRUCTION(avxvnni_int8, 8, RESNET_PEAK_AVXVNNI, "x", "%{vex%} vpdpbusd %2, %1, %0")
RESNET_PEAK_INSTRUCTION(avx512_int8, 16, RESNET_PEAK_VNNI, "v", "vpdpbusd %2, %1, %0")
RESNET_PEAK_INSTRUCTION(avx512_int16, 16, RESNET_PEAK_VNNI, "v", "vpdpwssd %2, %1, %0")
RESNET_PEAK_INSTRUCTION(avx512_float16, 16, RESNET_PEAK_FP16, "v", "vfmadd231ph %2, %1, %0")

RESNET_PEAK_PRODUCTS(portable_int16, 4, 2, 8, , resnet_step_portable_int16)
RESNET_PEAK_PRODUCTS(avx2_int16, 8, 2, 8, RESNET_PEAK_AVX2, resnet_step_avx2_int16)
RESNET_PEAK_PRODUCTS(avxvnni_int8, 8, 4, 12, RESNET_PEAK_AVXVNNI, resnet_step_avxvnni_int8)
RESNET_PEAK_PRODUCTS(avx512_int8, 16, 4, 12, RESNET_PEAK_VNNI, resnet_step_avx512_int8)
RESNET_PEAK_PRODUCTS(avx512_int16, 16, 2, 12, RESNET_PEAK_VNNI, resnet_step_avx512_int16)
RESNET_PEAK_PRODUCTS(avx512_float16, 16, 2, 12, RESNET_PEAK_FP16, resnet_step_avx512_float16)
#elif defined(__aarch64__)
static inline resnet_i32x4 resnet_step_portable_int16(resnet_i32x4 sum, resnet_i32x4 a, resnet_i32x4 b) {
  __asm__ volatile("" : "+w"(a));
  a = ((a << 16) >> 16) * ((b << 16) >> 16) + (a >> 16) * (b >> 16);
  return (resnet_i32x4)((resnet_u32x4)sum + (resnet_u32x4)a);
}
RESNET_PEAK_INSTRUCTION(
    neondot_int8, 4, __attribute__((target("dotprod"))), "w", "sdot %0.4s, %1.16b, %2.16b")
RESNET_PEAK_INSTRUCTION(neon_float16, 4, , "w", ".arch_extension fp16\n\tfmla %0.8h, %1.8h, %2.8h")

RESNET_PEAK_PRODUCTS(portable_int16, 4, 2, 16, , resnet_step_portable_int16)
RESNET_PEAK_PRODUCTS(neondot_int8, 4, 4, 16, __attribute__((target("dotprod"))), resnet_step_neondot_int8)
RESNET_PEAK_PRODUCTS(neon_float16, 4, 2, 16, , resnet_step_neon_float16)
#endif

#endif
