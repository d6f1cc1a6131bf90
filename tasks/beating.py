"""Beating: now and then it is told that work goes on."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event, Thread

HEARTBEAT_SECONDS = 30.0
"""Seconds between two lines where no bar is shown: without them a run looks as if it hung."""


@contextmanager
def beating(beat: Callable[[float], None], seconds: float = HEARTBEAT_SECONDS) -> Iterator[None]:
    """Within the block, `beat` is called every so many seconds, with those that have passed."""
    ended = Event()

    def go_on() -> None:
        started = time.monotonic()
        while not ended.wait(seconds):
            beat(time.monotonic() - started)

    # In the context of the caller, whose flow run keeps the lines.
    Thread(target=copy_context().run, args=(go_on,), daemon=True).start()
    try:
        yield
    finally:
        ended.set()
