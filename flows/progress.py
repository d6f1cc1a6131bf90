"""Progress: one line per stage, and a bar while it runs if somebody watches."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pyarrow.parquet as pq
from prefect.futures import PrefectFuture, as_completed
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
)

from tasks.chat.meter import METERS
from tasks.chat.stop import STOPPED

logger = logging.getLogger(__name__)
console: Console | None = None
"""Where the command line shows progress; None under a Prefect worker, which has its own."""


def results_of(name: str, futures: Sequence[PrefectFuture[Any]], unit: str) -> list[Path]:
    """The paths that one stage's tasks made, in order; raises what the task that failed first did,
    after the others have ended: those that ask models are told to stop."""
    started = time.monotonic()
    STOPPED.clear()
    try:
        failed = _wait(name, futures)
    except KeyboardInterrupt:
        # The tasks' threads do not hear of it, and go on asking models.
        STOPPED.set()
        raise
    for future in failed:
        future.result()
    paths: list[Path] = [future.result() for future in futures]
    num_cached = sum(future.state.name == "Cached" for future in futures)
    num_rows = sum(_num_rows(path) for path in paths)
    made = f"{num_rows:,} {unit}" if num_rows else unit
    asked = METERS.pop(name, None)
    took = "already done" if num_cached == len(futures) else f"{time.monotonic() - started:.1f} s"
    if 0 < num_cached < len(futures):
        took += f", {num_cached} of {len(futures)} shards already done"
    if asked:
        took += f": {asked}"
    line = f"{name:<12} {made:<30} {took}"
    logger.info(line)
    if console:
        console.print(line, highlight=False, markup=False)
    return paths


def _wait(name: str, futures: Sequence[PrefectFuture[Any]]) -> list[PrefectFuture[Any]]:
    """Wait for all; those that failed, the first one first."""
    failed: list[PrefectFuture[Any]] = []
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
    )
    shown = console is not None and console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not shown) as progress:
        bar = progress.add_task(name, total=len(futures))
        ended = Event()

        def count() -> None:
            try:
                for future in as_completed(list(futures)):
                    progress.advance(bar)
                    future.wait()  # before that its state is the server's, which comes late
                    if not future.state.is_completed():
                        failed.append(future)
                        STOPPED.set()
            finally:
                ended.set()

        Thread(target=count, daemon=True).start()
        # Waits that end now and then: a Ctrl-C that another thread gets would not end a longer one.
        while not ended.wait(0.2):
            if name in METERS:
                progress.update(bar, description=f"{name}: {METERS[name]}")
    return failed


def _num_rows(path: Path) -> int:
    return pq.read_metadata(path).num_rows if path.suffix == ".parquet" else 0
