// Runs a network's NEON kernels on arm64 without the engine: reads a program, calls a kernel for every step, writes the
// arena.
//
//     emulated PROGRAM OUTPUT
//
// PROGRAM, little-endian: int64 arena floats, weight floats, steps, scratch floats; for each step seven int64: kernel, units, and the
// offsets, in floats, of source 0, source 1, residual and output in the arena and of the step's packed weights; then
// the packed weights and the arena, float32. OUTPUT: the arena after the last step.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

extern void run_kernel(long kernel, const float *source0, const float *source1, const float *residual, float *output,
                       const float *weights, float *scratch, long begin, long end);

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void *read_all(FILE *file, size_t bytes) {
  // Rows start on cache lines, as in the engine.
  void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (!memory || fread(memory, 1, bytes, file) != bytes) fail("reading the program");
  return memory;
}

int main(int count, char **arguments) {
  if (count != 3) return 64;
  FILE *program = fopen(arguments[1], "rb");
  if (!program) fail(arguments[1]);
  int64_t *sizes = read_all(program, 4 * sizeof(int64_t));
  int64_t (*steps)[7] = read_all(program, (size_t)sizes[2] * sizeof(*steps));
  float *weights = read_all(program, (size_t)sizes[1] * sizeof(float));
  float *arena = read_all(program, (size_t)sizes[0] * sizeof(float));
  float *scratch = aligned_alloc(64, ((size_t)sizes[3] * sizeof(float) + 64) / 64 * 64);
  if (!scratch) fail("scratch memory");
  for (int64_t i = 0; i < sizes[2]; i++) {
    int64_t *step = steps[i];
    // In two parts, as two threads would share it.
    long half = step[1] / 2;
    for (int part = 0; part < 2; part++) {
      run_kernel(step[0], arena + step[2], arena + step[3], arena + step[4], arena + step[5], weights + step[6], scratch,
                 part ? half : 0, part ? step[1] : half);
    }
  }
  FILE *output = fopen(arguments[2], "wb");
  if (!output || fwrite(arena, sizeof(float), (size_t)sizes[0], output) != (size_t)sizes[0] || fclose(output)) {
    fail(arguments[2]);
  }
  return 0;
}
