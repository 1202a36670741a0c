// SPDX-License-Identifier: Apache-2.0
// What Swift cannot say to the processor by itself: ask what it can do, tell it to wait, and how to treat numbers that are
// almost nothing. All of it inline, so that two generated packages in one program share no symbol.
#ifndef RESNET_CPU_H
#define RESNET_CPU_H

#include <stdbool.h>
#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#define RESNET_CPU static inline __attribute__((unused))

// __builtin_cpu_supports also asks XGETBV whether the operating system saves the wide registers.
#if defined(__x86_64__)

/// The processor and the operating system support AVX2 and FMA (x86-64-v3).
RESNET_CPU bool resnet_cpu_has_avx2(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
}

/// The processor and the operating system support AVX-512 F, BW, CD, DQ and VL (x86-64-v4).
RESNET_CPU bool resnet_cpu_has_avx512(void) {
  __builtin_cpu_init();
  return resnet_cpu_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

/// And the dot products of bytes of AVX-512 VNNI.
RESNET_CPU bool resnet_cpu_has_avx512_vnni(void) {
  return resnet_cpu_has_avx512() && __builtin_cpu_supports("avx512vnni");
}

/// AVX2, and the dot products of bytes of AVX-VNNI, which no compiler's list of names has everywhere: leaf 7, part 1.
RESNET_CPU bool resnet_cpu_has_avxvnni(void) {
  unsigned int a = 7, b, c = 1, d;
  if (!resnet_cpu_has_avx2()) {
    return false;
  }
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  return (a >> 4 & 1) != 0;
}

/// Arithmetic in half precision, AVX512-FP16, which no compiler's list of names has everywhere: leaf 7.
RESNET_CPU bool resnet_cpu_has_avx512fp16(void) {
#if defined(RESNET_FLOAT16_DOUBLE)
  return resnet_cpu_has_avx512();
#else
  unsigned int a = 7, b, c = 0, d;
  if (!resnet_cpu_has_avx512()) {
    return false;
  }
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  return (d >> 23 & 1) != 0;
#endif
}

#else

RESNET_CPU bool resnet_cpu_has_avx512fp16(void) { return false; }
RESNET_CPU bool resnet_cpu_has_avx2(void) { return false; }
RESNET_CPU bool resnet_cpu_has_avx512(void) { return false; }
RESNET_CPU bool resnet_cpu_has_avx512_vnni(void) { return false; }
RESNET_CPU bool resnet_cpu_has_avxvnni(void) { return false; }

#endif

/// The dot products of bytes of Armv8.2, which every Apple chip has and Linux tells.
RESNET_CPU bool resnet_cpu_has_neondot(void) {
#if defined(__aarch64__) && defined(__APPLE__)
  return true;
#elif defined(__aarch64__) && defined(__linux__)
  return (getauxval(AT_HWCAP) >> 20 & 1) != 0;
#else
  return false;
#endif
}

/// Arithmetic in half precision of Armv8.2, which every Apple chip since 2017 has and Linux tells.
RESNET_CPU bool resnet_cpu_has_neonfp16(void) {
#if defined(__aarch64__) && defined(__APPLE__)
  return true;
#elif defined(__aarch64__) && defined(__linux__)
  return (getauxval(AT_HWCAP) >> 10 & 1) != 0;
#else
  return false;
#endif
}

/// Tells the processor that this is a spinning wait, so that it saves power and leaves the core to its sibling.
RESNET_CPU void resnet_cpu_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#endif
}

// Denormal numbers, below 2^-126, are computed by exception on many processors, a hundred times as slow. So kernels run
// with them flushed to zero. The control register belongs to the thread, and with it go rounding and traps.

/// The control register of this thread's floating-point unit: MXCSR (with its sticky flags), FPCR; 0 on others.
RESNET_CPU unsigned long resnet_cpu_float_control(void) {
#if defined(__x86_64__)
  return __builtin_ia32_stmxcsr();
#elif defined(__aarch64__)
  unsigned long control;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control) : : "memory");
  return control;
#else
  return 0;
#endif
}

/// Sets it to what `resnet_cpu_float_control` gave.
RESNET_CPU void resnet_cpu_set_float_control(unsigned long control) {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr((unsigned int)control);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(control) : "memory");
#else
  (void)control;
#endif
}

/// The control that kernels run under: to nearest, no traps, denormals read and written as zeros.
RESNET_CPU unsigned long resnet_cpu_kernel_control(void) {
#if defined(__x86_64__)
  return 0x1F80 | 0x8000 | 0x0040;  // All exceptions masked, FTZ, DAZ.
#elif defined(__aarch64__)
  return 1ul << 24;  // FZ.
#else
  return 0;
#endif
}

#endif
