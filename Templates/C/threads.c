//% strip
// Threads that stay, for a generated C package: POSIX's, handed work without allocation, spinning for a moment before they
// sleep. Of each step every thread has a part, the rows that it finds in its own cache, and takes it piece by piece; who is
// done takes from the ends of others' parts what they have not begun. As `Threads/StageClaims.swift` of the runtime, whose
// head says why.
//% end
#include "internal.h"

#if defined(NET_THREADS)

#include "resnet_cpu.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

/* Looks before a wait gives up its core, some 30 microseconds, and how often it does before it sleeps, for how long; and for
   how many stages a long wait is remembered. */
enum { net_spin = 2000, net_yields = 16, net_nap_nanoseconds = 200000, net_patience = 2000 };

typedef struct net_worker {
  net_team *team;
  pthread_t thread;
  int part;
} net_worker;

/* Of each part, on lines of its own: the stage that it counts for, then the number of the first piece that nobody has
   taken, and of the first that was taken from the end, of 56, 4 and 4 bits. Then, of the part's thread alone, since when
   it has been running, in nanoseconds, and when it looked last. */
typedef struct net_word {
  uint64_t value;
  int64_t start, last;
  char padding[104];
} net_word;

/* What the threads of a call are told. `first` is the number of its first stage, the copying in of the images; a null plan
   sends the workers home. */
typedef struct net_job {
  const struct net_plan *plan;
  const float *weights, *input;
  size_t images;
  float *arena, *scratch;
  uint64_t first;
} net_job;

struct net_team {
  int threads;
  net_worker *workers;
  net_word *parts;
  pthread_mutex_t turn;
  /* Read word by word by who may come while the next one is written: of one job, if `posted` was even, and the same before
     and after. */
  net_job job;
  pthread_mutex_t lock, stage_lock;
  pthread_cond_t changed, stage_ended;
  char padding_0[128];
  /* Up by one while a job is written, and by one more when it is there. */
  uint64_t posted;
  char padding_1[128];
  /* Units of the stage that are done. */
  ptrdiff_t done;
  char padding_2[128];
  /* How many stages have ended, of all calls. */
  uint64_t ended;
  int sleepers;
  char padding_3[128];
  /* Up to which stage processors are taken to be scarce. */
  uint64_t scarce;
};

/* The units of a part lie between `begin` and `end`, in pieces that end at multiples of `step`: at most nine. */
typedef struct net_part {
  ptrdiff_t begin, end, step;
} net_part;

static net_part net_part_of(const net_job *job, uint64_t stage, int part, int parts) {
  if (stage == job->first) {
    const ptrdiff_t units = net_input_units(job->plan);
    const net_part own = {units * part / parts, units * (part + 1) / parts, units};
    return own;
  }
  const net_step *step = &job->plan->steps[stage - job->first - 1];
  net_part own = {net_first_unit(step, part, parts), net_first_unit(step, part + 1, parts), step->grain};
  const ptrdiff_t most = 8 * own.step, times = (own.end - own.begin + most - 1) / most;
  own.step *= times > 1 ? times : 1;
  return own;
}

/* The first piece of a part that nobody has taken, or the last one; -1 if there is none, or the stage is over. */
static ptrdiff_t net_take(net_word *part, ptrdiff_t pieces, uint64_t stage, bool from_end) {
  const uint64_t number = stage + 1;
  uint64_t word = __atomic_load_n(&part->value, __ATOMIC_RELAXED);
  for (;;) {
    const uint64_t own = word >> 8;
    uint64_t front = 0, back = (uint64_t)pieces;
    if (own == number) {
      front = word >> 4 & 0xf;
      back = word & 0xf;
    }
    if (own > number || front >= back) {
      return -1;
    }
    const uint64_t piece = from_end ? back - 1 : front;
    const uint64_t taken = number << 8 | (from_end ? front : front + 1) << 4 | (from_end ? back - 1 : back);
    if (__atomic_compare_exchange_n(&part->value, &word, taken, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
      return (ptrdiff_t)piece;
    }
  }
}

/* Reports units done; of the last ones ends the stage. */
static void net_finish(net_team *team, uint64_t stage, ptrdiff_t units, ptrdiff_t all) {
  if (units == 0 || __atomic_add_fetch(&team->done, units, __ATOMIC_ACQ_REL) != all) {
    return;
  }
  __atomic_store_n(&team->done, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&team->ended, stage + 1, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&team->sleepers, __ATOMIC_SEQ_CST) > 0) {
    pthread_mutex_lock(&team->stage_lock);
    pthread_cond_broadcast(&team->stage_ended);
    pthread_mutex_unlock(&team->stage_lock);
  }
}

