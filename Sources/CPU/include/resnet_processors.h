// SPDX-License-Identifier: Apache-2.0
// Which processors a thread may run on, and on which it is to. Of Linux alone, by its system calls, since the C libraries'
// own words for these are macros, and not the same ones.
#ifndef RESNET_PROCESSORS_H
#define RESNET_PROCESSORS_H

#include <stddef.h>

#if defined(__linux__)
#include <sys/syscall.h>
// Of unistd.h, which in this module would be another than that of Swift's C library.
extern long syscall(long number, ...);
#endif

#define RESNET_PROCESSORS static inline __attribute__((unused))

/// The processors that this thread may run on, a bit each; how many bytes of `mask` were written, or 0.
RESNET_PROCESSORS size_t resnet_processors_usable(unsigned char *mask, size_t bytes) {
#if defined(__linux__)
  const long written = syscall(SYS_sched_getaffinity, 0, bytes, mask);
  return written > 0 ? (size_t)written : 0;
#else
  (void)mask;
  (void)bytes;
  return 0;
#endif
}

/// Keeps this thread on those processors; 0 if that is done.
RESNET_PROCESSORS int resnet_processors_use(const unsigned char *mask, size_t bytes) {
#if defined(__linux__)
  return (int)syscall(SYS_sched_setaffinity, 0, bytes, mask);
#else
  (void)mask;
  (void)bytes;
  return -1;
#endif
}

#endif
