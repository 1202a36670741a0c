// SPDX-License-Identifier: Apache-2.0
// The words of half precision (IEEE binary16). A number has 11 bits, from 2^-24 to 65,504: enough for weights, which take
// half the memory so. Every half is a float, so widening is exact, also of the smallest ones: conversions do not flush them
// whatever the control of the thread says. `resnet_simd.h` includes this.
#ifndef RESNET_HALVES_H
#define RESNET_HALVES_H

#include <stdint.h>

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wconversion"
#endif

/* N numbers at p, which need not be aligned, as floats. By bits where the processor has no such instruction: exponents
   count from 15 there and from 127 here; those below 2^-14 are multiples of 2^-24. */
#define RESNET_WIDEN_BITS(N)                                                                                     \
  RESNET_WORD resnet_f32x##N resnet_load_float16_##N(const void *p) {                                            \
    resnet_uhalves##N halves;                                                                                    \
    __builtin_memcpy(&halves, p, sizeof halves);                                                                 \
    resnet_i32x##N bits = __builtin_convertvector(halves, resnet_i32x##N);                                       \
    resnet_i32x##N rest = bits & 0x7FFF, sign = (bits ^ rest) << 16;                                             \
    resnet_i32x##N usual = (rest << 13) + (112 << 23);                                                           \
    resnet_i32x##N isSmall = rest < 0x400, isLast = rest >= 0x7C00;                                              \
    resnet_f32x##N small = __builtin_convertvector(rest, resnet_f32x##N) * RESNET_FILL(N, 0x1p-24f);             \
    resnet_i32x##N smallBits;                                                                                    \
    __builtin_memcpy(&smallBits, &small, sizeof small);                                                          \
    usual += isLast & (112 << 23);                                                                               \
    bits = sign | (isSmall & smallBits) | (~isSmall & usual);                                                    \
    resnet_f32x##N x;                                                                                            \
    __builtin_memcpy(&x, &bits, sizeof x);                                                                       \
    return x;                                                                                                    \
  }

/* By the compiler's own conversion, which is one instruction. */
#define RESNET_WIDEN(N, TARGET)                                                                                  \
  typedef _Float16 resnet_f16x##N __attribute__((vector_size(2 * N)));                                           \
  RESNET_WORD TARGET resnet_f32x##N resnet_load_float16_##N(const void *p) {                                     \
    resnet_f16x##N halves;                                                                                       \
    __builtin_memcpy(&halves, p, sizeof halves);                                                                 \
    return __builtin_convertvector(halves, resnet_f32x##N);                                                      \
  }

#if defined(__aarch64__) && defined(__clang__)
RESNET_WIDEN(4, )
#elif defined(__aarch64__)
RESNET_WORD resnet_f32x4 resnet_load_float16_4(const void *p) {
  uint16x4_t halves;
  __builtin_memcpy(&halves, p, sizeof halves);
  return (resnet_f32x4)vcvt_f32_f16(vreinterpret_f16_u16(halves));
}
#else
RESNET_WIDEN_BITS(4)
#endif

/* AVX2 and AVX-512 are nowhere without F16C. */
#if defined(__clang__) && (defined(__F16C__) || (defined(RESNET_TARGETS) && defined(__x86_64__)))
RESNET_WIDEN(8, RESNET_FOR_AVX2)
RESNET_WIDEN(16, RESNET_FOR_AVX512)
#elif defined(__x86_64__) && !defined(__clang__)
RESNET_WORD RESNET_FOR_AVX2 resnet_f32x8 resnet_load_float16_8(const void *p) {
  return (resnet_f32x8)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
}

RESNET_WORD RESNET_FOR_AVX512 resnet_f32x16 resnet_load_float16_16(const void *p) {
  return (resnet_f32x16)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}
#endif

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#endif
