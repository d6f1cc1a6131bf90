"""Workers: the same rows in the same order, and none that outlives its parent."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import polars as pl
import pytest

from tasks.processes import BATCH, LOOK_SECONDS, MIN_ROWS, end_workers, map_batches, run_apart

STARTS_WORKERS = """
import os, sys, time
from tasks.processes import LOOK_SECONDS, MIN_ROWS, run_apart
if __name__ == "__main__":
    print(run_apart(os.getpid, MIN_ROWS, 2), flush=True)
    time.sleep(60)
"""


def with_pid(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pid=pl.lit(os.getpid()))


def killed(frame: pl.DataFrame) -> pl.DataFrame:
    signal.raise_signal(signal.SIGKILL)
    return frame


def test_batches_come_back_in_order_from_other_processes():
    frame = pl.DataFrame({"row": range(MIN_ROWS + 700)})
    made = pl.concat(map_batches(with_pid, frame, 2))
    assert made["row"].to_list() == frame["row"].to_list()
    assert os.getpid() not in made["pid"].to_list()


def test_few_rows_and_one_worker_stay_here():
    frame = pl.DataFrame({"row": range(10)})
    assert set(pl.concat(map_batches(with_pid, frame, 2))["pid"]) == {os.getpid()}
    assert run_apart(os.getpid, MIN_ROWS, 1) == os.getpid()
    assert run_apart(os.getpid, MIN_ROWS, 2) != os.getpid()


@pytest.mark.long
def test_workers_end_when_they_are_told_and_others_follow():
    made = map_batches(with_pid, pl.DataFrame({"row": range(MIN_ROWS)}), 2)
    first = next(made)["pid"][0]
    end_workers()
    assert sum(frame.height for frame in made) == MIN_ROWS - BATCH  # under way: not lost
    assert has_ended(first)
    assert run_apart(os.getpid, MIN_ROWS, 2) not in (first, os.getpid())


@pytest.mark.long
def test_after_a_killed_worker_others_are_started():
    with pytest.raises(BrokenProcessPool):
        run_apart(signal.raise_signal, MIN_ROWS, 3, signal.SIGKILL)
    with pytest.raises(BrokenProcessPool):
        list(map_batches(killed, pl.DataFrame({"row": range(MIN_ROWS)}), 3))
    assert run_apart(os.getpid, MIN_ROWS, 3) != os.getpid()


@pytest.mark.long
def test_a_worker_that_was_stopped_goes_on():
    worker = run_apart(os.getpid, MIN_ROWS, 2)
    os.kill(worker, signal.SIGSTOP)
    time.sleep(2 * LOOK_SECONDS)
    os.kill(worker, signal.SIGCONT)
    time.sleep(0.5)
    assert is_running(worker)


@pytest.mark.long
def test_workers_end_with_a_killed_parent(tmp_path):
    script = tmp_path / "starts_workers.py"
    script.write_text(STARTS_WORKERS)
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert has_ended(worker)


def has_ended(pid: int) -> bool:
    """Whether the process ends within 20 seconds."""
    deadline = time.monotonic() + 20
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not is_running(pid)


def is_running(pid: int) -> bool:
    """A process that has ended may stay behind as a zombie where nobody waits for it."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
