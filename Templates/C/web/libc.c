//% strip
// The part of libc that a generated C package calls, for WebAssembly, which has none.
//% end
// Compiled with -fno-builtin, without which a compiler makes of these loops calls of the functions that they are. None of
// them runs where time counts: kernels copy vectors, and of known sizes the compiler makes moves.
#include <stdint.h>
#include <string.h>

void *memcpy(void *to, const void *from, size_t count) {
  unsigned char *target = (unsigned char *)to;
  const unsigned char *source = (const unsigned char *)from;
  for (size_t i = 0; i < count; i++) {
    target[i] = source[i];
  }
  return to;
}

void *memmove(void *to, const void *from, size_t count) {
  unsigned char *target = (unsigned char *)to;
  const unsigned char *source = (const unsigned char *)from;
  if ((uintptr_t)to <= (uintptr_t)from) {
    return memcpy(to, from, count);
  }
  for (size_t i = count; i > 0; i--) {
    target[i - 1] = source[i - 1];
  }
  return to;
}

void *memset(void *to, int value, size_t count) {
  unsigned char *target = (unsigned char *)to;
  for (size_t i = 0; i < count; i++) {
    target[i] = (unsigned char)value;
  }
  return to;
}

int memcmp(const void *a, const void *b, size_t count) {
  const unsigned char *x = (const unsigned char *)a;
  const unsigned char *y = (const unsigned char *)b;
  for (size_t i = 0; i < count; i++) {
    if (x[i] != y[i]) {
      return x[i] < y[i] ? -1 : 1;
    }
  }
  return 0;
}

size_t strlen(const char *text) {
  size_t count = 0;
  while (text[count] != 0) {
    count++;
  }
  return count;
}

int strncmp(const char *a, const char *b, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const unsigned char x = (unsigned char)a[i];
    const unsigned char y = (unsigned char)b[i];
    if (x != y) {
      return x < y ? -1 : 1;
    }
    if (x == 0) {
      break;
    }
  }
  return 0;
}
