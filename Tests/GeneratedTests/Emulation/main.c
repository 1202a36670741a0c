// Runs a network's kernels without the engine, between guards: reads a program, calls a kernel for every step, writes the
// arena. Whoever reads or writes outside the arena, the packed weights or the scratch memory ends the program, and so
// does whoever writes weights, or a place in the arena that is not its value's.
//
//     emulated PROGRAM OUTPUT PARTS END
//
// PARTS: into how many parts each step is cut, each with scratch memory of its own, and computed in two calls. END: `first` or `last`, which end of
// each buffer lies against a page that nobody may touch; beyond the other end a pattern fills the page.
//
// PROGRAM, little-endian: int64 arena floats, weight floats, steps, scratch floats; for each step nine int64: kernel,
// units, the offsets, in floats, of source 0, source 1, residual and output in the arena and of the step's packed
// weights, then where in the arena its value begins and how many floats it has, halo and all; then the packed weights and
// the arena, float32. OUTPUT: the arena after the last step.
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern void run_kernel(long kernel, const float *source0, const float *source1, const float *residual, float *output,
                       const float *weights, float *scratch, long begin, long end);

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void *read_all(FILE *file, size_t bytes) {
  void *memory = malloc(bytes + 1);
  if (!memory || fread(memory, 1, bytes, file) != bytes) fail("reading the program");
  return memory;
}

// A buffer with a forbidden page against one of its ends.
struct guarded {
  const char *name;
  char *pages;
  size_t size;  // Of the pages between the two forbidden ones.
  char *start;
  size_t bytes;
};

static const unsigned char pattern = 0x5a;

static struct guarded guard(const char *name, size_t bytes, int at_last) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  // Vectors may be read up to the end of the last cache line: an engine's buffers are as large as that.
  size_t lines = (bytes + 63) / 64 * 64;
  size_t size = (lines + page - 1) / page * page;
  if (size == 0) size = page;
  char *all = mmap(NULL, size + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) fail(name);
  memset(all, pattern, size + 2 * page);
  if (mprotect(all, page, PROT_NONE) || mprotect(all + page + size, page, PROT_NONE)) fail(name);
  return (struct guarded){name, all + page, size, all + page + (at_last ? size - lines : 0), bytes};
}

static void check_pattern(struct guarded buffer, int64_t step) {
  for (size_t i = 0; i < buffer.size; i++) {
    char *p = buffer.pages + i;
    if ((p < buffer.start || p >= buffer.start + buffer.bytes) && (unsigned char)*p != pattern) {
      fprintf(stderr, "step %ld wrote beyond the %s, %ld bytes from its start\n", (long)step, buffer.name,
              (long)(p - buffer.start));
      exit(3);
    }
  }
}

static struct guarded arena, weights, scratch[64];
static int64_t step_running;

static void report(int number, siginfo_t *information, void *context) {
  (void)number, (void)context;
  char *address = information->si_addr;
  const struct guarded *nearest = &arena;
  long distance = labs((long)(address - arena.start));
  for (int i = -1; i < 64; i++) {
    const struct guarded *other = i < 0 ? &weights : &scratch[i];
    if (other->start && labs((long)(address - other->start)) < distance) {
      nearest = other;
      distance = labs((long)(address - other->start));
    }
  }
  // Not safe in a signal handler by the letter; the program ends here.
  fprintf(stderr, "step %ld touched %ld bytes from the start of the %s, which has %ld\n", (long)step_running,
          (long)(address - nearest->start), nearest->name, (long)nearest->bytes);
  _exit(3);
}

int main(int count, char **arguments) {
  if (count != 5) return 64;
  long parts = atol(arguments[3]);
  int at_last = strcmp(arguments[4], "last") == 0;
  if (parts < 1 || parts > 64 || (!at_last && strcmp(arguments[4], "first") != 0)) return 64;
  FILE *program = fopen(arguments[1], "rb");
  if (!program) fail(arguments[1]);
  int64_t *sizes = read_all(program, 4 * sizeof(int64_t));
  int64_t (*steps)[9] = read_all(program, (size_t)sizes[2] * sizeof(*steps));
  arena = guard("arena", (size_t)sizes[0] * sizeof(float), at_last);
  weights = guard("weights", (size_t)sizes[1] * sizeof(float), at_last);
  for (long part = 0; part < parts; part++) {
    scratch[part] = guard("scratch memory", (size_t)sizes[3] * sizeof(float), at_last);
    // Not a number, whatever the sign: whoever counts on zeros there shows.
    memset(scratch[part].start, 0xff, scratch[part].bytes);
  }
  if (fread(weights.start, 1, weights.bytes, program) != weights.bytes) fail("reading the program");
  if (fread(arena.start, 1, arena.bytes, program) != arena.bytes) fail("reading the program");
  if (mprotect(weights.pages, weights.size, PROT_READ)) fail("weights");
  struct sigaction action = {.sa_sigaction = report, .sa_flags = SA_SIGINFO};
  if (sigaction(SIGSEGV, &action, NULL) || sigaction(SIGBUS, &action, NULL)) fail("sigaction");

  float *values = (float *)arena.start, *before = malloc(arena.bytes + 1);
  if (!before) fail("a copy of the arena");
  for (step_running = 0; step_running < sizes[2]; step_running++) {
    int64_t *step = steps[step_running];
    memcpy(before, values, arena.bytes);
    for (long part = 0; part < parts; part++) {
      // Notes of the step before are nothing to this one; the second call reads those of the first.
      if (scratch[part].bytes >= 64) memset(scratch[part].start, 0, 64);
      long begin = step[1] * part / parts, end = step[1] * (part + 1) / parts;
      long cuts[] = {begin, begin + (end - begin + 1) / 3, end};
      for (int piece = 0; piece < 2; piece++) {
        run_kernel(step[0], values + step[2], values + step[3], values + step[4], values + step[5],
                   (float *)weights.start + step[6], (float *)scratch[part].start, cuts[piece], cuts[piece + 1]);
      }
    }
    // Nothing but the step's own value may have changed.
    size_t end = (size_t)(step[7] + step[8]);
    if (memcmp(before, values, (size_t)step[7] * sizeof(float)) ||
        memcmp(before + end, values + end, arena.bytes - end * sizeof(float))) {
      fprintf(stderr, "step %ld wrote outside its value, %ld floats from %ld\n", (long)step_running, (long)step[8],
              (long)step[7]);
      return 3;
    }
    check_pattern(arena, step_running);
    for (long part = 0; part < parts; part++) check_pattern(scratch[part], step_running);
  }
  FILE *output = fopen(arguments[2], "wb");
  if (!output || fwrite(values, 1, arena.bytes, output) != arena.bytes || fclose(output)) fail(arguments[2]);
  return 0;
}
