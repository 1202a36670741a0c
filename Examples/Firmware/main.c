// Classifies one image from flash, with a static arena and without a heap, and prints the bits of what comes out.
#include "digits20.h"

#include <stdint.h>

void print(const char *text);

static float input[DIGITS20_INPUT_FLOATS], output[DIGITS20_OUTPUT_FLOATS];

int main(void) {
  size_t bytes = 0;
  const void *weights = digits20_embedded_weights(DIGITS20_PORTABLE, &bytes);
  digits20_model model;
  digits20_error error = digits20_open(&model, weights, bytes);
  if (error == DIGITS20_OK) {
    error = digits20_check(weights, bytes);
  }
  for (int i = 0; i < DIGITS20_INPUT_FLOATS; i++) {
    input[i] = (float)(i % 17) / 8 - 1;
  }
  if (error == DIGITS20_OK) {
    error = digits20_run_static(&model, input, 1, output);
  }
  if (error != DIGITS20_OK) {
    print(digits20_error_message(error));
    return 1;
  }
  for (int i = 0; i < DIGITS20_OUTPUT_FLOATS; i++) {
    uint32_t bits;
    char text[10];
    __builtin_memcpy(&bits, &output[i], 4);
    for (int k = 0; k < 8; k++) {
      text[k] = "0123456789abcdef"[bits >> (28 - 4 * k) & 15];
    }
    text[8] = '\n';
    text[9] = 0;
    print(text);
  }
  return 0;
}