static bool net_is_at(const net_team *team, uint64_t stage) {
  return __atomic_load_n(&team->ended, __ATOMIC_ACQUIRE) == stage;
}

/* Sleeps until the stage has ended, for a moment at most. */
static void net_nap(net_team *team, uint64_t stage) {
  struct timespec until;
  timespec_get(&until, TIME_UTC);
  until.tv_nsec += net_nap_nanoseconds;
  if (until.tv_nsec >= 1000000000) {
    until.tv_nsec -= 1000000000;
    until.tv_sec += 1;
  }
  pthread_mutex_lock(&team->stage_lock);
  __atomic_add_fetch(&team->sleepers, 1, __ATOMIC_SEQ_CST);
  for (int error = 0; error == 0 && __atomic_load_n(&team->ended, __ATOMIC_SEQ_CST) == stage;) {
    error = pthread_cond_timedwait(&team->stage_ended, &team->stage_lock, &until);
  }
  __atomic_sub_fetch(&team->sleepers, 1, __ATOMIC_RELAXED);
  pthread_mutex_unlock(&team->stage_lock);
}

/* Waits until a stage has ended of which nothing is left to take. */
static void net_wait(net_team *team, uint64_t stage) {
  for (int i = 0; net_is_at(team, stage); i++) {
    if (i < net_spin) {
      resnet_cpu_pause();
      continue;
    }
    if (i == net_spin) {
      __atomic_store_n(&team->scarce, stage + net_patience, __ATOMIC_RELAXED);
    }
    if (i < net_spin + net_yields) {
      sched_yield();
    } else {
      net_nap(team, stage);
    }
  }
}

