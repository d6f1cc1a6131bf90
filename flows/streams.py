"""Streams: standard input, output and error, which whoever starts a command may leave closed.

A file that is opened takes the lowest free number: with a closed standard error a database would
get the messages. And whoever reads the output may stop, as `head` does: the command goes on, and
ends as it would have.
"""

import io
import os
import sys
from contextlib import suppress
from typing import Any, TextIO


def open_streams() -> None:
    """Open on nothing what is closed, and drop what nobody reads any more."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  (until the end)
    sys.stdout, sys.stderr = _written(1, sys.stdout), _written(2, sys.stderr)


def close_streams() -> None:
    """Let nothing be written any more; what cannot be written is not tried again at the end."""
    with suppress(OSError):
        sys.stdout.flush()
    for number in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), number)


class _Dropping(io.FileIO):
    """A file whose reader may be gone."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            return len(data)


def _written(number: int, stream: TextIO | None) -> io.TextIOWrapper:
    """The stream of a number, written as Python would write it."""
    file = _Dropping(number, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(file),
        encoding=stream.encoding if stream else "utf-8",
        errors=(stream.errors if stream else None) or "backslashreplace",
        line_buffering=number == 2 or file.isatty(),
    )
