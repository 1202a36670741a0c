//% strip
// The engine of a generated C package: checks packed weights, and calls one kernel after the other.
//% end
#include "internal.h"
#include "resnet_cpu.h"

/* In order of preference. */
static const struct net_plan *const net_plans[] = {
planList
};

static const struct net_plan *net_plan_of(net_isa isa) {
  for (size_t i = 0; i < sizeof net_plans / sizeof net_plans[0]; i++) {
    if (net_plans[i]->isa == isa) {
      return net_plans[i];
    }
  }
  return NULL;
}

const char *net_error_message(net_error error) {
  switch (error) {
    case NET_OK: return "nothing is wrong";
    case NET_ERROR_NOT_PACKED: return "these are no packed weights: make them with 'resnetc netSource --language c --weights'";
    case NET_ERROR_SIZE: return "the weights are cut short, or too long: fetch them again, or pack again";
    case NET_ERROR_BYTE_ORDER: return "the weights were packed on a machine of the other byte order: pack on one like this";
    case NET_ERROR_FORMAT_VERSION: return "the weights have another version of the format: pack again";
    case NET_ERROR_HEADER_DAMAGED: return "the header of the weights is damaged: fetch them again, or pack again";
    case NET_ERROR_WEIGHTS_DAMAGED: return "the weights are damaged: fetch them again, or pack again";
    case NET_ERROR_OTHER_MODEL: return "the weights were packed for another model than netName";
    case NET_ERROR_OTHER_LAYOUT: return "the weights were packed for netName as it was compiled otherwise: pack again";
    case NET_ERROR_ISA: return "the weights were packed for an instruction set that does not run here: take others";
    case NET_ERROR_ALIGNMENT: return "weights, activations and scratch must begin at a multiple of 64 bytes";
    case NET_ERROR_NULL: return "an address is null";
    case NET_ERROR_IMAGES: return "a call computes 1 to const(batchSize) images";
    case NET_ERROR_THREADS: return "a team has 1 to 256 threads";
    case NET_ERROR_NO_THREAD: return "no more threads can be started here: use fewer";
    case NET_ERROR_MEMORY: return "there is not enough memory";
  }
  return "unknown error";
}

const char *net_isa_name(net_isa isa) {
  const struct net_plan *plan = net_plan_of(isa);
  return plan != NULL ? plan->name : "none";
}

int net_isa_runs(net_isa isa) {
  if (net_plan_of(isa) == NULL) {
    return 0;
  }
  switch (isa) {
isaRuns
  }
  return 0;
}

net_isa net_isa_best(void) {
  for (size_t i = 0; i < sizeof net_plans / sizeof net_plans[0]; i++) {
    if (net_isa_runs(net_plans[i]->isa)) {
      return net_plans[i]->isa;
    }
  }
  return net_plans[sizeof net_plans / sizeof net_plans[0] - 1]->isa;
}

size_t net_weights_bytes(net_isa isa) {
  const struct net_plan *plan = net_plan_of(isa);
  return plan != NULL ? 4096 + plan->weight_floats * sizeof(float) : 0;
}

// Packed weights: a page that says what the floats after it were packed for. Numbers are 64 bits, little-endian; the
// floats are as the machine stores them, which a mark tells.

static uint64_t net_number(const unsigned char *bytes) {
  uint64_t number = 0;
  for (int i = 7; i >= 0; i--) {
    number = number << 8 | bytes[i];
  }
  return number;
}

static void net_write(unsigned char *bytes, uint64_t number) {
  for (int i = 0; i < 8; i++) {
    bytes[i] = (unsigned char)(number >> 8 * i);
  }
}

/* FNV-1a, 64 bits. */
static uint64_t net_hash(const unsigned char *bytes, size_t count) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < count; i++) {
    hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
  }
  return hash;
}

static bool net_aligned(const void *address) { return (uintptr_t)address % NET_ALIGNMENT == 0; }

