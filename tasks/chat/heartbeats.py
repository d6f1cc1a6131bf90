"""Heartbeats: lines that tell now and then which models are asked."""

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
    ended = Event()

    def beat() -> None:
        started = time.monotonic()
        while not ended.wait(seconds):
            for name, run in runs.items():
                if run.num_under_way:
                    took = time.monotonic() - started
                    tell(f"{name}: still running, {took:.0f} s: {run.meter}")

    # In the context of the caller, whose flow run keeps the lines.
    Thread(target=copy_context().run, args=(beat,), daemon=True).start()
    try:
        yield
    finally:
        ended.set()
