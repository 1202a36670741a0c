// SPDX-License-Identifier: Apache-2.0
// The words of half precision (IEEE binary16). A number has 11 bits, from 2^-24 to 65,504: enough for weights, which take
// half the memory so. Every half is a float, so widening is exact, also of the smallest ones: conversions do not flush them
// whatever the control of the thread says. `resnet_simd.h` includes this.
//
// Processors with arithmetic in half precision (AVX512-FP16, Armv8.2's) keep values so, too: two numbers in a word of 32
// bits, neighbours in the reduction, and two sums. A program that defines RESNET_FLOAT16_DOUBLE does that arithmetic in
// single precision and rounds, on any processor with AVX-512: what tests use where the processor is missing.
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
  __extension__ typedef _Float16 resnet_f16x##N __attribute__((vector_size(2 * N)));                             \
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

/* A float in half precision, to nearest, of two the even one; below 2^-14 an addition rounds to a multiple of 2^-24. */
RESNET_WORD uint16_t resnet_half_bits(float x) {
  uint32_t bits, sign, rest;
  __builtin_memcpy(&bits, &x, sizeof bits);
  rest = bits & 0x7FFFFFFFu;
  sign = (bits ^ rest) >> 16;
  if (rest < 0x38800000u) {
    float small;
    __builtin_memcpy(&small, &rest, sizeof small);
    small += 0.5f;
    __builtin_memcpy(&rest, &small, sizeof rest);
    rest -= 0x3F000000u;
  } else if (rest < 0x47800000u) {
    rest = (rest + 0xFFFu + (rest >> 13 & 1u) - 0x38000000u) >> 13;
  } else {
    rest = rest > 0x7F800000u ? 0x7E00u : 0x7C00u;
  }
  return (uint16_t)(sign | rest);
}

/* Number `lane` of a pixel. */
RESNET_WORD float resnet_lane_float16(const float *p, ptrdiff_t lane) {
  uint16_t four[4] = {0, 0, 0, 0};
  __builtin_memcpy(four, (const char *)p + 2 * lane, sizeof four[0]);
  return resnet_load_float16_4(four)[0];
}

/* A row of an image, channels of a pixel beside one another, in blocks of four. */
RESNET_WORD void resnet_halve_row(
    const float *line, ptrdiff_t plane, ptrdiff_t width, float *row, ptrdiff_t channels) {
  for (ptrdiff_t column = 0; column < width; column++) {
    uint16_t pixel[4] = {0, 0, 0, 0};
    for (ptrdiff_t channel = 0; channel < channels && channel < 4; channel++) {
      pixel[channel] = resnet_half_bits(line[channel * plane + column]);
    }
    __builtin_memcpy(row + 2 * column, pixel, sizeof pixel);
  }
}

/* N floats as halves. */
#define RESNET_NARROW(N, TARGET)                                                                                 \
  RESNET_WORD TARGET void resnet_store_float16_##N(resnet_f32x##N x, float *p) {                                 \
    resnet_f16x##N halves = __builtin_convertvector(x, resnet_f16x##N);                                          \
    __builtin_memcpy(p, &halves, sizeof halves);                                                                 \
  }

/* The two sums of each word, in single precision, added. */
#define RESNET_TOTAL_HALVES(N, TARGET)                                                                           \
  RESNET_WORD TARGET resnet_f32x##N resnet_total_halves_##N(resnet_f32x##N sum) {                                \
    resnet_u32x##N words;                                                                                        \
    __builtin_memcpy(&words, &sum, sizeof words);                                                                \
    resnet_uhalves##N first = __builtin_convertvector(words, resnet_uhalves##N);                                 \
    resnet_uhalves##N second = __builtin_convertvector(words >> 16, resnet_uhalves##N);                          \
    return resnet_load_float16_##N(&first) + resnet_load_float16_##N(&second);                                   \
  }

RESNET_TOTAL_HALVES(4, )

