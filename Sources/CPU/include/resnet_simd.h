// SPDX-License-Identifier: Apache-2.0
// The words of the inner loops, for vectors of 4, 8 and 16 floats. Clang's vectors are Swift's SIMD types, and inlined
// functions cost nothing, so a kernel is still plain Swift. But each word is one instruction from the start, where Swift's
// own operators are loops over lanes that the optimiser must put together again: kernels compile in a third of the time.
//
// C kernels are written in the same words. They are compiled without flags, by Clang or by GCC, so each word of a wide
// vector carries the instruction set that it is for (RESNET_TARGETS); Swift's modules have flags of their own.
#ifndef RESNET_SIMD_H
#define RESNET_SIMD_H

#include <stddef.h>

// Where a word says multiply, then add, no compiler may fuse the two: results are the same on every machine.
#if defined(__clang__)
#pragma clang fp contract(off)
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

// What GCC spells otherwise: in C it makes no vector of one number and chooses not lane by lane, and each processor's fused
// multiply-add and maximum have names of their own. RESNET_MAX is the processors': b where a is not larger. RESNET_MAX_OR_NAN
// is that where a is a number, and a elsewhere; from a choice of bits GCC makes four instructions in place of two.
#if defined(__clang__)
#define RESNET_VECTOR(N) __attribute__((ext_vector_type(N)))
#define RESNET_FILL(N, x) ((resnet_f32x##N)(x))
#define RESNET_CHOOSE(N, condition, a, b) ((condition) ? (a) : (b))
#define RESNET_MAX(N, a, b) ((a) > (b) ? (a) : (b))
#define RESNET_MAX_OR_NAN(N, a, b) RESNET_CHOOSE(N, (a) == (a), RESNET_MAX(N, a, b), a)
#define RESNET_FMA(N, a, b, sum) __builtin_elementwise_fma(a, b, sum)
// Clang takes a choice lane by lane for one on a number that a vector became.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wconversion"
#else
#define RESNET_VECTOR(N) __attribute__((vector_size(4 * N)))
#define RESNET_FILL(N, x) resnet_fill_##N(x)
#define RESNET_CHOOSE(N, condition, a, b) resnet_choose_##N(condition, a, b)
#define RESNET_MAX(N, a, b) RESNET_MAX_##N(a, b)
#define RESNET_MAX_OR_NAN(N, a, b) RESNET_MAX_OR_NAN_##N(a, b)
#define RESNET_MAX_OR_NAN_4(a, b) resnet_choose_4((a) == (a), RESNET_MAX_4(a, b), a)
#define RESNET_FMA(N, a, b, sum) RESNET_FMA_##N(a, b, sum)
#if defined(__x86_64__)
#include <immintrin.h>
#define RESNET_MAX_4(a, b) ((resnet_f32x4)_mm_max_ps((__m128)(a), (__m128)(b)))
#define RESNET_MAX_8(a, b) ((resnet_f32x8)_mm256_max_ps((__m256)(a), (__m256)(b)))
#define RESNET_MAX_16(a, b) \
  ((resnet_f32x16)_mm512_mask_max_ps((__m512)(a), (__mmask16)-1, (__m512)(a), (__m512)(b)))
#define RESNET_MAX_OR_NAN_8(a, b)                                                                        \
  ((resnet_f32x8)_mm256_blendv_ps((__m256)(a), _mm256_max_ps((__m256)(a), (__m256)(b)),                  \
                                  _mm256_cmp_ps((__m256)(a), (__m256)(a), _CMP_ORD_Q)))
#define RESNET_MAX_OR_NAN_16(a, b)                                                                       \
  ((resnet_f32x16)_mm512_mask_max_ps((__m512)(a), _mm512_cmp_ps_mask((__m512)(a), (__m512)(a), _CMP_ORD_Q), \
                                     (__m512)(a), (__m512)(b)))
#define RESNET_FMA_8(a, b, sum) ((resnet_f32x8)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(sum)))
#define RESNET_FMA_16(a, b, sum) ((resnet_f32x16)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(sum)))
#else
#define RESNET_MAX_4(a, b) resnet_choose_4((a) > (b), a, b)
#endif
#if defined(__aarch64__)
#include <arm_neon.h>
#define RESNET_FMA_4(a, b, sum) ((resnet_f32x4)vfmaq_f32((float32x4_t)(sum), (float32x4_t)(a), (float32x4_t)(b)))
#else
#define RESNET_FMA_4(a, b, sum) ((a) * (b) + (sum))  // Nobody asks for it: there is no such instruction.
#endif
#endif

