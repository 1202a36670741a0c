// SPDX-License-Identifier: Apache-2.0
// The words of kernels in whole numbers. A vector of floats stands for its bits: each lane is a word of 32 bits that holds a
// sum, four bytes or two numbers of 16 bits, and registers do not care. So kernels that only move their sums about are the
// same for floats and for whole numbers, and only who multiplies, loads or stores says a word from here.
//
// Every word is exact, or rounds once to nearest even: the same bits on every processor. `resnet_simd.h` includes this.
#ifndef RESNET_INTEGERS_H
#define RESNET_INTEGERS_H

#include <stdint.h>

#if defined(__clang__)
#pragma clang fp contract(off)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wconversion"
#endif

#if !defined(RESNET_FOR_VNNI)
#if defined(RESNET_TARGETS) && defined(__x86_64__)
#define RESNET_FOR_AVXVNNI __attribute__((target("avxvnni,avx2,fma,bmi,bmi2,f16c,lzcnt,movbe,popcnt")))
#define RESNET_FOR_VNNI                                                                                          \
  __attribute__((                                                                                                \
      target("avx512vnni,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,bmi,bmi2,f16c,lzcnt,movbe,popcnt")))
#else
#define RESNET_FOR_VNNI
#define RESNET_FOR_AVXVNNI
#endif
#if defined(RESNET_TARGETS) && defined(__aarch64__) && defined(__clang__)
#define RESNET_FOR_NEONDOT __attribute__((target("dotprod")))
#elif defined(RESNET_TARGETS) && defined(__aarch64__)
#define RESNET_FOR_NEONDOT __attribute__((target("arch=armv8.2-a+dotprod")))
#else
#define RESNET_FOR_NEONDOT
#endif
#endif

/* 1.5 times 2^23: added to a float below 2^22 it rounds to a whole number, whose last bits are the float's last bits. */
#define RESNET_WHOLE 12582912.0f

/* N numbers in memory, each with ADDED added, which LOADED holds: as floats, and from floats within their range, rounded. */
#define RESNET_NUMBERS(N, TARGET, FORM, LOADED, STORED, ADDED)                                                   \
  RESNET_WORD TARGET resnet_f32x##N resnet_load_##FORM##_##N(const float *p) {                                   \
    LOADED##N x;                                                                                                 \
    __builtin_memcpy(&x, p, sizeof x);                                                                           \
    return __builtin_convertvector(__builtin_convertvector(x, resnet_i32x##N), resnet_f32x##N) -                 \
           RESNET_FILL(N, ADDED);                                                                                \
  }                                                                                                              \
                                                                                                                 \
  RESNET_WORD TARGET void resnet_store_##FORM##_##N(resnet_f32x##N x, float *p) {                                \
    resnet_u32x##N bits;                                                                                         \
    x = x + RESNET_FILL(N, RESNET_WHOLE + (ADDED));                                                              \
    __builtin_memcpy(&bits, &x, sizeof bits);                                                                    \
    STORED##N numbers = __builtin_convertvector(bits, STORED##N);                                                \
    __builtin_memcpy(p, &numbers, sizeof numbers);                                                               \
  }

/* The same of two blocks, one behind the other, as 2 N numbers of 16 bits. */
#define RESNET_PAIRS(N, TARGET, FORM, BYTES, ADDED)                                                              \
  RESNET_WORD TARGET resnet_f32x##N resnet_load_pairs_##FORM##_##N(const float *p, const float *q) {             \
    BYTES##N both;                                                                                               \
    resnet_f32x##N x;                                                                                            \
    __builtin_memcpy(&both, p, N);                                                                               \
    __builtin_memcpy((char *)&both + N, q, N);                                                                   \
    resnet_spairs##N pairs = __builtin_convertvector(both, resnet_spairs##N) - (ADDED);                          \
    __builtin_memcpy(&x, &pairs, sizeof x);                                                                      \
    return x;                                                                                                    \
  }

