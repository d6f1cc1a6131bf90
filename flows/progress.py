"""Progress: a line per stage; while it runs a bar on a terminal, elsewhere a line now and then."""

import logging
import time
from collections.abc import Callable, Sequence
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

from tasks.beating import HEARTBEAT_SECONDS
from tasks.chat.run import Run

LOOK_SECONDS = 0.2
"""Seconds between two looks at the tasks: a bar moves, and a Ctrl-C is answered, this often."""
logger = logging.getLogger(__name__)


def results_of(
    name: str,
    futures: Sequence[PrefectFuture[Any]],
    unit: str,
    run: Run,
    show: bool = False,
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
    *,
    fetch: Callable[[Sequence[Path]], None] | None = None,
) -> list[Path]:
    """The paths that one stage's tasks made, in order. Raises the error of the task that failed
    first, after the others have ended: `run` is stopped, so that they ask models no longer. `show`:
    progress is written to standard error, as the command line does; a Prefect worker has a log.
    Where that is no terminal, a line follows every `heartbeat_seconds`. `fetch` brings here what
    tasks made on other machines."""
    started = time.monotonic()
    console = Console(stderr=True, emoji=False) if show else None
    try:
        failed = _wait(name, futures, run, console, heartbeat_seconds)
    except BaseException:
        # A signal interrupts only this thread: the threads of the tasks would go on asking models.
        run.stop()
        raise
    for future in failed:
        future.result()
    paths: list[Path] = [future.result() for future in futures]
    if fetch:
        fetch(paths)
    num_cached = sum(future.state.name == "Cached" for future in futures)
    num_rows = sum(_num_rows(path) for path in paths)
    made = f"{num_rows:,} {unit}" if num_rows else unit
    took = "already done" if num_cached == len(futures) else f"{time.monotonic() - started:.1f} s"
    if 0 < num_cached < len(futures):
        took += f", {num_cached} of {len(futures)} shards already done"
    if run.meter.asked:
        took += f": {run.meter}"
    _tell(f"{name:<12} {made:<30} {took}", console)
    return paths


def _tell(line: str, console: Console | None) -> None:
    logger.info(line)
    if console:
        console.print(line, highlight=False, markup=False)


def _wait(
    name: str,
    futures: Sequence[PrefectFuture[Any]],
    run: Run,
    console: Console | None,
    heartbeat_seconds: float,
) -> list[PrefectFuture[Any]]:
    """Wait for all; return those that failed, the first to fail first."""
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
                        run.stop()
            except Exception:  # without its server Prefect raises here; `result` raises it again
                run.stop()
            finally:
                ended.set()

        Thread(target=count, daemon=True).start()
        # Short waits: a Ctrl-C that another thread receives would not end a longer one.
        started = told = time.monotonic()
        while not ended.wait(min(LOOK_SECONDS, heartbeat_seconds)):
            if told_of := _told_of(run):
                progress.update(bar, description=f"{name}{told_of}")
            now = time.monotonic()
            if not shown and now - told >= heartbeat_seconds:
                told = now
                done = sum(task.completed for task in progress.tasks)
                _tell(_heartbeat(name, int(done), len(futures), now - started, run), console)
    return failed


def _heartbeat(name: str, done: int, number: int, seconds: float, run: Run) -> str:
    shards = f"{done} of {number} shards, " if number > 1 else ""
    return f"{name:<12} {'... still running':<30} {shards}{seconds:.0f} s{_told_of(run)}"


def _told_of(run: Run) -> str:
    """What its models took, and whether it waits."""
    asked = f": {run.meter}" if run.meter.asked else ""
    return f"{asked}{', waits for another command that makes the same' if run.num_waiting else ''}"


def _num_rows(path: Path) -> int:
    return pq.read_metadata(path).num_rows if path.suffix == ".parquet" else 0
