//% strip
// What users of a generated C package include. `net` and `NET` stand for the prefix of all its names.
//% end
#ifndef NET_H
#define NET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* netSummary
 *
 * Nothing here is global and changes, so any number of threads may call everything, each with regions of its own:
 *
 *   weights      a packed file, in memory or mapped, which is only read; any number of models may share it
 *   activations  NET_ACTIVATIONS_BYTES that a call writes
 *   scratch      NET_SCRATCH_BYTES for each thread of a call
 *
 * All three begin at a multiple of NET_ALIGNMENT bytes. Nothing is allocated but by net_team_create.
 */

/** Images that a call computes at most; fewer take as long. */
#define NET_BATCH const(batchSize)
/** Of an image: planes of rows of numbers, normalised as the network was trained to see them. */
#define NET_INPUT_CHANNELS const(inputChannels)
#define NET_INPUT_HEIGHT const(inputHeight)
#define NET_INPUT_WIDTH const(inputWidth)
#define NET_INPUT_FLOATS const(inputChannels * inputHeight * inputWidth)
/** What the network gives for an image. */
#define NET_OUTPUT_FLOATS const(outputFloats)
outputMacros

#define NET_ALIGNMENT 64
/** Of the instruction set that needs the most. */
#define NET_WEIGHTS_BYTES const(weightsBytes)
#define NET_ACTIVATIONS_BYTES const(activationsBytes)
/** For each thread. */
#define NET_SCRATCH_BYTES const(scratchBytes)
sizeMacros

/** Instruction sets, the preferred first. */
typedef enum net_isa {
isaCases
} net_isa;

/** Why a call failed; net_error_message says it in a sentence. */
typedef enum net_error {
  NET_OK = 0,
  /** The bytes do not begin as packed weights do. */
  NET_ERROR_NOT_PACKED,
  /** There are fewer bytes, or more, than the header says. */
  NET_ERROR_SIZE,
  /** Packed on a machine that stores numbers in the other order. */
  NET_ERROR_BYTE_ORDER,
  /** Of a version of the format that this code does not read. */
  NET_ERROR_FORMAT_VERSION,
  /** The header's checksum is wrong. */
  NET_ERROR_HEADER_DAMAGED,
  /** The weights' checksum is wrong; only net_check looks at it. */
  NET_ERROR_WEIGHTS_DAMAGED,
  /** Packed for another model. */
  NET_ERROR_OTHER_MODEL,
  /** Packed for a model of this name that was compiled otherwise. */
  NET_ERROR_OTHER_LAYOUT,
  /** Packed for an instruction set that this processor or this build has not. */
  NET_ERROR_ISA,
  /** An address is no multiple of NET_ALIGNMENT. */
  NET_ERROR_ALIGNMENT,
  /** An address is null. */
  NET_ERROR_NULL,
  /** The number of images is 0, or larger than NET_BATCH. */
  NET_ERROR_IMAGES,
  /** The number of threads is not from 1 to 256. */
  NET_ERROR_THREADS,
  /** A thread could not be started. */
  NET_ERROR_NO_THREAD,
  /** There is not enough memory. */
  NET_ERROR_MEMORY
} net_error;

/** Packed weights, found to fit. A value: copy it, keep it, forget it; the weights must live as long. */
typedef struct net_model {
  const struct net_plan *plan;
  const float *weights;
} net_model;

/** The error in a sentence without a full stop, with the way out. Never null. */
const char *net_error_message(net_error error);

/** `avx512`: as in the names of packed files. Never null. */
const char *net_isa_name(net_isa isa);

/** Whether this build has kernels for the instruction set, and this processor runs them: 1 or 0. */
int net_isa_runs(net_isa isa);

/** The best that runs here. */
net_isa net_isa_best(void);

/** The bytes of weights packed for the instruction set, header included; 0 where the build has it not. */
size_t net_weights_bytes(net_isa isa);

/** Opens weights that the subcommand `pack` of the Swift package or `resnetc --weights` packed. The header is checked
 *  to the last byte, the weights are not read.
 *
 *  packed: at a multiple of NET_ALIGNMENT, of exactly `bytes` bytes. */
net_error net_open(net_model *model, const void *packed, size_t bytes);

/** The same, and reads all weights to check them. */
net_error net_check(const void *packed, size_t bytes);

/** Writes the first 4096 bytes of packed weights that anybody may make up, for measurements. */
void net_random_header(net_isa isa, void *page);

/** The instruction set of an open model. */
net_isa net_model_isa(const net_model *model);

/** Computes 1 to NET_BATCH images on the calling thread.
 *
 *  input: of each image NET_INPUT_FLOATS numbers. output: of each NET_OUTPUT_FLOATS.
 *  activations, scratch: NET_ACTIVATIONS_BYTES and NET_SCRATCH_BYTES that are no other call's meanwhile. */
net_error net_run(
    const net_model *model, const float *input, size_t images, float *output, void *activations, void *scratch);

/** Threads that stay, for calls that share their work; in builds with NET_THREADS. */
typedef struct net_team net_team;

/** Starts `threads` - 1 threads, 0 to 255, which with the caller's are a team. */
net_error net_team_create(net_team **team, int threads);

/** Ends them. No call may be running; null is nothing to end. */
void net_team_destroy(net_team *team);

/** How many threads a team has, the caller's included. */
int net_team_threads(const net_team *team);

/** net_run on a team, bit for bit. One call at a time: a second one waits. scratch: NET_SCRATCH_BYTES for each thread. */
net_error net_team_run(
    net_team *team, const net_model *model, const float *input, size_t images, float *output, void *activations,
    void *scratch);
//% if embedded > 0

/** The weights that are part of the program: those packed for the instruction set. Null where there are none. */
const void *net_embedded_weights(net_isa isa, size_t *bytes);
//% end
//% if staticArena > 0

/** net_run in memory that is part of the program; one call at a time. */
net_error net_run_static(const net_model *model, const float *input, size_t images, float *output);
//% end

#ifdef __cplusplus
}
#endif

#endif