net_error net_open(net_model *model, const void *packed, size_t bytes) {
  static const char name[256] = "netName";
  const unsigned char *header = (const unsigned char *)packed;
  uint64_t mark;
  if (model == NULL || packed == NULL) {
    return NET_ERROR_NULL;
  }
  if (!net_aligned(packed)) {
    return NET_ERROR_ALIGNMENT;
  }
  if (bytes < 8 || net_number(header) != UINT64_C(0x0a4b4341504e5289)) {
    return NET_ERROR_NOT_PACKED;
  }
  if (bytes < 4096) {
    return NET_ERROR_SIZE;
  }
  memcpy(&mark, header + 8, sizeof mark);
  if (mark != UINT64_C(0x0102030405060708)) {
    return mark == UINT64_C(0x0807060504030201) ? NET_ERROR_BYTE_ORDER : NET_ERROR_HEADER_DAMAGED;
  }
  if (net_number(header + 16) != 1) {
    return NET_ERROR_FORMAT_VERSION;
  }
  if (net_hash(header, 4088) != net_number(header + 4088)) {
    return NET_ERROR_HEADER_DAMAGED;
  }
  if (net_number(header + 40) > (UINT64_MAX - 4096) / 4 || bytes != 4096 + net_number(header + 40) * 4) {
    return NET_ERROR_SIZE;
  }
  if (memcmp(header + 72, name, sizeof name) != 0) {
    return NET_ERROR_OTHER_MODEL;
  }
  for (size_t i = 0; i < sizeof net_plans / sizeof net_plans[0]; i++) {
    const struct net_plan *plan = net_plans[i];
    if (strncmp((const char *)header + 56, plan->name, 16) != 0) {
      continue;
    }
    if (!net_isa_runs(plan->isa)) {
      break;
    }
    if (net_number(header + 24) != plan->layout || net_number(header + 32) != (uint64_t)plan->lanes ||
        net_number(header + 40) != plan->weight_floats) {
      return NET_ERROR_OTHER_LAYOUT;
    }
    model->plan = plan;
    model->weights = (const float *)(const void *)(header + 4096);
    return NET_OK;
  }
  return NET_ERROR_ISA;
}

net_error net_check(const void *packed, size_t bytes) {
  net_model model;
  const net_error error = net_open(&model, packed, bytes);
  if (error != NET_OK) {
    return error;
  }
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < model.plan->weight_floats; i++) {
    uint32_t bits;
    memcpy(&bits, model.weights + i, sizeof bits);
    hash = (hash ^ bits) * UINT64_C(0x100000001b3);
  }
  return hash == net_number((const unsigned char *)packed + 48) ? NET_OK : NET_ERROR_WEIGHTS_DAMAGED;
}

void net_random_header(net_isa isa, void *page) {
  const struct net_plan *plan = net_plan_of(isa);
  unsigned char *bytes = (unsigned char *)page;
  const uint64_t mark = UINT64_C(0x0102030405060708);
  memset(bytes, 0, 4096);
  if (plan == NULL) {
    return;
  }
  const uint64_t numbers[] = {UINT64_C(0x0a4b4341504e5289), 0, 1, plan->layout, (uint64_t)plan->lanes, plan->weight_floats};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    net_write(bytes + i * 8, numbers[i]);
  }
  memcpy(bytes + 8, &mark, sizeof mark);
  memcpy(bytes + 56, plan->name, strlen(plan->name));
  memcpy(bytes + 72, "netName", sizeof "netName" - 1);
  net_write(bytes + 4088, net_hash(bytes, 4088));
}

net_isa net_model_isa(const net_model *model) { return model->plan->isa; }

// A call.

net_error net_arguments(
    const net_model *model, const float *input, size_t images, const float *output, const void *activations,
    const void *scratch) {
  if (model == NULL || model->plan == NULL || input == NULL || output == NULL || activations == NULL ||
      scratch == NULL) {
    return NET_ERROR_NULL;
  }
  if (!net_aligned(activations) || !net_aligned(scratch)) {
    return NET_ERROR_ALIGNMENT;
  }
  return images >= 1 && images <= NET_BATCH ? NET_OK : NET_ERROR_IMAGES;
}

static void net_zero(const net_place *place, float *p, ptrdiff_t count) {
  if (place->added != 0) {
    resnet_offset_zeros(p, count);
    return;
  }
  for (ptrdiff_t i = 0; i < count; i++) {
    p[i] = 0;
  }
}

ptrdiff_t net_input_units(const struct net_plan *plan) { return NET_BATCH * plan->input.blocks * plan->input.height; }

// Rows of planes, or of blocks of channels, each with the zeros behind it; the images that a batch lacks are zeros.
void net_load(
    const struct net_plan *plan, const float *weights, const float *input, size_t images, float *arena, ptrdiff_t begin,
    ptrdiff_t end) {
  const net_place *place = &plan->input;
  const ptrdiff_t plane = place->height * place->width;
  for (ptrdiff_t unit = begin; unit < end; unit++) {
    const ptrdiff_t row = unit % place->height;
    const ptrdiff_t block = unit / place->height % place->blocks;
    const ptrdiff_t image = unit / (place->height * place->blocks);
    float *map = arena + place->offset + image * place->image_pitch + block * place->block_pitch;
    float *to = map + place->origin + row * place->row_pitch;
    float *after = to + place->width * place->pixel_pitch;
    float *next = row == place->height - 1 ? map + place->block_pitch : to + place->row_pitch;
    const ptrdiff_t first = block * place->lanes;
    if (row == 0) {
      net_zero(place, map, place->origin);
    }
    if (image >= (ptrdiff_t)images) {
      net_zero(place, to, after - to);
    } else if (place->numbers < 0) {
      const ptrdiff_t left = place->channels - first;
      resnet_halve_row(
          input + (image * place->channels + first) * plane + row * place->width, plane, place->width, to,
          left < place->lanes ? left : place->lanes);
    } else if (place->numbers > 0) {
      const ptrdiff_t left = place->channels - first;
      resnet_quantize_row(
          input + (image * place->channels + first) * plane + row * place->width, plane, place->width,
          weights[plan->scales], (float)place->added, to, left < place->lanes ? left : place->lanes,
          place->numbers);
    } else {
      const float *line = input + (image * place->channels + first) * plane + row * place->width;
      if (place->lanes > 1) {
        net_zero(place, to, after - to);
      }
      for (ptrdiff_t lane = 0; lane < place->lanes && first + lane < place->channels; lane++) {
        for (ptrdiff_t column = 0; column < place->width; column++) {
          to[column * place->lanes + lane] = line[lane * plane + column];
        }
      }
    }
    net_zero(place, after, next - after);
  }
}

