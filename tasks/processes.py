"""Processes: work in pure Python, spread over the machine's cores.

Threads would run one at a time. The workers are started once per process and end with it.
"""

import atexit
import gc
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from multiprocessing import get_context, resource_tracker
from threading import Lock, Thread
from time import sleep
from typing import NoReturn, ParamSpec, TypeVar

import polars as pl

from tasks.chat.run import num_under_way, stop_all

BATCH = 500
"""Rows that a worker takes at once: a shard of MIN_ROWS still keeps four workers busy."""
MIN_ROWS = 2000
"""Fewer rows than this are not worth the two seconds that workers take to start."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end a command."""
LOOK_SECONDS = 1.0
"""Between two looks of a worker at whether its parent is there."""
_pools: dict[int, ProcessPoolExecutor] = {}
_starting = Lock()
"""Held where workers are started, are given work, or are told to end."""
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def end_workers() -> None:
    """Let workers that have nothing to do end, which gives their memory back; others are started
    when there is work again."""
    with _starting:
        while _pools:
            _pools.popitem()[1].shutdown(wait=False)


def _pool(num_workers: int) -> ProcessPoolExecutor:
    if num_workers not in _pools:
        _pools[num_workers] = _start_pool(num_workers)
    return _pools[num_workers]


def _start_pool(num_workers: int) -> ProcessPoolExecutor:
    # The workers use all cores; further threads in each would only compete for them.
    os.environ["POLARS_MAX_THREADS"] = "1"
    # Polars otherwise gives memory back to the system and takes it anew within every shard.
    os.environ["_RJEM_MALLOC_CONF"] = "dirty_decay_ms:10000,muzzy_decay_ms:10000"
    pool = ProcessPoolExecutor(num_workers, get_context("spawn"), initializer=_start_worker)
    atexit.register(pool.shutdown, wait=False, cancel_futures=True)
    return pool


def _start_worker() -> None:
    # Their work leaves no cyclic garbage, and looking for it takes a seventh of the time.
    gc.set_threshold(100_000, 50, 50)
    end_with_parent()


@cache
def end_with_parent() -> None:
    """In a worker: end it soon after its parent, which a kill of the parent alone does not, or when
    one of SIGNALS comes. Replies under way are stored before."""
    parent = os.getppid()

    def await_loss() -> None:
        while os.getppid() == parent:
            sleep(LOOK_SECONDS)
        _end_when_stored()

    def await_signal() -> None:
        # Not sigtimedwait: where the process is stopped and continues after its time is up, it
        # returns as if a signal had come.
        signal.sigwait(SIGNALS)
        _end_when_stored()

    for watch in (await_loss, await_signal):
        Thread(target=watch, daemon=True).start()


def _end_when_stored() -> NoReturn:
    stop_all()
    while num_under_way():
        sleep(0.05)
    os._exit(1)


@contextmanager
def holding_signals() -> Iterator[None]:
    """Workers that are started within the block are not interrupted by a Ctrl-C or a hang-up, which
    a terminal sends to all processes of a command: `end_with_parent` sees to these signals."""
    resource_tracker.ensure_running()  # before: when it starts, it lets signals through again
    held = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


@contextmanager
def _starting_anew() -> Iterator[None]:
    """After a block that failed because a worker was killed, others are started for the next."""
    try:
        yield
    except BrokenProcessPool:
        end_workers()
        raise


def _submit(
    num_workers: int,
    function: Callable[Arguments, Result],
    *arguments: Arguments.args,
    **named: Arguments.kwargs,
) -> Future[Result]:
    with holding_signals(), _starting:  # workers are started when there is work for them
        return _pool(num_workers).submit(function, *arguments, **named)


def warm_up(num_workers: int, module: str) -> None:
    """Have the workers import what they will need, while this process does something else."""
    if num_workers > 1:
        for _ in range(num_workers):
            _submit(num_workers, import_module, module)


def run_apart(
    function: Callable[Arguments, Result],
    num_rows: int,
    num_workers: int,
    *arguments: Arguments.args,
    **named: Arguments.kwargs,
) -> Result:
    """What a picklable function returns; it runs in a worker where there are at least MIN_ROWS."""
    if num_workers == 1 or num_rows < MIN_ROWS:
        return function(*arguments, **named)
    with _starting_anew():
        return _submit(num_workers, function, *arguments, **named).result()


def map_batches(
    function: Callable[[pl.DataFrame], pl.DataFrame], frame: pl.DataFrame, num_workers: int
) -> Iterator[pl.DataFrame]:
    """What a picklable function makes of each batch of rows, in the order of the rows."""
    batches = frame.iter_slices(BATCH)
    if num_workers == 1 or frame.height < MIN_ROWS:
        yield from map(function, batches)
        return
    with _starting_anew():
        with holding_signals(), _starting:
            made = _pool(num_workers).map(function, batches)
        yield from made
