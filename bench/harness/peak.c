// The most that one core computes in each number type: one kind of instruction on registers alone, billions of operations
// a second, a product and a sum being two, best of several runs. Prints a name and a figure a line, the first of them for
// fused multiply-adds of 32-bit floats. Compiled for the processor that it runs on.
#include <stdio.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

// Keeps what is in a register from being known to the compiler.
#if defined(__AVX512F__)
#define HIDE(x) __asm__ volatile("" : "+v"(x))
#elif defined(__x86_64__)
#define HIDE(x) __asm__ volatile("" : "+x"(x))
#else
#define HIDE(x) __asm__ volatile("" : "+w"(x))
#endif

// Sums are in registers only where all loops over them are unrolled.
#define UNROLL _Pragma("clang loop unroll(full)")

// Prints the rate of STEP, which makes s of s, a and b, with COUNT operations: as many sums at a time as hide its latency.
#define MEASURE(NAME, TYPE, ZERO, STEP, COUNT, CHAINS)                       \
  do {                                                                       \
    TYPE sums[CHAINS], a = ZERO, b = ZERO;                                   \
    HIDE(a);                                                                 \
    HIDE(b);                                                                 \
    UNROLL for (int c = 0; c < CHAINS; c++) sums[c] = ZERO;                  \
    double best = 1e9;                                                       \
    for (int run = 0; run < 8; run++) {                                      \
      double start = now();                                                  \
      for (int turn = 0; turn < 2000000; turn++) {                           \
        UNROLL for (int c = 0; c < CHAINS; c++) {                            \
          TYPE s = sums[c];                                                  \
          HIDE(a); /* So that each step multiplies. */                       \
          s = STEP;                                                          \
          HIDE(s);                                                           \
          sums[c] = s;                                                       \
        }                                                                    \
      }                                                                      \
      double time = now() - start;                                           \
      if (time < best) best = time;                                          \
    }                                                                        \
    UNROLL for (int c = 0; c < CHAINS; c++) HIDE(sums[c]);                   \
    printf("%s\t%.1f\n", NAME, (COUNT) * (double)CHAINS * 2000000 / best * 1e-9); \
  } while (0)

#if defined(__x86_64__)
#include <immintrin.h>

int main(void) {
#if defined(__AVX512F__)
  MEASURE("fp32, FMA", __m512, _mm512_setzero_ps(), _mm512_fmadd_ps(a, b, s), 32, 24);
#elif defined(__FMA__)
  MEASURE("fp32, FMA", __m256, _mm256_setzero_ps(), _mm256_fmadd_ps(a, b, s), 16, 12);
#else
  MEASURE("fp32", __m128, _mm_setzero_ps(), _mm_add_ps(_mm_mul_ps(a, b), s), 8, 12);
#endif
#if defined(__AVX512F__) && defined(__FMA__)
  MEASURE("fp32, FMA of 256 bits", __m256, _mm256_setzero_ps(), _mm256_fmadd_ps(a, b, s), 16, 12);
#endif
#if defined(__AVX512FP16__)
  MEASURE("fp16, VFMADDPH", __m512h, _mm512_setzero_ph(), _mm512_fmadd_ph(a, b, s), 64, 24);
#endif
#if defined(__AVX512VNNI__)
  MEASURE("int8, VPDPBUSD", __m512i, _mm512_setzero_si512(), _mm512_dpbusd_epi32(s, a, b), 128, 24);
  MEASURE("int16, VPDPWSSD", __m512i, _mm512_setzero_si512(), _mm512_dpwssd_epi32(s, a, b), 64, 24);
#endif
#if defined(__AVXVNNI__)
  MEASURE("int8, VPDPBUSD of 256 bits", __m256i, _mm256_setzero_si256(), _mm256_dpbusd_avx_epi32(s, a, b), 64, 12);
  MEASURE("int16, VPDPWSSD of 256 bits", __m256i, _mm256_setzero_si256(), _mm256_dpwssd_avx_epi32(s, a, b), 32, 12);
#endif
#if defined(__AVX2__)
  // What multiplies integers exactly without VNNI.
  MEASURE("int16, VPMADDWD and VPADDD of 256 bits", __m256i, _mm256_setzero_si256(),
          _mm256_add_epi32(s, _mm256_madd_epi16(a, b)), 32, 12);
#endif
  return 0;
}
#else
typedef float vector __attribute__((vector_size(16)));

int main(void) {
  MEASURE("fp32, FMA", vector, (vector){0}, s + a * b, 8, 12);
  return 0;
}
#endif
