//% strip
// What the files of a generated C package share.
//% end
#ifndef NET_INTERNAL_H
#define NET_INTERNAL_H

#include "net.h"

#include <stdbool.h>
#include <string.h>

#include "resnet_simd.h"

#define RESNET_UNUSED __attribute__((unused))
#define RESNET_INFINITY __builtin_inff()

/* Seen by the files of this package alone, also where it becomes part of a shared library. */
#if defined(__GNUC__) && !defined(_WIN32)
#define NET_INTERNAL __attribute__((visibility("hidden")))
#else
#define NET_INTERNAL
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Consecutive units of a step that are as much work each. */
typedef struct net_units {
  ptrdiff_t count, work;
} net_units;

/* One call of a kernel: its number, its units of work, and where in the arena and in the weights it reads and writes. */
typedef struct net_step {
  int kernel;
  ptrdiff_t units, source_0, source_1, added, output, weights;
  /* Of its units, turn by turn; none where all are alike. */
  const net_units *runs;
  int run_count;
} net_step;

/* Where a value lies in the arena, in words of 32 bits; channel c is lane slots[c] of all lanes of all blocks, or lane c.
   Words are floats, or of whole numbers, to which `added` was added, so many to a word. */
typedef struct net_place {
  ptrdiff_t offset, channels, height, width, lanes, blocks, pixel_pitch, row_pitch, block_pitch, image_pitch, origin;
  ptrdiff_t numbers, added;
  const int *slots;
} net_place;

/* The network on one instruction set. */
struct net_plan {
  net_isa isa;
  const char *name;
  int lanes;
  size_t arena_floats, scratch_floats, weight_floats;
  uint64_t layout;
  const net_step *steps;
  int step_count;
  /* Among the weights: what the image's whole numbers are multiplied with, and those of other values after it. */
  ptrdiff_t scales;
  net_place input;
  const net_place *outputs;
  void (*run)(
      int kernel, const float *source_0, const float *source_1, const float *added, float *y, const float *weights,
      float *scratch, ptrdiff_t begin, ptrdiff_t end);
};

planDeclarations

/* The arguments of a call, checked. */
NET_INTERNAL net_error net_arguments(
    const net_model *model, const float *input, size_t images, const float *output, const void *activations,
    const void *scratch);

/* Part `part` of `parts` of copying images into the arena. */
NET_INTERNAL void net_load(
    const net_model *model, const float *input, size_t images, float *arena, int part, int parts);

/* Part `part` of `parts` of a step. */
NET_INTERNAL void net_step_run(
    const net_model *model, const net_step *step, float *arena, float *scratch, int part, int parts);

/* Copies what is returned out of the arena. */
NET_INTERNAL void net_unload(const struct net_plan *plan, const float *arena, size_t images, float *output);

#ifdef __cplusplus
}
#endif

#endif