/// `number`, of which the compiler knows nothing. A loop that ends at a hidden number stays a loop: unrolled, its loads
/// of neighbouring taps overlap, the compiler keeps what it loaded, and what it keeps it takes from the sums.
static inline __attribute__((always_inline)) ptrdiff_t resnet_hidden(ptrdiff_t number) {
  __asm__("" : "+r"(number));
  return number;
}

#define RESNET_WORD static inline __attribute__((always_inline, unused))

#if defined(RESNET_TARGETS)
/* A table of numbers that vectors are multiplied by. GCC is not to know what is in it: it keeps a vector of each constant in
   a register. Clang reads them where they are needed by itself. */
RESNET_WORD const float *resnet_hidden_numbers(const float *table) {
#if !defined(__clang__)
  __asm__("" : "+r"(table));
#endif
  return table;
}
#endif

#if defined(__clang__)
#define RESNET_OWN_WORDS(N, TARGET)                                                                              \
  RESNET_WORD TARGET resnet_f32x##N resnet_fill_##N(float x) { return RESNET_FILL(N, x); }
#else
/* a where the condition's lane is all ones, b where it is zero. */
#define RESNET_OWN_WORDS(N, TARGET)                                                                              \
  RESNET_WORD TARGET resnet_f32x##N resnet_choose_##N(                                                           \
      resnet_i32x##N condition, resnet_f32x##N a, resnet_f32x##N b) {                                            \
    return (resnet_f32x##N)((condition & (resnet_i32x##N)a) | (~condition & (resnet_i32x##N)b));                 \
  }                                                                                                              \
                                                                                                                 \
  RESNET_WORD TARGET resnet_f32x##N resnet_fill_##N(float x) {                                                   \
    resnet_f32x##N zero = {0};                                                                                   \
    return x - zero;                                                                                             \
  }
#endif

