// Counts every allocation of the process, so that a test can see that none happens while a model runs.
#pragma once
#include <stdint.h>

/// Calls of malloc, calloc, realloc, memalign, aligned_alloc and posix_memalign so far, by any thread.
int64_t allocation_count(void);
