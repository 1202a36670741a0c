// What a Cortex-M runs before main: the vectors, the floating-point unit, memory that begins as the program says.
#include <stdint.h>
#include <string.h>

extern uint32_t stack_top, data_load, data_begin, data_end, bss_begin, bss_end;
int main(void);
void _exit(int code);

static void reset(void) {
  *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20;  // CPACR: full access to the coprocessors of floating point.
  __asm__ volatile("dsb\n\tisb");
  memcpy(&data_begin, &data_load, (size_t)((char *)&data_end - (char *)&data_begin));
  memset(&bss_begin, 0, (size_t)((char *)&bss_end - (char *)&bss_begin));
  _exit(main());
}

static void fault(void) { _exit(99); }

typedef union {
  uint32_t *stack;
  void (*handler)(void);
} vector;

__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    {.stack = &stack_top}, {.handler = reset}, {.handler = fault}, {.handler = fault},
    {.handler = fault},    {.handler = fault}, {.handler = fault},
};

// Semihosting: the debugger, or the emulator, prints and ends the program.
static uintptr_t host(uintptr_t operation, const void *argument) {
  register uintptr_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

void print(const char *text) { host(4, text); }

void _exit(int code) {
  const uintptr_t arguments[2] = {0x20026, (uintptr_t)code};
  host(0x20, arguments);
  for (;;) {
  }
}