ptrdiff_t net_first_unit(const net_step *step, int part, int parts) {
  if (part == 0 || part == parts || step->run_count == 0) {
    return step->units * part / parts;
  }
  int64_t count = 0, work = 0;
  for (int i = 0; i < step->run_count; i++) {
    count += step->runs[i].count;
    work += step->runs[i].count * (int64_t)step->runs[i].work;
  }
  // All in parts of a unit's work.
  const int64_t goal = step->units / count * work * part;
  const int64_t turns = goal / (work * parts);
  int64_t rest = goal - turns * work * parts;
  int64_t unit = turns * count;
  for (int i = 0; i < step->run_count; i++) {
    const int64_t each = (int64_t)step->runs[i].work * parts;
    if (rest < step->runs[i].count * each) {
      return (ptrdiff_t)(unit + (rest + each / 2) / each);
    }
    rest -= step->runs[i].count * each;
    unit += step->runs[i].count;
  }
  return step->units;
}

void net_clear_notes(float *scratch) {
  for (int i = 0; i < 4; i++) {
    scratch[i] = 0;
  }
}

void net_step_run(
    const struct net_plan *plan, const float *weights, const net_step *step, float *arena, float *scratch,
    ptrdiff_t begin, ptrdiff_t end) {
  plan->run(
      step->kernel, arena + step->source_0, arena + step->source_1, arena + step->added, arena + step->output,
      weights + step->weights, scratch, begin, end);
}

void net_unload(const struct net_plan *plan, const float *arena, size_t images, float *output) {
  for (size_t image = 0; image < images; image++) {
    for (int index = 0; index < const(outputCount); index++) {
      const net_place *place = &plan->outputs[index];
      const float *value = arena + place->offset + (ptrdiff_t)image * place->image_pitch + place->origin;
      ptrdiff_t channel = 0;
      // Classes lie one after another, a block at a time.
      while (place->slots == NULL && place->height * place->width == 1 && channel < place->channels) {
        const ptrdiff_t left = place->channels - channel, count = left < place->lanes ? left : place->lanes;
        memcpy(output, value + channel / place->lanes * place->block_pitch, (size_t)count * sizeof(float));
        output += count;
        channel += count;
      }
      for (; channel < place->channels; channel++) {
        const ptrdiff_t slot = place->slots != NULL ? place->slots[channel] : channel;
        const float *map = value + slot / place->lanes * place->block_pitch + slot % place->lanes;
        for (ptrdiff_t row = 0; row < place->height; row++) {
          for (ptrdiff_t column = 0; column < place->width; column++) {
            *output++ = map[row * place->row_pitch + column * place->lanes];
          }
        }
      }
    }
  }
}

net_error net_run(
    const net_model *model, const float *input, size_t images, float *output, void *activations, void *scratch) {
  const net_error error = net_arguments(model, input, images, output, activations, scratch);
  if (error != NET_OK) {
    return error;
  }
  // Numbers that are almost nothing count as zero, or a network of many would take a hundred times as long.
  const unsigned long control = resnet_cpu_float_control();
  resnet_cpu_set_float_control(resnet_cpu_kernel_control());
  float *arena = (float *)activations;
  net_load(model->plan, model->weights, input, images, arena, 0, net_input_units(model->plan));
  for (int i = 0; i < model->plan->step_count; i++) {
    const net_step *step = &model->plan->steps[i];
    net_clear_notes((float *)scratch);
    net_step_run(model->plan, model->weights, step, arena, (float *)scratch, 0, step->units);
  }
  resnet_cpu_set_float_control(control);
  net_unload(model->plan, arena, images, output);
  return NET_OK;
}
//% if staticArena > 0

net_error net_run_static(const net_model *model, const float *input, size_t images, float *output) {
  static float activations[NET_ACTIVATIONS_BYTES / sizeof(float)] __attribute__((aligned(NET_ALIGNMENT)));
  static float scratch[NET_SCRATCH_BYTES / sizeof(float)] __attribute__((aligned(NET_ALIGNMENT)));
  return net_run(model, input, images, output, activations, scratch);
}
//% end
