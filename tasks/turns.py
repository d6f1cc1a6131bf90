"""Turns: of several jobs that would make the same artifact, one makes it and the others wait."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock

from tasks.artifact import Artifact

LOCK = ".lock"
"""Ends the name of an artifact's lock, which is there while the artifact is made."""
LOOK_SECONDS = 0.1
"""Between two looks at whether the other has ended: little of what a stage takes."""


@contextmanager
def sole_maker(
    artifact: Artifact, is_stopped: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Within the block no other job makes the artifact, in this process or another one; a lock ends
    with its process. Whether the artifact is complete must be asked within. RuntimeError where
    `is_stopped` while another job makes it."""
    path = artifact.path.with_name(f"{artifact.path.name}{LOCK}")
    path.parent.mkdir(parents=True, exist_ok=True)
    number = _open(str(path))
    while not _is_held(number, str(path)):
        if is_stopped():
            os.close(number)
            raise RuntimeError("stopped while another command made the same")
        time.sleep(LOOK_SECONDS)
        os.close(number)
        number = _open(str(path))
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(number)


def _open(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)


def _is_held(number: int, path: str) -> bool:
    """Whether this process holds the lock now; False, too, where the one before has removed its
    file. A file system without locks does without them."""
    try:
        flock(number, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    try:
        return os.stat(path).st_ino == os.fstat(number).st_ino  # noqa: PTH116
    except FileNotFoundError:
        return False