#define RESNET_INTEGERS(N, TARGET)                                                                               \
  typedef uint8_t resnet_bytes##N __attribute__((vector_size(N)));                                               \
  typedef int8_t resnet_sbytes##N __attribute__((vector_size(N)));                                               \
  typedef int16_t resnet_halves##N __attribute__((vector_size(2 * N)));                                          \
  typedef uint16_t resnet_uhalves##N __attribute__((vector_size(2 * N)));                                        \
  typedef uint8_t resnet_both##N __attribute__((vector_size(2 * N)));                                            \
  typedef int8_t resnet_sboth##N __attribute__((vector_size(2 * N)));                                            \
  typedef int16_t resnet_spairs##N __attribute__((vector_size(4 * N)));                                          \
  typedef uint16_t resnet_upairs##N __attribute__((vector_size(4 * N)));                                         \
                                                                                                                 \
  /* The floats nearest to sums. */                                                                              \
  RESNET_WORD TARGET resnet_f32x##N resnet_from_integer_##N(resnet_f32x##N sum) {                                \
    resnet_i32x##N bits;                                                                                         \
    __builtin_memcpy(&bits, &sum, sizeof bits);                                                                  \
    return __builtin_convertvector(bits, resnet_f32x##N);                                                        \
  }                                                                                                              \
                                                                                                                 \
  RESNET_WORD TARGET resnet_f32x##N resnet_add_integers_##N(resnet_f32x##N a, resnet_f32x##N b) {                \
    resnet_u32x##N x, y;                                                                                         \
    __builtin_memcpy(&x, &a, sizeof x);                                                                          \
    __builtin_memcpy(&y, &b, sizeof y);                                                                          \
    x += y;                                                                                                      \
    __builtin_memcpy(&a, &x, sizeof a);                                                                          \
    return a;                                                                                                    \
  }                                                                                                              \
                                                                                                                 \
  /* Sums times a factor, each rounded to a whole number. From 2^23 on floats are whole. */                      \
  RESNET_WORD TARGET resnet_f32x##N resnet_rescale_##N(resnet_f32x##N sum, resnet_f32x##N factor) {              \
    resnet_f32x##N x = resnet_from_integer_##N(sum) * factor;                                                    \
    resnet_f32x##N whole = RESNET_FILL(N, 8388608.0f), zero = RESNET_FILL(N, 0.0f);                              \
    resnet_f32x##N above = (x + whole) - whole, below = (x - whole) + whole;                                     \
    resnet_f32x##N rounded = RESNET_CHOOSE(N, x < zero, below, above);                                           \
    rounded = RESNET_CHOOSE(N, x < whole, rounded, x);                                                           \
    rounded = RESNET_CHOOSE(N, zero - x < whole, rounded, x);                                                    \
    resnet_i32x##N bits = __builtin_convertvector(rounded, resnet_i32x##N);                                      \
    __builtin_memcpy(&x, &bits, sizeof x);                                                                       \
    return x;                                                                                                    \
  }                                                                                                              \
                                                                                                                 \
  /* Bytes from 0 to 255, those to which 128 was added, bytes from -128 to 127, those from which 128 was taken, and\
     numbers of 16 bits. */                                                                                      \
  RESNET_NUMBERS(N, TARGET, bytes, resnet_bytes, resnet_bytes, 0.0f)                                             \
  RESNET_NUMBERS(N, TARGET, offset_bytes, resnet_bytes, resnet_bytes, 128.0f)                                    \
  RESNET_NUMBERS(N, TARGET, signed_bytes, resnet_sbytes, resnet_bytes, 0.0f)                                     \
  RESNET_NUMBERS(N, TARGET, lowered_bytes, resnet_sbytes, resnet_bytes, -128.0f)                                 \
  RESNET_NUMBERS(N, TARGET, halves, resnet_halves, resnet_uhalves, 0.0f)                                         \
                                                                                                                 \
  /* Of two blocks, N numbers each, one behind the other: 2 N of 16 bits. */                                     \
  RESNET_PAIRS(N, TARGET, bytes, resnet_both, 0)                                                                 \
  RESNET_PAIRS(N, TARGET, offset_bytes, resnet_both, 128)                                                        \
  RESNET_PAIRS(N, TARGET, signed_bytes, resnet_sboth, 0)                                                         \
  RESNET_PAIRS(N, TARGET, lowered_bytes, resnet_sboth, -128)                                                     \
                                                                                                                 \
  RESNET_WORD TARGET resnet_f32x##N resnet_load_pairs_halves_##N(const float *p, const float *q) {               \
    resnet_f32x##N x;                                                                                            \
    __builtin_memcpy(&x, p, 2 * N);                                                                              \
    __builtin_memcpy((char *)&x + 2 * N, q, 2 * N);                                                              \
    return x;                                                                                                    \
  }                                                                                                              \
                                                                                                                 \
  /* Sums of numbers of 16 bits, and such times a power of two: exact where the last result has 16 bits. */      \
  RESNET_WORD TARGET resnet_f32x##N resnet_add_pairs_##N(resnet_f32x##N a, resnet_f32x##N b) {                   \
    resnet_upairs##N x, y;                                                                                       \
    __builtin_memcpy(&x, &a, sizeof x);                                                                          \
    __builtin_memcpy(&y, &b, sizeof y);                                                                          \
    x = x + y;                                                                                                   \
    __builtin_memcpy(&a, &x, sizeof a);                                                                          \
    return a;                                                                                                    \
  }                                                                                                              \
                                                                                                                 \
  RESNET_WORD TARGET resnet_f32x##N resnet_subtract_pairs_##N(resnet_f32x##N a, resnet_f32x##N b) {              \
    resnet_upairs##N x, y;                                                                                       \
    __builtin_memcpy(&x, &a, sizeof x);                                                                          \
    __builtin_memcpy(&y, &b, sizeof y);                                                                          \
    x = x - y;                                                                                                   \
    __builtin_memcpy(&a, &x, sizeof a);                                                                          \
    return a;                                                                                                    \
  }                                                                                                              \
                                                                                                                 \
  RESNET_WORD TARGET resnet_f32x##N resnet_shift_pairs_##N(resnet_f32x##N a, ptrdiff_t bits) {                   \
    resnet_upairs##N x;                                                                                          \
    __builtin_memcpy(&x, &a, sizeof x);                                                                          \
    x = x << (uint16_t)bits;                                                                                     \
    __builtin_memcpy(&a, &x, sizeof a);                                                                          \
    return a;                                                                                                    \
  }

