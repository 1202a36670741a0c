//% strip
// The command of a generated C package: logits, bench and verify, as that of the Swift package has them.
//% end
#if !defined(_POSIX_C_SOURCE) && !defined(_WIN32)
#define _POSIX_C_SOURCE 200809L
#endif

#include "command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Files hold numbers in little-endian order. */
static void swap_if_needed(float *values, size_t count) {
  const uint16_t probe = 1;
  unsigned char first;
  memcpy(&first, &probe, 1);
  for (size_t i = 0; first == 0 && i < count; i++) {
    unsigned char bytes[4], swapped[4];
    memcpy(bytes, values + i, 4);
    for (int k = 0; k < 4; k++) {
      swapped[k] = bytes[3 - k];
    }
    memcpy(values + i, swapped, 4);
  }
}

int logits(session *session, const options *options) {
  if (options->input == NULL || options->output == NULL) {
    return fail("this needs --input IN and --output OUT", "");
  }
  FILE *input = fopen(options->input, "rb");
  if (input == NULL) {
    return fail("cannot read", options->input);
  }
  // Into another file first, so that no half of one takes the place of what is there.
  char *part = (char *)malloc(strlen(options->output) + 6);
  if (part == NULL) {
    fclose(input);
    return fail("there is not enough memory", "");
  }
  strcpy(part, options->output);
  strcat(part, ".part");
  FILE *output = fopen(part, "wb");
  if (output == NULL) {
    fclose(input);
    free(part);
    return fail("cannot write", options->output);
  }
  int code = success;
  size_t images = 0;
  for (bool more = true; more && code == success;) {
    const size_t floats = fread(session->input, sizeof(float), NET_BATCH * NET_INPUT_FLOATS, input);
    const size_t count = floats / NET_INPUT_FLOATS;
    more = count == NET_BATCH;
    if (ferror(input) || floats % NET_INPUT_FLOATS != 0 || (floats == 0 && images == 0)) {
      code = fail("this does not hold whole images of const(inputChannels * inputHeight * inputWidth) float32 values", options->input);
    } else if (count > 0) {
      swap_if_needed(session->input, floats);
      const net_error error = compute(session, count);
      swap_if_needed(session->output, count * NET_OUTPUT_FLOATS);
      if (error != NET_OK) {
        code = fail("cannot compute", net_error_message(error));
      } else if (fwrite(session->output, sizeof(float) * NET_OUTPUT_FLOATS, count, output) != count) {
        code = fail("cannot write", options->output);
      }
      images += count;
    }
  }
  // A part of a number at the end is no end of an image.
  if (code == success && fgetc(input) != EOF) {
    code = fail("this does not hold whole images", options->input);
  }
  fclose(input);
  if (fclose(output) != 0 && code == success) {
    code = fail("cannot write", options->output);
  }
  if (code == success && rename(part, options->output) != 0) {
    code = fail("cannot write", options->output);
  }
  if (code == success) {
    printf("%s: %zu x %d float32\n", options->output, images, NET_OUTPUT_FLOATS);
  } else {
    remove(part);
  }
  free(part);
  return code;
}

