//% strip
// What the files of a generated C package's command share.
//% end
#ifndef NET_COMMAND_H
#define NET_COMMAND_H

#include "net.h"

#include <stdbool.h>
#include <stddef.h>

enum { success = 0, failure = 1, misuse = 64 };

typedef struct options {
  const char *weights, *input, *output, *expected, *isa;
  double seconds, tolerance;
  int threads;
  bool json;
} options;

/* What a call needs. */
typedef struct session {
  net_model model;
  net_team *team;
  void *weights;
  float *input, *output;
  void *activations, *scratch;
} session;

/* Prints why, and is the exit code. */
int fail(const char *what, const char *why);

/* Opens weights and makes room for a call; code 0, or what was printed says why not. */
int open_session(session *session, const options *options);
void close_session(session *session);

/* A whole file of at most `limit` bytes, and room for one more, at a multiple of 64; null with a message printed. */
void *read_file(const char *path, size_t limit, size_t *bytes);

/* Numbers of a seed from `low` to `low` + `span`, the same on every machine. */
void fill(float *values, size_t count, const char *name, uint64_t seed, double low, double span);

/* Computes images in the session's memory. */
net_error compute(session *session, size_t images);

int logits(session *session, const options *options);
int bench(session *session, const options *options);
int verify(session *session, const options *options);

#endif
