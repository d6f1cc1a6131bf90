"""Last error: why a trainer failed, by what it printed."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

TRACEBACK = "Traceback (most recent call last):"
RANK = re.compile(r"^\[rank\d+\]: ?")
"""What torch puts before the lines of one process of several."""
LAUNCHERS = ("ChildFailedError", "CalledProcessError")
"""Exceptions of accelerate and torchelastic where a process that they started failed."""


def last_error(log: Path, start: int) -> str:
    """The last line that starts with "error: ", or else the last exception of a traceback, or else
    the last line, from byte `start` on: before it stand those of earlier runs."""
    said = log.read_bytes()[start:].decode("utf-8", "replace")
    lines = [RANK.sub("", line) for line in said.strip().splitlines()]
    errors = [line for line in lines if line.startswith("error: ")]
    found = errors or list(_exceptions(lines)) or lines or ["nothing was said"]
    return found[-1].removeprefix("error: ")


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
