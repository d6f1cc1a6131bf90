"""Processes: per-scene work in pure Python, spread over the machine's cores.

Threads would take turns. The workers are started once per process and end with it.
"""

import atexit
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from threading import Lock

import polars as pl

BATCH = 500
MIN_ROWS = 2000
"""Fewer rows than this are not worth the two seconds that workers take to start."""
_starting = Lock()


@cache
def _pool(num_workers: int) -> ProcessPoolExecutor:
    pool = ProcessPoolExecutor(num_workers, mp_context=get_context("spawn"))
    atexit.register(pool.shutdown, wait=False, cancel_futures=True)
    return pool


def map_batches(
    function: Callable[[pl.DataFrame], pl.DataFrame], frame: pl.DataFrame, num_workers: int
) -> Iterator[pl.DataFrame]:
    """What a picklable function makes of each batch of rows, in the order of the rows."""
    batches = frame.iter_slices(BATCH)
    if num_workers == 1 or frame.height < MIN_ROWS:
        yield from map(function, batches)
        return
    with _starting:
        pool = _pool(num_workers)
    yield from pool.map(function, batches)
