//% strip
// The command of a generated C package: weights and memory for calls, files, numbers of a seed.
//% end
#if defined(__linux__) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE
#endif

#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

int fail(const char *what, const char *why) {
  fprintf(stderr, "Error: %s%s%s.\n", what, why[0] != 0 ? ": " : "", why);
  return failure;
}

/* Large memory lies in large pages where the system has them: kernels pass over weights and maps from end to end, and a
   page of 4 kB ends before the processor has looked far ahead. */
static void *aligned(size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  const size_t page = (size_t)2 << 20;
  if (bytes >= page) {
    const size_t whole = (bytes + page - 1) / page * page;
    void *memory = aligned_alloc(page, whole);
    if (memory != NULL) {
      madvise(memory, whole, MADV_HUGEPAGE);
    }
    return memory;
  }
#endif
  return aligned_alloc(NET_ALIGNMENT, (bytes + NET_ALIGNMENT - 1) / NET_ALIGNMENT * NET_ALIGNMENT);
}

void *read_file(const char *path, size_t limit, size_t *bytes) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    fail("cannot read", path);
    return NULL;
  }
  void *data = NULL;
  long size = -1;
  if (fseek(file, 0, SEEK_END) == 0) {
    size = ftell(file);
  }
  if (size >= 0 && (size_t)size <= limit && fseek(file, 0, SEEK_SET) == 0) {
    *bytes = (size_t)size;
    data = aligned(*bytes + 1);
    if (data != NULL && fread(data, 1, *bytes, file) != *bytes) {
      free(data);
      data = NULL;
    }
  }
  fclose(file);
  if (data == NULL) {
    fail(size >= 0 && (size_t)size > limit ? "this is too large to be what is asked for" : "cannot read", path);
  }
  return data;
}

/* Numbers of a seed, the same on every machine: element i of a tensor is a mix of the seed, its name and i. */
static uint64_t mix(uint64_t z) {
  z ^= z >> 30;
  z *= UINT64_C(0xbf58476d1ce4e5b9);
  z ^= z >> 27;
  z *= UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

void fill(float *values, size_t count, const char *name, uint64_t seed, double low, double span) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (; *name != 0; name++) {
    hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
  }
  const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15), key = mix(hash ^ seed * golden);
  for (size_t i = 0; i < count; i++) {
    const double u = (double)(mix(key + (i + 1) * golden) >> 40) / 16777216.0;
    values[i] = (float)(low + span * u);
  }
}

/* Weights for `bench`, which mean nothing: a packed file of small numbers. */
static void *random_weights(const options *options, size_t *bytes) {
  net_isa isa = net_isa_best();
  if (options->isa != NULL) {
    int found = 0;
    for (int i = 0; i < const(isaCount); i++) {
      if (strcmp(net_isa_name((net_isa)i), options->isa) == 0 && net_isa_runs((net_isa)i)) {
        isa = (net_isa)i;
        found = 1;
      }
    }
    if (!found) {
      fail("this processor or this build does not run", options->isa);
      return NULL;
    }
  }
  *bytes = net_weights_bytes(isa);
  unsigned char *weights = (unsigned char *)aligned(*bytes);
  if (weights != NULL) {
    net_random_header(isa, weights);
    fill((float *)(void *)(weights + 4096), (*bytes - 4096) / 4, "weights", strtoull(options->weights + 7, NULL, 10),
         -0.02, 0.04);
  }
  return weights;
}

/* Those of the program, if it has any: for the best instruction set that runs here. */
static const void *embedded_weights(size_t *bytes) {
  const void *weights = NULL;
  *bytes = 0;
//% if embedded > 0
  for (int i = 0; i < const(isaCount) && weights == NULL; i++) {
    weights = net_isa_runs((net_isa)i) ? net_embedded_weights((net_isa)i, bytes) : NULL;
  }
//% end
  return weights;
}

void close_session(session *session) {
  net_team_destroy(session->team);
  free(session->weights);
  free(session->input);
  free(session->output);
  free(session->activations);
}

int open_session(session *session, const options *options) {
  size_t bytes = 0;
  memset(session, 0, sizeof *session);
  const size_t limit = 2 * (size_t)NET_WEIGHTS_BYTES + ((size_t)64 << 20);
  const void *weights = NULL;
  if (options->weights == NULL) {
    weights = embedded_weights(&bytes);
  } else {
    const bool is_random = strncmp(options->weights, "random:", 7) == 0;
    session->weights = is_random ? random_weights(options, &bytes) : read_file(options->weights, limit, &bytes);
    weights = session->weights;
  }
  if (weights == NULL) {
    return options->weights == NULL ? fail("this needs --weights PACKED", "") : failure;
  }
  net_error error = net_open(&session->model, weights, bytes);
  if (error == NET_OK) {
    error = net_team_create(&session->team, options->threads);
  }
  if (error != NET_OK) {
    return fail(options->weights != NULL ? options->weights : "the program", net_error_message(error));
  }
  session->input = (float *)aligned(NET_BATCH * NET_INPUT_FLOATS * sizeof(float));
  session->output = (float *)aligned(NET_BATCH * NET_OUTPUT_FLOATS * sizeof(float));
  // One after the other, as in the Swift package: each by itself may be too small for a large page, and two that begin at
  // multiples of one lie in the same sets of a cache.
  const size_t page = 4096, activations = (NET_ACTIVATIONS_BYTES + page - 1) / page * page;
  session->activations = aligned(activations + (size_t)options->threads * NET_SCRATCH_BYTES);
  if (session->input == NULL || session->output == NULL || session->activations == NULL) {
    return fail("there is not enough memory", "");
  }
  session->scratch = (char *)session->activations + activations;
  return success;
}

net_error compute(session *session, size_t images) {
  return net_team_run(
      session->team, &session->model, session->input, images, session->output, session->activations, session->scratch);
}
