// SPDX-License-Identifier: Apache-2.0
#include "resnet_cpu.h"

// __builtin_cpu_supports also asks XGETBV whether the operating system saves the wide registers.
#if defined(__x86_64__)

bool resnet_cpu_has_avx2(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
}

bool resnet_cpu_has_avx512(void) {
  __builtin_cpu_init();
  return resnet_cpu_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

#else

bool resnet_cpu_has_avx2(void) { return false; }
bool resnet_cpu_has_avx512(void) { return false; }

#endif
