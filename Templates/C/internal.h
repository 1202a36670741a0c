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

/* One call of a kernel: its number, its units of work, of which threads take pieces that end at multiples of the grain, and
   where in the arena and in the weights it reads and writes. */
typedef struct net_step {
  int kernel;
  ptrdiff_t units, grain, source_0, source_1, added, output, weights;
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

/* Rows that copying images into the arena is made of. */
NET_INTERNAL ptrdiff_t net_input_units(const struct net_plan *plan);

/* Copies rows `begin` to `end` of images into the arena. */
NET_INTERNAL void net_load(
    const struct net_plan *plan, const float *weights, const float *input, size_t images, float *arena, ptrdiff_t begin,
    ptrdiff_t end);

/* The unit before which as near to `part` of `parts` shares of all work is done as can be. */
NET_INTERNAL ptrdiff_t net_first_unit(const net_step *step, int part, int parts);

/* Before a step: what kernels noted at the beginning of a thread's scratch memory is of another one. */
NET_INTERNAL void net_clear_notes(float *scratch);

/* Units `begin` to `end` of a step, for a thread whose notes are clear or of this step. */
NET_INTERNAL void net_step_run(
    const struct net_plan *plan, const float *weights, const net_step *step, float *arena, float *scratch,
    ptrdiff_t begin, ptrdiff_t end);

/* Copies what is returned out of the arena. */
NET_INTERNAL void net_unload(const struct net_plan *plan, const float *arena, size_t images, float *output);

#ifdef __cplusplus
}
#endif

#endif
