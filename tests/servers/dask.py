"""A real Dask cluster on loopback, whose workers know no more of each other than machines do."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

DASK = Path(sys.executable).with_name("dask")


@contextmanager
def serving_dask(folder: Path, machines: Sequence[Path]) -> Iterator[str]:
    """The address of a scheduler with one worker per machine: a folder, which is its cache and
    where it stands."""
    pytest.importorskip("prefect_dask")
    file = folder / "scheduler.json"
    here = "--host", "127.0.0.1", "--no-dashboard"
    with ExitStack() as stack:
        started = _started(
            stack, folder, "scheduler", "--port", "0", "--scheduler-file", file, *here
        )
        deadline = time.monotonic() + 60
        while not file.exists():
            assert started.poll() is None and time.monotonic() < deadline, "no scheduler"
            time.sleep(0.05)
        for machine in machines:
            machine.mkdir(exist_ok=True)
            one = "--nworkers", "1", "--nthreads", "1", "--local-directory", machine / "scratch"
            _started(stack, machine, "worker", "--scheduler-file", file, *one, *here)
        yield str(json.loads(file.read_text())["address"])


def _started(stack: ExitStack, folder: Path, *words: str | Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder)}
    log = stack.enter_context((folder / "log").open("wb"))
    process = stack.enter_context(
        subprocess.Popen([DASK, *words], cwd=folder, env=environment, stdout=log, stderr=log)
    )
    stack.callback(process.terminate)
    return process
