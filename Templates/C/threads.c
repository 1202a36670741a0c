//% strip
// Threads that stay, for a generated C package: POSIX's, handed work without allocation, spinning for a moment before they
// sleep. Part k of each step goes to thread k, so that a thread finds the rows that it wrote in its own cache.
//% end
#include "internal.h"

#if defined(NET_THREADS)

#include "resnet_cpu.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

/* Looks before a wait gives up its core: some 30 microseconds. */
enum { net_spin = 2000 };

typedef struct net_worker {
  net_team *team;
  pthread_t thread;
  int part;
} net_worker;

struct net_team {
  int threads;
  net_worker *workers;
  pthread_mutex_t turn;
  /* The job, which is posted when `posted` goes up; a null model sends the workers home. */
  const net_model *model;
  const float *input;
  size_t images;
  float *arena, *scratch;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  char padding_0[64];
  unsigned posted;
  char padding_1[64];
  int unfinished;
  char padding_2[64];
  int arrived;
  char padding_3[64];
  unsigned meetings;
};

/* All threads of a call meet. */
static void net_meet(net_team *team) {
  const unsigned meeting = __atomic_load_n(&team->meetings, __ATOMIC_RELAXED);
  if (__atomic_add_fetch(&team->arrived, 1, __ATOMIC_ACQ_REL) == team->threads) {
    __atomic_store_n(&team->arrived, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&team->meetings, meeting + 1, __ATOMIC_RELEASE);
    return;
  }
  for (int i = 0; __atomic_load_n(&team->meetings, __ATOMIC_ACQUIRE) == meeting; i++) {
    if (i < net_spin) {
      resnet_cpu_pause();
    } else {
      sched_yield();
    }
  }
}

/* One thread's share of a call. */
static void net_share(net_team *team, int part) {
  const struct net_plan *plan = team->model->plan;
  const unsigned long control = resnet_cpu_float_control();
  resnet_cpu_set_float_control(resnet_cpu_kernel_control());
  net_load(team->model, team->input, team->images, team->arena, part, team->threads);
  net_meet(team);
  float *scratch = team->scratch + (size_t)part * (NET_SCRATCH_BYTES / sizeof(float));
  for (int i = 0; i < plan->step_count; i++) {
    net_step_run(team->model, &plan->steps[i], team->arena, scratch, part, team->threads);
    net_meet(team);
  }
  resnet_cpu_set_float_control(control);
}

static void *net_work(void *argument) {
  const net_worker *worker = (const net_worker *)argument;
  net_team *team = worker->team;
  for (unsigned seen = 0;; seen++) {
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
    if (team->model == NULL) {
      return NULL;
    }
    net_share(team, worker->part);
    __atomic_sub_fetch(&team->unfinished, 1, __ATOMIC_ACQ_REL);
  }
}

static void net_post(net_team *team) {
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
  if (made == NULL || workers == NULL) {
    free(made);
    free(workers);
    return NET_ERROR_MEMORY;
  }
  made->workers = workers;
  made->threads = 1;
  pthread_mutex_init(&made->turn, NULL);
  pthread_mutex_init(&made->lock, NULL);
  pthread_cond_init(&made->changed, NULL);
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
  team->model = NULL;
  net_post(team);
  for (int part = 1; part < team->threads; part++) {
    pthread_join(team->workers[part].thread, NULL);
  }
  pthread_cond_destroy(&team->changed);
  pthread_mutex_destroy(&team->lock);
  pthread_mutex_destroy(&team->turn);
  free(team->workers);
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
  team->model = model;
  team->input = input;
  team->images = images;
  team->arena = (float *)activations;
  team->scratch = (float *)scratch;
  if (team->threads > 1) {
    __atomic_store_n(&team->unfinished, team->threads - 1, __ATOMIC_RELEASE);
    net_post(team);
  }
  net_share(team, 0);
  // The last meeting is behind all of them; what is left is to report it.
  for (int i = 0; __atomic_load_n(&team->unfinished, __ATOMIC_ACQUIRE) != 0; i++) {
    if (i < net_spin) {
      resnet_cpu_pause();
    } else {
      sched_yield();
    }
  }
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