#define RESNET_SIMD(N, TARGET)                                                                                   \
  typedef float resnet_f32x##N RESNET_VECTOR(N);                                                                 \
  typedef int resnet_i32x##N RESNET_VECTOR(N);                                                                   \
  typedef unsigned resnet_u32x##N RESNET_VECTOR(N);                                                              \
                                                                                                                 \
  RESNET_OWN_WORDS(N, TARGET)                                                                                    \
                                                                                                                 \
  /* The N floats at p, which need not be aligned; a word, because what stands in another Swift file of a module  */ \
  /* is a call in a debug build.                                                                                  */ \
  RESNET_WORD TARGET resnet_f32x##N resnet_load_##N(const float *p) {                                            \
    resnet_f32x##N x;                                                                                            \
    __builtin_memcpy(&x, p, sizeof x);                                                                           \
    return x;                                                                                                    \
  }                                                                                                              \
                                                                                                                 \
  /* The same of weights. */                                                                                     \
  RESNET_WORD TARGET resnet_f32x##N resnet_load_weight_##N(const void *p) {                                      \
    resnet_f32x##N x;                                                                                            \
    __builtin_memcpy(&x, p, sizeof x);                                                                           \
    return x;                                                                                                    \
  }                                                                                                              \
                                                                                                                 \
  RESNET_WORD TARGET void resnet_store_##N(resnet_f32x##N x, float *p) {                                         \
    __builtin_memcpy(p, &x, sizeof x);                                                                           \
  }                                                                                                              \
                                                                                                                 \
  /* All lanes hold *p. */                                                                                       \
  RESNET_WORD TARGET resnet_f32x##N resnet_splat_##N(const float *p) {                                           \
    return RESNET_FILL(N, *p);                                                                                   \
  }                                                                                                              \
                                                                                                                 \
  /* sum + a * b, rounded once. Only for targets with such an instruction: elsewhere every lane calls fmaf. */   \
  RESNET_WORD TARGET resnet_f32x##N resnet_fma_##N(                                                              \
      resnet_f32x##N sum, resnet_f32x##N a, resnet_f32x##N b) {                                                  \
    return RESNET_FMA(N, a, b, sum);                                                                             \
  }                                                                                                              \
                                                                                                                 \
  /* sum + a * b, rounded twice. */                                                                              \
  RESNET_WORD TARGET resnet_f32x##N resnet_multiply_add_##N(                                                     \
      resnet_f32x##N sum, resnet_f32x##N a, resnet_f32x##N b) {                                                  \
    return sum + a * b;                                                                                          \
  }                                                                                                              \
                                                                                                                 \
  RESNET_WORD TARGET resnet_f32x##N resnet_add_##N(resnet_f32x##N a, resnet_f32x##N b) {                         \
    return a + b;                                                                                                \
  }                                                                                                              \
                                                                                                                 \
  RESNET_WORD TARGET resnet_f32x##N resnet_subtract_##N(                                                         \
      resnet_f32x##N a, resnet_f32x##N b) {                                                                      \
    return a - b;                                                                                                \
  }                                                                                                              \
                                                                                                                 \
  /* The larger of two; what is not a number stays so, as in PyTorch. A chain of these passes through b, which waits */ \
  /* for one instruction only.                                                                                      */ \
  RESNET_WORD TARGET resnet_f32x##N resnet_max_##N(resnet_f32x##N a, resnet_f32x##N b) {                         \
    return RESNET_MAX_OR_NAN(N, a, b);                                                                           \
  }                                                                                                              \
                                                                                                                 \
  RESNET_WORD TARGET resnet_f32x##N resnet_multiply_##N(                                                         \
      resnet_f32x##N a, resnet_f32x##N b) {                                                                      \
    return a * b;                                                                                                \
  }                                                                                                              \
                                                                                                                 \
  RESNET_WORD TARGET resnet_f32x##N resnet_divide_##N(                                                           \
      resnet_f32x##N a, resnet_f32x##N b) {                                                                      \
    return a / b;                                                                                                \
  }                                                                                                              \
                                                                                                                 \
  /* Between two limits; what is not a number is at the lower one. */                                            \
  RESNET_WORD TARGET resnet_f32x##N resnet_clamp_##N(                                                            \
      resnet_f32x##N x, float lower, float upper) {                                                              \
    resnet_f32x##N least = RESNET_FILL(N, lower), most = RESNET_FILL(N, upper);                                  \
    resnet_f32x##N y = RESNET_CHOOSE(N, x > least, x, least);                                                    \
    return RESNET_CHOOSE(N, y < most, y, most);                                                                  \
  }                                                                                                              \
                                                                                                                 \
  /* y, but x where that is not a number. */                                                                     \
  RESNET_WORD TARGET resnet_f32x##N resnet_number_##N(                                                           \
      resnet_f32x##N y, resnet_f32x##N x) {                                                                      \
    return RESNET_CHOOSE(N, x == x, y, x);                                                                       \
  }                                                                                                              \
                                                                                                                 \
  /* a where x is negative, else b. */                                                                           \
  RESNET_WORD TARGET resnet_f32x##N resnet_choose_negative_##N(                                                  \
      resnet_f32x##N x, resnet_f32x##N a, resnet_f32x##N b) {                                                    \
    return RESNET_CHOOSE(N, x < RESNET_FILL(N, 0.0f), a, b);                                                     \
  }                                                                                                              \
                                                                                                                 \
  /* The float whose exponent field is the last eight bits of x. */                                              \
  RESNET_WORD TARGET resnet_f32x##N resnet_exponent_bits_##N(resnet_f32x##N x) {                                 \
    resnet_u32x##N bits;                                                                                         \
    __builtin_memcpy(&bits, &x, sizeof bits);                                                                    \
    bits = bits << 23;                                                                                           \
    __builtin_memcpy(&x, &bits, sizeof x);                                                                       \
    return x;                                                                                                    \
  }                                                                                                              \
                                                                                                                 \
  /* x = 2^k m with m from 0.7071 to 1.4142, for x above zero: k, and m. The field counts from 127 and goes up at */ \
  /* powers of two; 0x4AFB0D more, and it goes up at 1.4142.                                                     */ \
  RESNET_WORD TARGET resnet_f32x##N resnet_exponent_##N(resnet_f32x##N x) {                                      \
    resnet_i32x##N bits;                                                                                         \
    __builtin_memcpy(&bits, &x, sizeof bits);                                                                    \
    return __builtin_convertvector(((bits + 0x4AFB0D) >> 23) - 127, resnet_f32x##N);                             \
  }                                                                                                              \
                                                                                                                 \
  RESNET_WORD TARGET resnet_f32x##N resnet_mantissa_##N(resnet_f32x##N x) {                                      \
    resnet_i32x##N bits;                                                                                         \
    __builtin_memcpy(&bits, &x, sizeof bits);                                                                    \
    bits = ((bits + 0x4AFB0D) & 0x7FFFFF) + 0x3F3504F3;                                                          \
    __builtin_memcpy(&x, &bits, sizeof x);                                                                       \
    return x;                                                                                                    \
  }                                                                                                              \
                                                                                                                 \
  /* Activations; what is not a number stays so, as in PyTorch. */                                               \
  RESNET_WORD TARGET resnet_f32x##N resnet_linear_##N(resnet_f32x##N x) { return x; }                            \
                                                                                                                 \
  RESNET_WORD TARGET resnet_f32x##N resnet_relu_##N(resnet_f32x##N x) {                                          \
    return RESNET_MAX(N, RESNET_FILL(N, 0.0f), x);                                                               \
  }                                                                                                              \
                                                                                                                 \
  RESNET_WORD TARGET resnet_f32x##N resnet_relu6_##N(resnet_f32x##N x) {                                         \
    resnet_f32x##N y = resnet_relu_##N(x);                                                                       \
    return RESNET_CHOOSE(N, y > RESNET_FILL(N, 6.0f), RESNET_FILL(N, 6.0f), y);                                  \
  }                                                                                                              \
                                                                                                                 \
  RESNET_WORD TARGET resnet_f32x##N resnet_prelu_##N(                                                            \
      resnet_f32x##N x, resnet_f32x##N slope) {                                                                  \
    return RESNET_CHOOSE(N, x < RESNET_FILL(N, 0.0f), x * slope, x);                                             \
  }

