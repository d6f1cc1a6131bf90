"""Last error: why a trainer failed, by what it printed."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from training.launch import FAILED

TRACEBACK = "Traceback (most recent call last):"
RANK = re.compile(r"^\[rank\d+\]: ?")
"""What torch puts before the lines of one process of several."""
LAUNCHERS = ("ChildFailedError", "CalledProcessError")
"""Exceptions of accelerate and torchelastic where a process that they started failed."""


def last_error(log: Path, start: int) -> str:
    """What the trainer itself said last of why it fails, or else the last exception of a traceback,
    or else the last line, from byte `start` on: before it stand those of earlier runs. Libraries
    may say "error: " of what they can do without."""
    said = log.read_bytes()
    if len(said) >= start:  # else somebody has emptied it meanwhile
        said = said[start:]
    lines = [RANK.sub("", line) for line in said.decode("utf-8", "replace").strip().splitlines()]
    errors = [line for line in lines if line.startswith(FAILED)]
    found = errors or list(_exceptions(lines)) or lines or ["nothing was said"]
    return found[-1].removeprefix(FAILED).removeprefix("error: ")


def _exceptions(lines: Iterable[str]) -> Iterator[str]:
    """The line behind each traceback, but for those of launchers, which say that a process failed
    and not why. Libraries go on writing when Python ends."""
    is_within = False
    for line in lines:
        if line.startswith(TRACEBACK):
            is_within = True
        elif is_within and line.strip() and not line.startswith(" "):
            is_within = False
            if not any(name in line.partition(":")[0] for name in LAUNCHERS):
                yield line