RESNET_INTEGERS(4, )
#if !defined(RESNET_TARGETS) || defined(__x86_64__)
RESNET_INTEGERS(8, RESNET_FOR_AVX2)
RESNET_INTEGERS(16, RESNET_FOR_AVX512)
#endif

/* Number `lane` of a pixel. */
RESNET_WORD float resnet_lane_floats(const float *p, ptrdiff_t lane) { return p[lane]; }
RESNET_WORD float resnet_lane_bytes(const float *p, ptrdiff_t lane) {
  return (float)((const uint8_t *)p)[lane];
}
RESNET_WORD float resnet_lane_offset_bytes(const float *p, ptrdiff_t lane) {
  return (float)(((const uint8_t *)p)[lane] - 128);
}
RESNET_WORD float resnet_lane_signed_bytes(const float *p, ptrdiff_t lane) {
  return (float)((const int8_t *)p)[lane];
}
RESNET_WORD float resnet_lane_lowered_bytes(const float *p, ptrdiff_t lane) {
  return (float)(((const int8_t *)p)[lane] + 128);
}
RESNET_WORD float resnet_lane_halves(const float *p, ptrdiff_t lane) {
  int16_t half;
  __builtin_memcpy(&half, (const char *)p + 2 * lane, sizeof half);
  return (float)half;
}

/* The same for what is a number of such a kind already. */
RESNET_WORD void resnet_store_lane_floats(float x, float *p, ptrdiff_t lane) { p[lane] = x; }
RESNET_WORD void resnet_store_lane_bytes(float x, float *p, ptrdiff_t lane) {
  ((uint8_t *)p)[lane] = (uint8_t)x;
}
RESNET_WORD void resnet_store_lane_offset_bytes(float x, float *p, ptrdiff_t lane) {
  ((uint8_t *)p)[lane] = (uint8_t)(x + 128.0f);
}
RESNET_WORD void resnet_store_lane_signed_bytes(float x, float *p, ptrdiff_t lane) {
  ((int8_t *)p)[lane] = (int8_t)x;
}
RESNET_WORD void resnet_store_lane_lowered_bytes(float x, float *p, ptrdiff_t lane) {
  ((int8_t *)p)[lane] = (int8_t)(x - 128.0f);
}
RESNET_WORD void resnet_store_lane_halves(float x, float *p, ptrdiff_t lane) {
  int16_t half = (int16_t)x;
  __builtin_memcpy((char *)p + 2 * lane, &half, sizeof half);
}