static double now(void) {
  struct timespec time;
#if defined(CLOCK_MONOTONIC)
  clock_gettime(CLOCK_MONOTONIC, &time);
#else
  timespec_get(&time, TIME_UTC);
#endif
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int bench(session *session, const options *options) {
  enum { most = 1 << 20 };
  double *times = (double *)malloc(most * sizeof *times);
  if (times == NULL) {
    return fail("there is not enough memory", "");
  }
  fill(session->input, NET_BATCH * NET_INPUT_FLOATS, "input", 1, -2, 4);
  for (int i = 0; i < 3; i++) {
    compute(session, NET_BATCH);
  }
  size_t runs = 0;
  const double start = now();
  do {
    const double before = now();
    compute(session, NET_BATCH);
    times[runs++] = now() - before;
  } while (now() - start < options->seconds && runs < most);
  qsort(times, runs, sizeof *times, ascending);
  const double best = times[0] * 1e3, median = times[runs / 2] * 1e3;
  const char *isa = net_isa_name(net_model_isa(&session->model));
  if (options->json) {
    printf("{\"model\": \"netName\", \"best_ms\": %.3f, \"median_ms\": %.3f, \"threads\": %d, \"batch\": %d, "
           "\"isa\": \"%s\", \"runs\": %zu}\n",
           best, median, options->threads, NET_BATCH, isa, runs);
  } else {
    printf("netName, batch %d, %d thread(s), %s\nbest %.3f ms, median %.3f ms, %zu runs\n", NET_BATCH,
           options->threads, isa, best, median, runs);
  }
  free(times);
  return success;
}

/* Beside the weights, unless it is named. Whole numbers have outputs of their own. */
static char *expected_path(const options *options, bool is_integer) {
  const char *name = is_integer ? "net.int8.expected" : "net.expected";
  const char *weights = options->weights != NULL ? options->weights : "";
  const char *slash = strrchr(weights, '/');
  const size_t folder = slash != NULL ? (size_t)(slash - weights) + 1 : 0;
  const size_t length = strlen(name) + 1;
  char *path = (char *)malloc(folder + length);
  if (path != NULL) {
    memcpy(path, weights, folder);
    memcpy(path + folder, name, length);
  }
  return path;
}

int verify(session *session, const options *options) {
  size_t bytes = 0;
  if (options->weights != NULL && strncmp(options->weights, "random:", 7) == 0) {
    return fail("random weights mean nothing, so there is nothing to verify: pass packed ones", "");
  }
  const char *isa = net_isa_name(net_model_isa(&session->model));
  char *path = options->expected == NULL ? expected_path(options, strstr(isa, "int8") != NULL) : NULL;
  char *text = (char *)read_file(path != NULL ? path : options->expected, (size_t)1 << 30, &bytes);
  free(path);
  if (text == NULL) {
    fprintf(stderr, "'verify' reads what resnetc wrote beside the packed weights: pass it as --expected FILE.\n");
    return failure;
  }
  text[bytes] = 0;
  const char *packed = (const char *)(const void *)session->model.weights - 4096;
  net_error error = net_check(packed, net_weights_bytes(net_model_isa(&session->model)));
  for (size_t image = 0; image < NET_BATCH; image++) {
    fill(session->input + image * NET_INPUT_FLOATS, NET_INPUT_FLOATS, "input", 1, -2, 4);
  }
  if (error == NET_OK) {
    error = compute(session, NET_BATCH);
  }
  if (error != NET_OK) {
    free(text);
    return fail("cannot verify", net_error_message(error));
  }
  static const char head[] = "# netName\n", within[] = "# within ";
  char *at = text;
  double largest = 0, worst = 0, usual = 1e-4;
  int count = 0;
  if (strncmp(text, head, sizeof head - 1) == 0) {
    at += sizeof head - 1;
    if (strncmp(at, within, sizeof within - 1) == 0) {
      usual = strtod(at + sizeof within - 1, &at);
    }
    // Weights in half precision have 11 bits.
    usual = strstr(isa, "float16") != NULL || strstr(isa, "fp16") != NULL ? 5e-3 : usual;
    for (; count < NET_OUTPUT_FLOATS; count++) {
      char *end;
      const double value = strtod(at, &end);
      if (end == at) {
        break;
      }
      at = end;
      largest = fmax(largest, fabs(value));
      for (size_t image = 0; image < NET_BATCH; image++) {
        const double off = fabs((double)session->output[image * NET_OUTPUT_FLOATS + (size_t)count] - value);
        worst = isnan(off) ? HUGE_VAL : fmax(worst, off);
      }
    }
  }
  free(text);
  if (count < NET_OUTPUT_FLOATS) {
    return fail("the expected outputs are not those of netName", options->expected != NULL ? options->expected : "");
  }
  const double relative = worst > 0 ? worst / largest : 0;
  const double tolerance = options->tolerance < 0 ? usual : options->tolerance;
  const bool good = relative <= tolerance;
  printf("%s: %d outputs, off by %.1e of the largest, %s %.1e\n", isa, NET_OUTPUT_FLOATS, relative,
         good ? "within" : "which exceeds", tolerance);
  return good ? success : failure;
}