static int64_t net_now(void) {
  struct timespec now;
  timespec_get(&now, TIME_UTC);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Where processors are scarce a thread that never waits is always stopped in the middle of a piece, and then all wait. So it
   lets others run by itself, between two pieces: after 2 ms, where systems stop it after 3 or 4. Where it has not looked
   for a millisecond it was not running. */
static bool net_has_run_for_long(net_word *own) {
  const int64_t now = net_now();
  if (now - own->last > 1000000 || now < own->last) {
    own->start = now;
  }
  own->last = now;
  return now - own->start > 2000000;
}

/* Takes pieces of a stage until there are none: of its own part, then of the others', of each from the end. */
static void net_stage(net_team *team, const net_job *job, uint64_t stage, int part) {
  const net_step *step = stage == job->first ? NULL : &job->plan->steps[stage - job->first - 1];
  float *scratch = job->scratch + (size_t)part * (NET_SCRATCH_BYTES / sizeof(float));
  const ptrdiff_t all = step == NULL ? net_input_units(job->plan) : step->units;
  const bool is_scarce = stage < __atomic_load_n(&team->scarce, __ATOMIC_RELAXED);
  bool has_notes = false;
  if (is_scarce) {
    net_has_run_for_long(&team->parts[part]);
  }
  for (int turn = 0; turn < team->threads && net_is_at(team, stage); turn++) {
    const int owner = (part + turn) % team->threads;
    const net_part own = net_part_of(job, stage, owner, team->threads);
    const ptrdiff_t first = own.begin / own.step;
    const ptrdiff_t pieces = own.begin < own.end ? (own.end - 1) / own.step - first + 1 : 0;
    ptrdiff_t units = 0, piece;
    while ((piece = net_take(&team->parts[owner], pieces, stage, turn > 0)) >= 0) {
      ptrdiff_t begin = (first + piece) * own.step, end = begin + own.step;
      begin = begin > own.begin ? begin : own.begin;
      end = end < own.end ? end : own.end;
      if (step == NULL) {
        net_load(job->plan, job->weights, job->input, job->images, job->arena, begin, end);
      } else {
        if (!has_notes) {
          net_clear_notes(scratch);
        }
        has_notes = true;
        net_step_run(job->plan, job->weights, step, job->arena, scratch, begin, end);
      }
      units += end - begin;
      if (is_scarce && net_has_run_for_long(&team->parts[part])) {
        net_finish(team, stage, units, all);
        units = 0;
        sched_yield();
        team->parts[part].start = team->parts[part].last = net_now();
      }
    }
    net_finish(team, stage, units, all);
  }
}

/* What one thread does of a call. Who comes late may find it over: without a piece it touches nothing of the caller's. */
static void net_share(net_team *team, const net_job *job, int part) {
  const uint64_t end = job->first + 1 + (uint64_t)job->plan->step_count;
  const unsigned long control = resnet_cpu_float_control();
  resnet_cpu_set_float_control(resnet_cpu_kernel_control());
  uint64_t stage;
  while ((stage = __atomic_load_n(&team->ended, __ATOMIC_ACQUIRE)) < end) {
    net_stage(team, job, stage, part);
    net_wait(team, stage);
  }
  resnet_cpu_set_float_control(control);
}

/* Reads the job on the desk and gives its number; 0 where another one is being written. */
static uint64_t net_read(const net_team *team, net_job *job) {
  const uint64_t number = __atomic_load_n(&team->posted, __ATOMIC_ACQUIRE);
  job->plan = __atomic_load_n(&team->job.plan, __ATOMIC_ACQUIRE);
  job->weights = __atomic_load_n(&team->job.weights, __ATOMIC_ACQUIRE);
  job->input = __atomic_load_n(&team->job.input, __ATOMIC_ACQUIRE);
  job->images = __atomic_load_n(&team->job.images, __ATOMIC_ACQUIRE);
  job->arena = __atomic_load_n(&team->job.arena, __ATOMIC_ACQUIRE);
  job->scratch = __atomic_load_n(&team->job.scratch, __ATOMIC_ACQUIRE);
  job->first = __atomic_load_n(&team->job.first, __ATOMIC_ACQUIRE);
  return number % 2 == 0 && __atomic_load_n(&team->posted, __ATOMIC_RELAXED) == number ? number : 0;
}

static void *net_work(void *argument) {
  const net_worker *worker = (const net_worker *)argument;
  net_team *team = worker->team;
  uint64_t seen = 0;
  for (;;) {
    for (int i = 0; i < net_spin && __atomic_load_n(&team->posted, __ATOMIC_ACQUIRE) == seen; i++) {
      resnet_cpu_pause();
    }
    if (__atomic_load_n(&team->posted, __ATOMIC_ACQUIRE) == seen) {
      pthread_mutex_lock(&team->lock);
      while (__atomic_load_n(&team->posted, __ATOMIC_ACQUIRE) == seen) {
        pthread_cond_wait(&team->changed, &team->lock);
      }
      pthread_mutex_unlock(&team->lock);
    }
    net_job job;
    const uint64_t number = net_read(team, &job);
    if (number == 0) {
      resnet_cpu_pause();
      continue;
    }
    if (job.plan == NULL) {
      return NULL;
    }
    seen = number;
    net_share(team, &job, worker->part);
  }
}

static void net_post(net_team *team, const net_job *job) {
  __atomic_add_fetch(&team->posted, 1, __ATOMIC_RELAXED);
  // Releasing: who sees one of these sees that `posted` has gone up.
  __atomic_store_n(&team->job.plan, job->plan, __ATOMIC_RELEASE);
  __atomic_store_n(&team->job.weights, job->weights, __ATOMIC_RELEASE);
  __atomic_store_n(&team->job.input, job->input, __ATOMIC_RELEASE);
  __atomic_store_n(&team->job.images, job->images, __ATOMIC_RELEASE);
  __atomic_store_n(&team->job.arena, job->arena, __ATOMIC_RELEASE);
  __atomic_store_n(&team->job.scratch, job->scratch, __ATOMIC_RELEASE);
  __atomic_store_n(&team->job.first, job->first, __ATOMIC_RELEASE);
  pthread_mutex_lock(&team->lock);
  __atomic_add_fetch(&team->posted, 1, __ATOMIC_ACQ_REL);
  pthread_cond_broadcast(&team->changed);
  pthread_mutex_unlock(&team->lock);
}

net_error net_team_create(net_team **team, int threads) {
  if (team == NULL) {
    return NET_ERROR_NULL;
  }
  *team = NULL;
  if (threads < 1 || threads > 256) {
    return NET_ERROR_THREADS;
  }
  net_team *made = (net_team *)calloc(1, sizeof *made);
  net_worker *workers = (net_worker *)calloc((size_t)threads, sizeof *workers);
  net_word *parts = (net_word *)calloc((size_t)threads, sizeof *parts);
  if (made == NULL || workers == NULL || parts == NULL) {
    free(made);
    free(workers);
    free(parts);
    return NET_ERROR_MEMORY;
  }
  made->workers = workers;
  made->parts = parts;
  made->threads = 1;
  pthread_mutex_init(&made->turn, NULL);
  pthread_mutex_init(&made->lock, NULL);
  pthread_mutex_init(&made->stage_lock, NULL);
  pthread_cond_init(&made->changed, NULL);
  pthread_cond_init(&made->stage_ended, NULL);
  for (int part = 1; part < threads; part++) {
    workers[part].team = made;
    workers[part].part = part;
    if (pthread_create(&workers[part].thread, NULL, net_work, &workers[part]) != 0) {
      net_team_destroy(made);
      return NET_ERROR_NO_THREAD;
    }
    made->threads = part + 1;
  }
  *team = made;
  return NET_OK;
}

void net_team_destroy(net_team *team) {
  if (team == NULL) {
    return;
  }
  const net_job home = {NULL, NULL, NULL, 0, NULL, NULL, 0};
  net_post(team, &home);
  for (int part = 1; part < team->threads; part++) {
    pthread_join(team->workers[part].thread, NULL);
  }
  pthread_cond_destroy(&team->changed);
  pthread_cond_destroy(&team->stage_ended);
  pthread_mutex_destroy(&team->stage_lock);
  pthread_mutex_destroy(&team->lock);
  pthread_mutex_destroy(&team->turn);
  free(team->workers);
  free(team->parts);
  free(team);
}

int net_team_threads(const net_team *team) { return team != NULL ? team->threads : 0; }

net_error net_team_run(
    net_team *team, const net_model *model, const float *input, size_t images, float *output, void *activations,
    void *scratch) {
  const net_error error = net_arguments(model, input, images, output, activations, scratch);
  if (team == NULL || error != NET_OK) {
    return team == NULL ? NET_ERROR_NULL : error;
  }
  pthread_mutex_lock(&team->turn);
  const net_job job = {model->plan, model->weights, input, images, (float *)activations, (float *)scratch,
                       __atomic_load_n(&team->ended, __ATOMIC_ACQUIRE)};
  if (team->threads > 1) {
    net_post(team, &job);
  }
  net_share(team, &job, 0);
  net_unload(model->plan, (const float *)activations, images, output);
  pthread_mutex_unlock(&team->turn);
  return NET_OK;
}

#else

/* Without threads there are teams of one. */
struct net_team {
  int threads;
};

net_error net_team_create(net_team **team, int threads) {
  static net_team alone = {1};
  if (team == NULL) {
    return NET_ERROR_NULL;
  }
  *team = threads == 1 ? &alone : NULL;
  return threads == 1 ? NET_OK : threads < 1 || threads > 256 ? NET_ERROR_THREADS : NET_ERROR_NO_THREAD;
}

void net_team_destroy(net_team *team) { (void)team; }

int net_team_threads(const net_team *team) { return team != NULL ? team->threads : 0; }

net_error net_team_run(
    net_team *team, const net_model *model, const float *input, size_t images, float *output, void *activations,
    void *scratch) {
  return team != NULL ? net_run(model, input, images, output, activations, scratch) : NET_ERROR_NULL;
}

#endif