/* `count` words of four times 128: zeros of bytes to which that was added, or from which it was taken. */
RESNET_WORD void resnet_offset_zeros(float *p, ptrdiff_t count) {
  uint32_t word = 0x80808080u;
  for (ptrdiff_t i = 0; i < count; i++) __builtin_memcpy(p + i, &word, sizeof word);
}

/* A row of an image as whole numbers: each value divided by the scale, held to -128 to 127 and rounded, channels of a pixel
   beside one another, `parts` to a word. Lanes of a block of four without a channel hold `rest`. Loops over columns, which
   compilers turn into vectors since `channels` and `parts` are constants where this is inlined. */
RESNET_WORD void resnet_quantize_row_of(
    const float *line, ptrdiff_t plane, ptrdiff_t width, float scale, float offset, float *row, ptrdiff_t channels,
    ptrdiff_t parts) {
  ptrdiff_t pitch = 4 / parts, bits = 32 / parts;
  uint32_t mask = parts == 4 ? 0xFFu : 0xFFFFu;
  for (ptrdiff_t word = 0; word < pitch; word++) {
    for (ptrdiff_t column = 0; column < width; column++) {
      uint32_t all = 0;
      for (ptrdiff_t part = 0; part < parts; part++) {
        ptrdiff_t channel = word * parts + part;
        float x = channel < channels ? line[channel * plane + column] / scale : 0.0f;
        x = x > -128.0f ? x : -128.0f;
        x = x < 127.0f ? x : 127.0f;
        x = x + (RESNET_WHOLE + offset);
        uint32_t number;
        __builtin_memcpy(&number, &x, sizeof number);
        all |= (number & mask) << (part * bits);
      }
      __builtin_memcpy(row + column * pitch + word, &all, sizeof all);
    }
  }
}

RESNET_WORD void resnet_quantize_row(
    const float *line, ptrdiff_t plane, ptrdiff_t width, float scale, float offset, float *row, ptrdiff_t channels,
    ptrdiff_t parts) {
  if (parts == 4 && channels == 3) {
    resnet_quantize_row_of(line, plane, width, scale, offset, row, 3, 4);
  } else if (parts == 4) {
    resnet_quantize_row_of(line, plane, width, scale, offset, row, channels, 4);
  } else if (channels == 3) {
    resnet_quantize_row_of(line, plane, width, scale, offset, row, 3, 2);
  } else {
    resnet_quantize_row_of(line, plane, width, scale, offset, row, channels, 2);
  }
}

/* sum + a b, of two numbers of 16 bits in each word. */
#if defined(__x86_64__) && defined(__clang__)
typedef int16_t resnet_pairs_4 __attribute__((vector_size(16)));
typedef int16_t resnet_pairs_8 __attribute__((vector_size(32)));
#define RESNET_PRODUCTS_4(a, b) (resnet_i32x4) __builtin_ia32_pmaddwd128((resnet_pairs_4)(a), (resnet_pairs_4)(b))
#define RESNET_PRODUCTS_8(a, b) (resnet_i32x8) __builtin_ia32_pmaddwd256((resnet_pairs_8)(a), (resnet_pairs_8)(b))
#elif defined(__x86_64__)
#define RESNET_PRODUCTS_4(a, b) (resnet_i32x4) _mm_madd_epi16((__m128i)(a), (__m128i)(b))
#define RESNET_PRODUCTS_8(a, b) (resnet_i32x8) _mm256_madd_epi16((__m256i)(a), (__m256i)(b))
#else
#define RESNET_PRODUCTS_4(a, b) ((((a) << 16) >> 16) * (((b) << 16) >> 16) + ((a) >> 16) * ((b) >> 16))
#endif