/* sum + a b, of two halves by two in each word, each rounded once. */
#define RESNET_FMA_HALVES(N, M, TARGET, FMA)                                                                     \
  __extension__ typedef _Float16 resnet_f16x##M __attribute__((vector_size(2 * M)));                             \
  RESNET_WORD TARGET resnet_f32x##N resnet_fma_halves_##N(                                                       \
      resnet_f32x##N sum, resnet_f32x##N a, resnet_f32x##N b) {                                                  \
    resnet_f16x##M x, y, z;                                                                                      \
    __builtin_memcpy(&x, &a, sizeof x);                                                                          \
    __builtin_memcpy(&y, &b, sizeof y);                                                                          \
    __builtin_memcpy(&z, &sum, sizeof z);                                                                        \
    z = FMA(x, y, z);                                                                                            \
    __builtin_memcpy(&sum, &z, sizeof sum);                                                                      \
    return sum;                                                                                                  \
  }

#if defined(RESNET_TARGETS) && defined(__x86_64__) && !defined(RESNET_FLOAT16_DOUBLE)
#define RESNET_FOR_FP16 \
  __attribute__((target("avx512fp16,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,bmi,bmi2,f16c,lzcnt,movbe,popcnt")))
#elif defined(RESNET_TARGETS) && defined(__x86_64__)
#define RESNET_FOR_FP16 RESNET_FOR_AVX512
#elif defined(RESNET_TARGETS) && defined(__aarch64__)
#define RESNET_FOR_FP16
#else
#define RESNET_FOR_FP16
#endif

#if defined(__x86_64__) && defined(RESNET_FLOAT16_DOUBLE) && defined(__clang__)
RESNET_NARROW(16, RESNET_FOR_FP16)
RESNET_TOTAL_HALVES(16, RESNET_FOR_FP16)
/* A product of halves is a float; a float has bits enough that rounding its sum to a half is rounding but once, almost
   always. */
RESNET_WORD RESNET_FOR_FP16 resnet_f32x16 resnet_fma_halves_16(resnet_f32x16 sum, resnet_f32x16 a, resnet_f32x16 b) {
  __extension__ typedef _Float16 halves32 __attribute__((vector_size(64)));
  typedef float floats32 __attribute__((vector_size(128)));
  halves32 x, y, z;
  __builtin_memcpy(&x, &a, sizeof x);
  __builtin_memcpy(&y, &b, sizeof y);
  __builtin_memcpy(&z, &sum, sizeof z);
  floats32 result = __builtin_elementwise_fma(
      __builtin_convertvector(x, floats32), __builtin_convertvector(y, floats32),
      __builtin_convertvector(z, floats32));
  z = __builtin_convertvector(result, halves32);
  __builtin_memcpy(&sum, &z, sizeof sum);
  return sum;
}
#elif defined(__AVX512FP16__) && defined(__clang__) || defined(RESNET_TARGETS) && defined(__x86_64__) && defined(__clang__)
RESNET_NARROW(16, RESNET_FOR_FP16)
RESNET_TOTAL_HALVES(16, RESNET_FOR_FP16)
RESNET_FMA_HALVES(16, 32, RESNET_FOR_FP16, __builtin_elementwise_fma)
#elif defined(RESNET_TARGETS) && defined(__x86_64__)
RESNET_WORD RESNET_FOR_FP16 void resnet_store_float16_16(resnet_f32x16 x, float *p) {
  // The mask is written out: GCC's word without one, a macro where nothing is optimised, warns of its own.
  _mm256_storeu_si256((__m256i *)p, _mm512_mask_cvtps_ph(_mm256_setzero_si256(), (__mmask16)0xFFFF, (__m512)x, 0));
}
RESNET_TOTAL_HALVES(16, RESNET_FOR_FP16)
#define RESNET_FMA_32(x, y, z) (resnet_f16x32) _mm512_fmadd_ph((__m512h)(x), (__m512h)(y), (__m512h)(z))
RESNET_FMA_HALVES(16, 32, RESNET_FOR_FP16, RESNET_FMA_32)
#elif defined(__aarch64__)
RESNET_WORD RESNET_FOR_FP16 void resnet_store_float16_4(resnet_f32x4 x, float *p) {
  uint16_t halves __attribute__((vector_size(8)));
  __asm__("fcvtn %0.4h, %1.4s" : "=w"(halves) : "w"(x));
  __builtin_memcpy(p, &halves, sizeof halves);
}
RESNET_WORD RESNET_FOR_FP16 resnet_f32x4 resnet_fma_halves_4(resnet_f32x4 sum, resnet_f32x4 a, resnet_f32x4 b) {
  __asm__(".arch_extension fp16\n\tfmla %0.8h, %1.8h, %2.8h" : "+w"(sum) : "w"(a), "w"(b));
  return sum;
}
#endif

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#endif
