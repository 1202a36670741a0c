//% strip
// What WebAssembly needs around a generated C package: its memory, and calls of plain numbers.
//% end
// The network as a WebAssembly module without imports: a module that calls nothing can neither read nor send anything.
// Memory is laid out by the linker but for the weights, which follow everything else.
#include "net.h"

#define WEB_EXPORT(name) __attribute__((export_name(#name), used)) name

/* Where the linker's memory ends. */
extern unsigned char __heap_base[];

static net_model web_model;
static float web_input[NET_BATCH * NET_INPUT_FLOATS];
static float web_output[NET_BATCH * NET_OUTPUT_FLOATS];
static float web_activations[NET_PORTABLE_ACTIVATIONS_BYTES / sizeof(float)] __attribute__((aligned(NET_ALIGNMENT)));
static float web_scratch[NET_PORTABLE_SCRATCH_BYTES / sizeof(float)] __attribute__((aligned(NET_ALIGNMENT)));

/* An address for this many bytes of weights, after which the memory has grown; null where there is not so much. */
unsigned char *WEB_EXPORT(net_web_weights)(size_t bytes);
/* Opens and checks what was written there; `bytes` is the size of the whole file, of which no more than fits is read. */
int WEB_EXPORT(net_web_open)(size_t bytes);
float *WEB_EXPORT(net_web_input)(void);
float *WEB_EXPORT(net_web_output)(void);
/* Computes the images at the input. */
int WEB_EXPORT(net_web_run)(size_t images);
/* Ends with a zero. */
const char *WEB_EXPORT(net_web_message)(int error);

static unsigned char *web_weights_address(void) {
  const uintptr_t end = (uintptr_t)__heap_base;
  return (unsigned char *)((end + NET_ALIGNMENT - 1) / NET_ALIGNMENT * NET_ALIGNMENT);
}

unsigned char *net_web_weights(size_t bytes) {
  enum { page = 65536 };
  unsigned char *address = web_weights_address();
  const uint64_t end = (uint64_t)(uintptr_t)address + bytes;
  const uint64_t have = (uint64_t)__builtin_wasm_memory_size(0) * page;
  if (end > have) {
    const uint64_t pages = (end - have + page - 1) / page;
    if (pages > 65536 || __builtin_wasm_memory_grow(0, (size_t)pages) == (size_t)-1) {
      return NULL;
    }
  }
  return address;
}

int net_web_open(size_t bytes) {
  const unsigned char *packed = web_weights_address();
  const net_error error = net_check(packed, bytes);
  return (int)(error == NET_OK ? net_open(&web_model, packed, bytes) : error);
}

float *net_web_input(void) { return web_input; }

float *net_web_output(void) { return web_output; }

int net_web_run(size_t images) {
  return (int)net_run(&web_model, web_input, images, web_output, web_activations, web_scratch);
}

const char *net_web_message(int error) { return net_error_message((net_error)error); }
