"""What goes wrong and is worth a sentence instead of a traceback."""

import pathlib
import shlex
import subprocess
import sys

from .paths import ROOT


class Problem(Exception):
    """A sentence for the user."""


def gist(error: Exception) -> str:
    """What an error comes down to, without where things lie on this machine: it may end up in RESULTS.md."""
    line = (str(error).strip().splitlines() or ["no reason given"])[-1].strip()
    for place in (str(ROOT), sys.prefix, str(pathlib.Path.home())):
        line = line.replace(place + "/", "")
    return line[:160]


def run(words: list, *, cwd: pathlib.Path | None = None, env: dict | None = None) -> str:
    """Standard output of a command that succeeds; otherwise a Problem with the end of what it said."""
    words = [str(word) for word in words]
    try:
        done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except OSError as error:
        raise Problem(f"cannot run {words[0]}: {error.strerror}") from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-12:]
        raise Problem(f"{shlex.join(words)} failed with {done.returncode}:\n  " + "\n  ".join(said))
    return done.stdout
