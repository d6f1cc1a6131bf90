"""What a user without the rights of root meets."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, which may read everything. What is imported within the block
    may lie where only root reads."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A new folder that every user may enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def closed(place: Path) -> Iterator[None]:
    """Within the block only root may read a file, or look into a folder."""
    mode = place.stat().st_mode
    place.chmod(0)
    try:
        with as_nobody():
            yield
    finally:
        place.chmod(mode)