#define RESNET_DOT_PAIRS(N, TARGET)                                                                              \
  RESNET_WORD TARGET resnet_f32x##N resnet_dot_pairs_##N(                                                        \
      resnet_f32x##N sum, resnet_f32x##N a, resnet_f32x##N b) {                                                  \
    resnet_i32x##N x, y, z;                                                                                      \
    __builtin_memcpy(&x, &a, sizeof x);                                                                          \
    __builtin_memcpy(&y, &b, sizeof y);                                                                          \
    __builtin_memcpy(&z, &sum, sizeof z);                                                                        \
    z += RESNET_PRODUCTS_##N(x, y);                                                                              \
    __builtin_memcpy(&sum, &z, sizeof sum);                                                                      \
    return sum;                                                                                                  \
  }

RESNET_DOT_PAIRS(4, )
#if defined(__AVX2__) || (defined(RESNET_TARGETS) && defined(__x86_64__))
RESNET_DOT_PAIRS(8, RESNET_FOR_AVX2)
#endif

/* The same in one instruction (VPDPWSSD), and sum + a b, of four bytes by four signed ones in each word (VPDPBUSD). */
#if defined(__AVX512VNNI__) || (defined(RESNET_TARGETS) && defined(__x86_64__))
RESNET_WORD RESNET_FOR_VNNI resnet_f32x16 resnet_dot_pairs_16(resnet_f32x16 sum, resnet_f32x16 a, resnet_f32x16 b) {
  resnet_i32x16 x, y, z;
  __builtin_memcpy(&x, &a, sizeof x);
  __builtin_memcpy(&y, &b, sizeof y);
  __builtin_memcpy(&z, &sum, sizeof z);
#if defined(__clang__)
  z = (resnet_i32x16)__builtin_ia32_vpdpwssd512(z, x, y);
#else
  z = (resnet_i32x16)_mm512_dpwssd_epi32((__m512i)z, (__m512i)x, (__m512i)y);
#endif
  __builtin_memcpy(&sum, &z, sizeof sum);
  return sum;
}

RESNET_WORD RESNET_FOR_VNNI resnet_f32x16 resnet_dot_bytes_16(resnet_f32x16 sum, resnet_f32x16 a, resnet_f32x16 b) {
  resnet_i32x16 x, y, z;
  __builtin_memcpy(&x, &a, sizeof x);
  __builtin_memcpy(&y, &b, sizeof y);
  __builtin_memcpy(&z, &sum, sizeof z);
#if defined(__clang__)
  z = (resnet_i32x16)__builtin_ia32_vpdpbusd512(z, x, y);
#else
  z = (resnet_i32x16)_mm512_dpbusd_epi32((__m512i)z, (__m512i)x, (__m512i)y);
#endif
  __builtin_memcpy(&sum, &z, sizeof sum);
  return sum;
}
#endif

/* The same of eight words (AVX-VNNI's). */
#if defined(__AVXVNNI__) || (defined(RESNET_TARGETS) && defined(__x86_64__))
RESNET_WORD RESNET_FOR_AVXVNNI resnet_f32x8 resnet_dot_bytes_8(resnet_f32x8 sum, resnet_f32x8 a, resnet_f32x8 b) {
  resnet_i32x8 x, y, z;
  __builtin_memcpy(&x, &a, sizeof x);
  __builtin_memcpy(&y, &b, sizeof y);
  __builtin_memcpy(&z, &sum, sizeof z);
#if defined(__clang__)
  z = (resnet_i32x8)__builtin_ia32_vpdpbusd256(z, x, y);
#else
  z = (resnet_i32x8)_mm256_dpbusd_avx_epi32((__m256i)z, (__m256i)x, (__m256i)y);
#endif
  __builtin_memcpy(&sum, &z, sizeof sum);
  return sum;
}
#endif

/* sum + a b, of four signed bytes by four in each word (SDOT). */
#if defined(__ARM_FEATURE_DOTPROD) || (defined(RESNET_TARGETS) && defined(__aarch64__))
RESNET_WORD RESNET_FOR_NEONDOT resnet_f32x4 resnet_dot_signed_bytes_4(
    resnet_f32x4 sum, resnet_f32x4 a, resnet_f32x4 b) {
  __asm__("sdot %0.4s, %1.16b, %2.16b" : "+w"(sum) : "w"(a), "w"(b));
  return sum;
}
#endif

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#endif
