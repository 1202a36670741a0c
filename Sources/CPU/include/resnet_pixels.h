// SPDX-License-Identifier: Apache-2.0
// The words of the loops over pixels, for vectors of 16 bytes, which every x86-64 and every ARM has: bytes, numbers of 16
// bits, and the sums of their products. Each is one instruction, or two. Swift has no operator that saturates or that
// multiplies and adds, and what it spells with others becomes calls: a row of colours took three times as long.
#ifndef RESNET_PIXELS_H
#define RESNET_PIXELS_H

typedef unsigned char resnet_u8x8 __attribute__((ext_vector_type(8)));
typedef unsigned char resnet_u8x16 __attribute__((ext_vector_type(16)));
typedef signed char resnet_i8x16 __attribute__((ext_vector_type(16)));
typedef short resnet_i16x8 __attribute__((ext_vector_type(8)));
typedef int resnet_i32x4 __attribute__((ext_vector_type(4)));

#if defined(__SSE2__)
typedef short resnet_m16x8 __attribute__((vector_size(16)));
typedef int resnet_m32x4 __attribute__((vector_size(16)));
#endif

/* The 8 bytes at p, each as a number of 16 bits. */
static inline __attribute__((always_inline)) resnet_i16x8 resnet_load_bytes(const unsigned char *p) {
  resnet_u8x8 x;
  __builtin_memcpy(&x, p, sizeof x);
  return __builtin_convertvector(x, resnet_i16x8);
}

static inline __attribute__((always_inline)) resnet_u8x16 resnet_load_16_bytes(const unsigned char *p) {
  resnet_u8x16 x;
  __builtin_memcpy(&x, p, sizeof x);
  return x;
}

/* The first and the last 8 of 16 bytes, each as a number of 16 bits. */
static inline __attribute__((always_inline)) resnet_i16x8 resnet_low_bytes(resnet_u8x16 x) {
  return __builtin_convertvector(x.lo, resnet_i16x8);
}
static inline __attribute__((always_inline)) resnet_i16x8 resnet_high_bytes(resnet_u8x16 x) {
  return __builtin_convertvector(x.hi, resnet_i16x8);
}

static inline __attribute__((always_inline)) void resnet_store_low_bytes(resnet_u8x16 x, unsigned char *p) {
  __builtin_memcpy(p, &x, 8);
}
static inline __attribute__((always_inline)) void resnet_store_high_bytes(resnet_u8x16 x, unsigned char *p) {
  resnet_u8x8 high = x.hi;
  __builtin_memcpy(p, &high, 8);
}

/* The elements of two vectors in turns: of their first halves, or of their last. */
static inline __attribute__((always_inline)) resnet_i16x8 resnet_zip_low(resnet_i16x8 a, resnet_i16x8 b) {
  return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
static inline __attribute__((always_inline)) resnet_i16x8 resnet_zip_high(resnet_i16x8 a, resnet_i16x8 b) {
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
static inline __attribute__((always_inline)) resnet_i16x8 resnet_zip_low_bytes(resnet_u8x16 a, resnet_u8x16 b) {
  return (resnet_i16x8)__builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
static inline __attribute__((always_inline)) resnet_i16x8 resnet_zip_high_bytes(resnet_u8x16 a, resnet_u8x16 b) {
  return (resnet_i16x8)__builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/* Products of neighbours, and the sum of each pair of them. */
static inline __attribute__((always_inline)) resnet_i32x4 resnet_multiply_pairs(resnet_i16x8 a, resnet_i16x8 b) {
#if defined(__SSE2__)
  return (resnet_i32x4)__builtin_ia32_pmaddwd128((resnet_m16x8)a, (resnet_m16x8)b);
#else
  return __builtin_convertvector(a.even, resnet_i32x4) * __builtin_convertvector(b.even, resnet_i32x4) +
         __builtin_convertvector(a.odd, resnet_i32x4) * __builtin_convertvector(b.odd, resnet_i32x4);
#endif
}

/* The upper half of each product. */
static inline __attribute__((always_inline)) resnet_i16x8 resnet_multiply_high(resnet_i16x8 a, resnet_i16x8 b) {
  typedef int wide __attribute__((ext_vector_type(8)));
  return __builtin_convertvector(
      (__builtin_convertvector(a, wide) * __builtin_convertvector(b, wide)) >> 16, resnet_i16x8);
}

/* Each of four numbers times 65,536; the first, or the last. */
static inline __attribute__((always_inline)) resnet_i32x4 resnet_upper_low(resnet_i16x8 x) {
  return (resnet_i32x4)resnet_zip_low((resnet_i16x8)(0), x);
}
static inline __attribute__((always_inline)) resnet_i32x4 resnet_upper_high(resnet_i16x8 x) {
  return (resnet_i32x4)resnet_zip_high((resnet_i16x8)(0), x);
}

/* Two vectors in half the bits, what does not fit being the nearest that does. */
static inline __attribute__((always_inline)) resnet_i16x8 resnet_saturate(resnet_i32x4 a, resnet_i32x4 b) {
#if defined(__SSE2__)
  return (resnet_i16x8)__builtin_ia32_packssdw128((resnet_m32x4)a, (resnet_m32x4)b);
#else
  typedef int wide __attribute__((ext_vector_type(8)));
  wide x = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
  x = __builtin_elementwise_min(__builtin_elementwise_max(x, (wide)(-32768)), (wide)(32767));
  return __builtin_convertvector(x, resnet_i16x8);
#endif
}

static inline __attribute__((always_inline)) resnet_u8x16 resnet_saturate_bytes(resnet_i16x8 a, resnet_i16x8 b) {
#if defined(__SSE2__)
  return (resnet_u8x16)__builtin_ia32_packuswb128((resnet_m16x8)a, (resnet_m16x8)b);
#else
  typedef short wide __attribute__((ext_vector_type(16)));
  wide x = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  x = __builtin_elementwise_min(__builtin_elementwise_max(x, (wide)(0)), (wide)(255));
  return __builtin_convertvector(x, resnet_u8x16);
#endif
}

/* The same of numbers around zero, which 128 is added to. */
static inline __attribute__((always_inline)) resnet_u8x16 resnet_saturate_centred(resnet_i16x8 a, resnet_i16x8 b) {
#if defined(__SSE2__)
  return (resnet_u8x16)__builtin_ia32_packsswb128((resnet_m16x8)a, (resnet_m16x8)b) ^ (resnet_u8x16)(128);
#else
  typedef short wide __attribute__((ext_vector_type(16)));
  wide x = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  x = __builtin_elementwise_min(__builtin_elementwise_max(x, (wide)(-128)), (wide)(127));
  return __builtin_convertvector(__builtin_convertvector(x, resnet_i8x16), resnet_u8x16) ^ (resnet_u8x16)(128);
#endif
}

/* Four pixels of red, green, blue and zero, two numbers of 16 bits each: 12 bytes at p, and two of no meaning behind
   each six. */
static inline __attribute__((always_inline)) void resnet_store_pixels(resnet_i16x8 x, unsigned char *p) {
  typedef unsigned long long pairs __attribute__((ext_vector_type(2)));
  pairs pixels = (pairs)x;
  pixels = (pixels & 0xFFFFFF) | ((pixels >> 8) & 0xFFFFFF000000);
  unsigned long long first = pixels.x, second = pixels.y;
  __builtin_memcpy(p, &first, 8);
  __builtin_memcpy(p + 6, &second, 8);
}

#endif
