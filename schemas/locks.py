"""Locks between processes. What one user does alone works also without them."""

from fcntl import flock
from typing import IO, Any


def set_lock(file: int | IO[Any], how: int) -> None:
    """As flock. BlockingIOError where another process has the lock; nothing where the file system,
    as some of clusters, has none."""
    try:
        flock(file, how)
    except BlockingIOError:
        raise
    except OSError:
        pass
