"""Heartbeats: lines that tell now and then which models are asked, or that work goes on."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event, Thread

from tasks.chat.run import Run

HEARTBEAT_SECONDS = 30.0
"""Seconds between two lines where no bar is shown: without them a run looks as if it hung."""


@contextmanager
def heartbeats(
    tell: Callable[[str], None], runs: Mapping[str, Run], seconds: float = HEARTBEAT_SECONDS
) -> Iterator[None]:
    """Within the block, a line every so many seconds for each of the runs that asks a model."""

    def beat(took: float) -> None:
        for name, run in runs.items():
            if run.num_under_way:
                tell(f"{name}: still running, {took:.0f} s: {run.meter}")

    with beating(beat, seconds):
        yield


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
