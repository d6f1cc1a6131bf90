"""The folder that receives the archives: one writer, and room for them."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB
from pathlib import Path

from schemas.locks import set_lock

GIB = 2**30
"""Bytes; messages use GiB, because the archives have several."""
DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
"""The disk is full, or the user's quota on it is."""


def check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(
            f"the archives need {needed / GIB:.1f} GiB more and {folder} has {free / GIB:.1f} GiB"
            f" free: free {(needed - free) / GIB:.1f} GiB or choose another folder"
        )


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """A lock on the folder: two processes that append to one part would damage it. The lock ends
    with its process."""
    with (folder / ".download.lock").open("a") as lock:
        try:
            set_lock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            raise OSError(f"another download writes to {folder}: wait until it ends") from error
        yield


@contextmanager
def explaining_a_full_disk(folder: Path, name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise OSError(
            f"the disk of {folder} is full, {name} is not complete: free some space and run the"
            " same command, it goes on from here"
        ) from error
