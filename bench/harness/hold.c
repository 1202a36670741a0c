// Holds a process to AVX2. Loaded before a program (LD_PRELOAD), it answers the program's CPUID instructions as a processor
// would that has neither AVX-512 nor AMX, so that an engine takes the kernels which it has for such a processor.
// RESNETC_HOLD names the way in which a CPUID gets here:
//
//   trap  The kernel has the process's CPUIDs fault, where the processor can do that (`cpuid_fault` in /proc/cpuinfo). Holds
//         all that runs after the start.
//   copy  `hold.py` made a copy of the engine's libraries, in which each `cpuid`, 0f a2, is `int $0xa2`, cd a2. Linux opens
//         that vector to nobody, so the processor faults; one byte has changed, nothing has moved. Holds the copies alone.
//
// Either way a fault is a SIGSEGV whose instruction ends in a2. A library that is loaded without RESNETC_HOLD does nothing
// but answer `hold_wide`.
#define _GNU_SOURCE
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { arch_set_cpuid = 0x1012, exit_not_held = 78 };

static bool is_trapped, keeps_vnni;
static long answers;

#define BIT(number) (UINT32_C(1) << (number))

/* Takes out of the answer (EAX, EBX, ECX, EDX) to a leaf what only AVX-512, AVX10 and AMX need; and, unless `vnni` is kept,
   AVX-VNNI. Its later relatives (products of signed bytes, of 16 bits, of 52 bits) go in any case: our kernels have none. */
void hold_mask(uint32_t leaf, uint32_t subleaf, bool vnni, uint32_t answer[4]) {
  if (leaf == 7 && subleaf == 0) {
    /* F, DQ, IFMA, PF, ER, CD, BW, VL */
    answer[1] &= ~(BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31));
    /* VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ */
    answer[2] &= ~(BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14));
    /* 4VNNIW, 4FMAPS, VP2INTERSECT, AMX-BF16, FP16, AMX-TILE, AMX-INT8 */
    answer[3] &= ~(BIT(2) | BIT(3) | BIT(8) | BIT(22) | BIT(23) | BIT(24) | BIT(25));
  } else if (leaf == 7 && subleaf == 1) {
    /* AVX-VNNI; BF16, AMX-FP16, AVX-IFMA */
    answer[0] &= ~((vnni ? 0 : BIT(4)) | BIT(5) | BIT(21) | BIT(23));
    /* AVX-VNNI-INT8, AVX-NE-CONVERT, AMX-COMPLEX, AVX-VNNI-INT16, AVX10 */
    answer[3] &= ~(BIT(4) | BIT(5) | BIT(8) | BIT(10) | BIT(19));
  } else if (leaf == 0x24) {
    memset(answer, 0, 4 * sizeof *answer); /* which AVX10 */
  }
}

#if defined(__x86_64__) && defined(__linux__)

static bool let_cpuid_run(bool runs) { return syscall(SYS_arch_prctl, (long)arch_set_cpuid, (long)runs) == 0; }

/* The processor's own answer. Letting it through concerns this thread alone. */
static void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t answer[4]) {
  if (is_trapped) {
    let_cpuid_run(true);
  }
  __asm__ volatile("cpuid"
                   : "=a"(answer[0]), "=b"(answer[1]), "=c"(answer[2]), "=d"(answer[3])
                   : "a"(leaf), "c"(subleaf));
  if (is_trapped) {
    let_cpuid_run(false);
  }
}

static void answer_fault(int number, siginfo_t *information, void *context) {
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  const unsigned char *at = (const unsigned char *)registers[REG_RIP];
  /* A protection fault comes from the kernel without an address; what a program did wrong with memory has one. */
  const bool is_cpuid = information->si_code == SI_KERNEL && (at[0] == 0x0f || at[0] == 0xcd) && at[1] == 0xa2;
  if (!is_cpuid) {
    signal(number, SIG_DFL); /* It is executed once more, and ends the process. */
    return;
  }
  const uint32_t leaf = (uint32_t)registers[REG_RAX], subleaf = (uint32_t)registers[REG_RCX];
  uint32_t answer[4];
  cpuid(leaf, subleaf, answer);
  hold_mask(leaf, subleaf, keeps_vnni, answer);
  registers[REG_RAX] = answer[0];
  registers[REG_RBX] = answer[1];
  registers[REG_RCX] = answer[2];
  registers[REG_RDX] = answer[3];
  registers[REG_RIP] += 2;
  __atomic_add_fetch(&answers, 1, __ATOMIC_RELAXED);
}

/* A process that was to be held and is not must not be measured. */
static void refuse(const char *why) {
  fprintf(stderr, "cannot hold this process to AVX2: %s\n", why);
  _exit(exit_not_held);
}

__attribute__((constructor)) static void begin(void) {
  const char *way = getenv("RESNETC_HOLD");
  if (way == NULL) {
    return;
  }
  keeps_vnni = getenv("RESNETC_HOLD_VNNI") != NULL;
  is_trapped = strcmp(way, "trap") == 0;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = answer_fault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  if (sigaction(SIGSEGV, &action, NULL) != 0) {
    refuse("no handler for SIGSEGV");
  }
  if (is_trapped && !let_cpuid_run(false)) {
    refuse("the kernel traps no CPUID on this machine");
  }
}

/* CPUIDs that were answered. */
long hold_answers(void) { return __atomic_load_n(&answers, __ATOMIC_RELAXED); }

/* Mask registers, the upper halves of zmm0 to zmm15, zmm16 to zmm31: what no AVX2 code touches. */
enum { wide_state = 0xe0 };

/* Forgets this thread's: XRSTOR from a header that says they are as at the start. */
void hold_forget_wide(void) {
  static const _Alignas(64) unsigned char initial[512 + 64];
  __asm__ volatile("xrstor %0" : : "m"(initial), "a"(wide_state), "d"(0) : "memory");
}

/* Whether this thread has used any of them since: the processor notes that for XSAVE, and XGETBV tells. -1 where it cannot
   be asked. */
int hold_wide(void) {
  uint32_t answer[4], low, high;
  cpuid(0xd, 1, answer);
  if ((answer[0] & BIT(2)) == 0) {
    return -1;
  }
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
  return (low & wide_state) != 0;
}

#endif
