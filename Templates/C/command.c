//% strip
// The command of a generated C package: its words.
//% end
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "OVERVIEW: netName, compiled to C by resnetc.\n"
    "\n"
    "USAGE: net <subcommand> --weights PACKED [options]\n"
    "\n"
    "SUBCOMMANDS:\n"
    "  logits   --weights PACKED --input IN --output OUT   float32 images in, NCHW, and the network's outputs out\n"
    "  bench    --weights PACKED [--seconds S] [--json]    how long a call takes; random:SEED are weights, too\n"
    "  verify   --weights PACKED [--expected FILE] [--tolerance T]\n"
    "                                                      outputs against those that resnetc computed\n"
    "\n"
    "OPTIONS:\n"
    "  --threads N   threads of a call, 1 to 256 (default: 1)\n"
    "  --isa NAME    with random weights, an instruction set other than the best\n"
    "  -h, --help    show this\n";

static int misused(const char *what, const char *word) {
  fprintf(stderr, "Error: %s%s%s\n\n%s", what, word[0] != 0 ? " " : "", word, usage);
  return misuse;
}

static bool number(const char *text, double low, double high, double *value) {
  char *end;
  *value = strtod(text, &end);
  return end != text && *end == 0 && *value >= low && *value <= high;
}

int main(int argc, char **argv) {
  options options;
  memset(&options, 0, sizeof options);
  options.seconds = 4;
  options.tolerance = -1;
  options.threads = 1;
  if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
    fputs(usage, argc < 2 ? stderr : stdout);
    return argc < 2 ? misuse : success;
  }
  for (int i = 2; i < argc; i++) {
    const char *name = argv[i];
    if (strcmp(name, "--json") == 0) {
      options.json = true;
      continue;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
      fputs(usage, stdout);
      return success;
    }
    if (name[0] != '-') {
      return misused("unexpected argument", name);
    }
    const char **text = strcmp(name, "--weights") == 0    ? &options.weights
                        : strcmp(name, "--input") == 0    ? &options.input
                        : strcmp(name, "--output") == 0   ? &options.output
                        : strcmp(name, "--expected") == 0 ? &options.expected
                        : strcmp(name, "--isa") == 0      ? &options.isa
                                                          : NULL;
    const bool is_number = strcmp(name, "--threads") == 0 || strcmp(name, "--seconds") == 0 ||
                           strcmp(name, "--tolerance") == 0;
    if (text == NULL && !is_number) {
      return misused("unknown option", name);
    }
    if (i + 1 == argc) {
      return misused("a value is missing after", name);
    }
    const char *value = argv[++i];
    double threads = 0;
    if (text != NULL) {
      *text = value;
    } else if (strcmp(name, "--threads") == 0) {
      if (!number(value, 1, 256, &threads)) {
        return misused("--threads takes a number from 1 to 256, not", value);
      }
      options.threads = (int)threads;
    } else if (!number(value, 0, 3600, name[2] == 's' ? &options.seconds : &options.tolerance)) {
      return misused("this takes a number from 0 to 3600, not", value);
    }
  }
  int (*command)(session *, const struct options *) = strcmp(argv[1], "logits") == 0   ? logits
                                                      : strcmp(argv[1], "bench") == 0  ? bench
                                                      : strcmp(argv[1], "verify") == 0 ? verify
                                                                                       : NULL;
  if (command == NULL) {
    return misused("unknown subcommand", argv[1]);
  }
  session session;
  int code = open_session(&session, &options);
  if (code == success) {
    code = command(&session, &options);
  }
  close_session(&session);
  return code;
}
