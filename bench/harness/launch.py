"""Runs a command and says how long it lived and how much memory it held at most: `launch.py OUTPUT WORD...` prints one
line of JSON; what the command prints goes to the file OUTPUT.

A program of its own, without imports worth the name: a child's peak starts with the memory of the process that forked
it, and a Python that holds arrays would be larger than what is measured here.
"""

import os
import sys
import time


def main() -> int:
    output, words = sys.argv[1], sys.argv[2:]
    opened = (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    before = time.perf_counter()
    child = os.posix_spawnp(words[0], words, os.environ, file_actions=[opened])
    _, status, usage = os.wait4(child, 0)
    elapsed = time.perf_counter() - before
    # The status stands in the line; this command itself has succeeded.
    code = os.waitstatus_to_exitcode(status)
    print('{"ms": %f, "maxrss": %d, "status": %d}' % (elapsed * 1e3, usage.ru_maxrss, code))
    return 0


if __name__ == "__main__":
    sys.exit(main())
