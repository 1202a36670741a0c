// SPDX-License-Identifier: Apache-2.0
// The words of the inner loops, for vectors of 4, 8 and 16 floats. Clang's vectors are Swift's SIMD types, and inlined
// functions cost nothing, so a kernel is still plain Swift. But each word is one instruction from the start, where Swift's
// own operators are loops over lanes that the optimiser must put together again: kernels compile in a third of the time.
#ifndef RESNET_SIMD_H
#define RESNET_SIMD_H

// Where a word says multiply, then add, no compiler may fuse the two: results are the same on every machine.
#pragma clang fp contract(off)

/// `number`, of which the compiler knows nothing. A loop that ends at a hidden number stays a loop: unrolled, its loads
/// of neighbouring taps overlap, the compiler keeps what it loaded, and what it keeps it takes from the sums.
static inline __attribute__((always_inline)) long resnet_hidden(long number) {
  __asm__("" : "+r"(number));
  return number;
}

#define RESNET_SIMD(N)                                                                                             \
  typedef float resnet_f32x##N __attribute__((ext_vector_type(N)));                                    \
  typedef int resnet_i32x##N __attribute__((ext_vector_type(N)));                                      \
                                                                                                                   \
  /* The N floats at p, which need not be aligned; a word, because what stands in another Swift file of a module is a  */ \
  /* call in a debug build.                                                                                         */ \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_load_##N(const float *p) {                    \
    resnet_f32x##N x;                                                                                              \
    __builtin_memcpy(&x, p, sizeof x);                                                                             \
    return x;                                                                                                      \
  }                                                                                                                \
                                                                                                                   \
  static inline __attribute__((always_inline)) void resnet_store_##N(resnet_f32x##N x, float *p) {                 \
    __builtin_memcpy(p, &x, sizeof x);                                                                             \
  }                                                                                                                \
                                                                                                                   \
  /* All lanes hold *p. */                                                                                         \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_splat_##N(const float *p) {                   \
    return (resnet_f32x##N)(*p);                                                                                   \
  }                                                                                                                \
                                                                                                                   \
  /* sum + a * b, rounded once. Only for targets with such an instruction: elsewhere every lane calls fmaf. */     \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_fma_##N(                                      \
      resnet_f32x##N sum, resnet_f32x##N a, resnet_f32x##N b) {                                                    \
    return __builtin_elementwise_fma(a, b, sum);                                                                   \
  }                                                                                                                \
                                                                                                                   \
  /* sum + a * b, rounded twice. */                                                                                \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_multiply_add_##N(                             \
      resnet_f32x##N sum, resnet_f32x##N a, resnet_f32x##N b) {                                                    \
    return sum + a * b;                                                                                            \
  }                                                                                                                \
                                                                                                                   \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_add_##N(resnet_f32x##N a, resnet_f32x##N b) { \
    return a + b;                                                                                                  \
  }                                                                                                                \
                                                                                                                   \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_subtract_##N(                                 \
      resnet_f32x##N a, resnet_f32x##N b) {                                                                        \
    return a - b;                                                                                                  \
  }                                                                                                                \
                                                                                                                   \
  /* The larger of two; what is not a number stays so, as in PyTorch. A chain of these passes through b, which waits */ \
  /* for one instruction only.                                                                                      */ \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_max_##N(resnet_f32x##N a, resnet_f32x##N b) { \
    resnet_f32x##N larger = a > b ? a : b;                                                                         \
    return a == a ? larger : a;                                                                                    \
  }                                                                                                                \
                                                                                                                   \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_multiply_##N(                                 \
      resnet_f32x##N a, resnet_f32x##N b) {                                                                        \
    return a * b;                                                                                                  \
  }                                                                                                                \
                                                                                                                   \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_divide_##N(                                   \
      resnet_f32x##N a, resnet_f32x##N b) {                                                                        \
    return a / b;                                                                                                  \
  }                                                                                                                \
                                                                                                                   \
  /* Between two limits; what is not a number is at the lower one. */                                              \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_clamp_##N(                                    \
      resnet_f32x##N x, float lower, float upper) {                                                                \
    resnet_f32x##N y = x > (resnet_f32x##N)(lower) ? x : (resnet_f32x##N)(lower);                                  \
    return y < (resnet_f32x##N)(upper) ? y : (resnet_f32x##N)(upper);                                              \
  }                                                                                                                \
                                                                                                                   \
  /* y, but x where that is not a number. */                                                                       \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_number_##N(                                   \
      resnet_f32x##N y, resnet_f32x##N x) {                                                                        \
    return x == x ? y : x;                                                                                         \
  }                                                                                                                \
                                                                                                                   \
  /* a where x is negative, else b. */                                                                             \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_choose_negative_##N(                          \
      resnet_f32x##N x, resnet_f32x##N a, resnet_f32x##N b) {                                                      \
    return x < (resnet_f32x##N)(0) ? a : b;                                                                        \
  }                                                                                                                \
                                                                                                                   \
  /* The float whose exponent field is the last eight bits of x. */                                                \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_exponent_bits_##N(resnet_f32x##N x) {         \
    resnet_i32x##N bits;                                                                                           \
    __builtin_memcpy(&bits, &x, sizeof bits);                                                                      \
    bits = bits << 23;                                                                                             \
    __builtin_memcpy(&x, &bits, sizeof x);                                                                         \
    return x;                                                                                                      \
  }                                                                                                                \
                                                                                                                   \
  /* x = 2^k m with m from 0.7071 to 1.4142, for x above zero: k, and m. The field counts from 127 and goes up at */ \
  /* powers of two; 0x4AFB0D more, and it goes up at 1.4142.                                                     */ \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_exponent_##N(resnet_f32x##N x) {              \
    resnet_i32x##N bits;                                                                                           \
    __builtin_memcpy(&bits, &x, sizeof bits);                                                                      \
    return __builtin_convertvector(((bits + 0x4AFB0D) >> 23) - 127, resnet_f32x##N);                               \
  }                                                                                                                \
                                                                                                                   \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_mantissa_##N(resnet_f32x##N x) {              \
    resnet_i32x##N bits;                                                                                           \
    __builtin_memcpy(&bits, &x, sizeof bits);                                                                      \
    bits = ((bits + 0x4AFB0D) & 0x7FFFFF) + 0x3F3504F3;                                                            \
    __builtin_memcpy(&x, &bits, sizeof x);                                                                         \
    return x;                                                                                                      \
  }                                                                                                                \
                                                                                                                   \
  /* Activations; what is not a number stays so, as in PyTorch. */                                                 \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_linear_##N(resnet_f32x##N x) { return x; }    \
                                                                                                                   \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_relu_##N(resnet_f32x##N x) {                  \
    return x < (resnet_f32x##N)(0) ? (resnet_f32x##N)(0) : x;                                                      \
  }                                                                                                                \
                                                                                                                   \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_relu6_##N(resnet_f32x##N x) {                 \
    resnet_f32x##N y = resnet_relu_##N(x);                                                                         \
    return y > (resnet_f32x##N)(6) ? (resnet_f32x##N)(6) : y;                                                      \
  }                                                                                                                \
                                                                                                                   \
  static inline __attribute__((always_inline)) resnet_f32x##N resnet_prelu_##N(                                    \
      resnet_f32x##N x, resnet_f32x##N slope) {                                                                    \
    return x < (resnet_f32x##N)(0) ? x * slope : x;                                                                \
  }

/* Asks for the line at p: into the first level of cache, to be read next, or into the second, to be read soon. Any
   address may be named, also one that is nobody's. */
static inline __attribute__((always_inline)) void resnet_prefetch_near(const float *p) { __builtin_prefetch(p, 0, 3); }
static inline __attribute__((always_inline)) void resnet_prefetch_far(const float *p) { __builtin_prefetch(p, 0, 2); }
static inline __attribute__((always_inline)) void resnet_prefetch_write(const float *p) { __builtin_prefetch(p, 1, 3); }

RESNET_SIMD(4)
RESNET_SIMD(8)
RESNET_SIMD(16)

/* The sum of all lanes, halves added to halves. */
static inline __attribute__((always_inline)) float resnet_total_4(resnet_f32x4 x) {
  return (x[0] + x[2]) + (x[1] + x[3]);
}
static inline __attribute__((always_inline)) float resnet_total_8(resnet_f32x8 x) { return resnet_total_4(x.lo + x.hi); }
static inline __attribute__((always_inline)) float resnet_total_16(resnet_f32x16 x) {
  resnet_f32x8 half = x.lo + x.hi;
  return resnet_total_4(half.lo + half.hi);
}

#endif