/* Asks for the line at p: into the first level of cache, to be read next, or into the second, to be read soon. Any
   address may be named, also one that is nobody's. */
RESNET_WORD void resnet_prefetch_near(const float *p) { __builtin_prefetch(p, 0, 3); }
RESNET_WORD void resnet_prefetch_far(const float *p) { __builtin_prefetch(p, 0, 2); }
RESNET_WORD void resnet_prefetch_write(const float *p) { __builtin_prefetch(p, 1, 3); }

#if !defined(RESNET_TARGETS)
RESNET_SIMD(4, )
RESNET_SIMD(8, )
RESNET_SIMD(16, )
#else
RESNET_SIMD(4, )
#if defined(__x86_64__)
#define RESNET_FOR_AVX2 __attribute__((target("avx2,fma,bmi,bmi2,f16c,lzcnt,movbe,popcnt")))
#define RESNET_FOR_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,bmi,bmi2,f16c,lzcnt,movbe,popcnt")))
RESNET_SIMD(8, RESNET_FOR_AVX2)
RESNET_SIMD(16, RESNET_FOR_AVX512)
#endif
#endif

#if !defined(RESNET_FOR_AVX2)
#define RESNET_FOR_AVX2
#define RESNET_FOR_AVX512
#endif

#include "resnet_integers.h"
#include "resnet_halves.h"

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

/* The sum of all lanes, halves added to halves. */
RESNET_WORD float resnet_total_4(resnet_f32x4 x) {
  return (x[0] + x[2]) + (x[1] + x[3]);
}

#if !defined(RESNET_TARGETS) || defined(__x86_64__)
RESNET_WORD RESNET_FOR_AVX2 float resnet_total_8(resnet_f32x8 x) {
  resnet_f32x4 halves[2];
  __builtin_memcpy(halves, &x, sizeof x);
  return resnet_total_4(halves[0] + halves[1]);
}

RESNET_WORD RESNET_FOR_AVX512 float resnet_total_16(resnet_f32x16 x) {
  resnet_f32x8 halves[2];
  __builtin_memcpy(halves, &x, sizeof x);
  return resnet_total_8(halves[0] + halves[1]);
}
#endif

#endif
