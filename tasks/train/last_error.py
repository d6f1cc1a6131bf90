"""Last error: why a trainer failed, by what it printed."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from schemas.printable import leading
from schemas.redaction import without_known
from training.launch import FAILED

TRACEBACK = "Traceback (most recent call last)"
"""Also in "Exception Group Traceback (...)" and "Original Traceback (...)", behind a progress bar
that has no end of its line, or in a frame."""
DRAWN = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|^\[rank\d+\]: ?", re.M)
"""Colours, and what torch puts before the lines of one process of several."""
GROUP, OF_GROUP = "Exception Group Traceback", re.compile(r"^ +[|+] ?", re.M)
"""What Python puts before the lines of several exceptions at once."""
ASIDE = re.compile(r"^Exception (?:ignored in|in thread)\b")
"""Before the traceback of what ended nothing."""
LAUNCHERS = ("ChildFailedError", "CalledProcessError")
"""Exceptions of accelerate and torchelastic where a process that they started failed."""
NATIVE = (
    re.compile(r"^\s*what\(\):\s+(.+)", re.M),
    re.compile(r"^(Fatal Python error: .+)", re.M),
    re.compile(r"^\s*traceback\s*: (Signal .+)", re.M),
)
"""What C++, Python and a launcher say of a process that ended without an exception of Python."""


def last_error(log: Path, start: int) -> str:
    """What the trainer itself said last of why it fails, or else the last exception of a traceback,
    or else what ended it below Python, or else the last line that says something, from byte `start`
    on: before it stand those of earlier runs. Libraries may say "error: " of what they can do
    without."""
    said = log.read_bytes()
    if len(said) >= start:  # else somebody has emptied it meanwhile
        said = said[start:]
    text = DRAWN.sub("", said.decode("utf-8", "replace").strip())
    if GROUP in text:
        text = OF_GROUP.sub("", text)
    lines = text.splitlines()
    errors = [line for line in lines if line.startswith(FAILED)]
    found = errors or _exceptions(lines) or _native(text) or _telling(lines) or ["nothing was said"]
    return without_known(found[-1].removeprefix(FAILED).removeprefix("error: "))


def _exceptions(lines: Sequence[str]) -> list[str]:
    """The line behind each traceback, but for those of launchers, which say that a process failed
    and not why, and where there are others, for those that Python set aside. Libraries go on
    writing when Python ends."""
    found = list(_raised(lines))
    return [told for told, is_aside in found if not is_aside] or [told for told, _ in found]


def _raised(lines: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """What was raised, and whether Python set it aside."""
    is_within = is_aside = False
    for place, line in enumerate(lines):
        if TRACEBACK in line:
            is_within, is_aside = True, place > 0 and ASIDE.match(lines[place - 1]) is not None
        elif is_within and line.strip() and not line.startswith((" ", "\u2502", "\u2570")):
            is_within = False
            if not any(name in line.partition(":")[0] for name in LAUNCHERS):
                yield leading(lines[place:]), is_aside


def _native(text: str) -> list[str]:
    return [found[-1] for pattern in NATIVE if (found := pattern.findall(text))][:1]


def _telling(lines: Sequence[str]) -> list[str]:
    """Lines that are more than a ruler."""
    return [line for line in lines if re.search(r"\w", line)]
