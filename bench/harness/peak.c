// The most that one core computes: fused multiply-adds in registers alone, in GFLOP/s, best of several runs.
// Compiled with -DBYTES=64, 32 or 16, the width of a vector.
#include <stdio.h>
#include <time.h>

typedef float vector __attribute__((vector_size(BYTES)));
enum { LANES = BYTES / 4, CHAINS = BYTES == 64 ? 24 : 12, TURNS = 2000000 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

int main(int count, char **words) {
  vector sums[CHAINS], a = {0}, b = {0};
  (void)words;
  for (int c = 0; c < CHAINS; c++) sums[c] = a + (float)c;
  // Unknown to the compiler, and such that nothing grows or fades into denormal numbers.
  a += 1.0f - 1e-7f * (float)count;
  b += 1e-7f * (float)count;
  double best = 1e9;
  for (int run = 0; run < 8; run++) {
    double start = now();
    for (int turn = 0; turn < TURNS; turn++) {
#pragma clang loop unroll(full)
      for (int c = 0; c < CHAINS; c++) sums[c] = sums[c] * a + b;
    }
    double time = now() - start;
    if (time < best) best = time;
  }
  vector sum = sums[0];
  for (int c = 1; c < CHAINS; c++) sum += sums[c];
  volatile float keep = sum[0];
  (void)keep;
  printf("%.1f\n", 2.0 * LANES * CHAINS * TURNS / best * 1e-9);
  return 0;
}
