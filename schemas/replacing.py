"""Files and folders that appear whole or not at all: written beside their place, then renamed.

What is *durable* survives a power cut, too: bytes and names are on the disk before a caller goes
on. What is checked when it is read, and can be made again, need not be.
"""

import errno
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from zlib import crc32

PARTIAL = ".partial-"  # marks what is being written; leftovers of a crash are found by it
MACHINE = f"{crc32(os.uname().nodename.encode()):08x}"
"""Tells this machine's files from those of others that share the folder."""
LEFT_SECONDS = 86400.0
"""After which what another machine writes counts as left: no file takes as long."""
TAKEN = (errno.ENOTEMPTY, errno.EEXIST)
"""What a rename to a folder that is not empty ends in."""
FULL = (errno.ENOSPC, errno.EDQUOT)
NO_ROOM = (*FULL, errno.EFBIG)
"""What a write ends in, whose error names no file."""


def partial_of(path: Path) -> Path:
    """A name that no other thread or process writes to; it ends in machine and process id."""
    writer = f"{threading.get_ident()}-{MACHINE}-{os.getpid()}"
    return path.with_name(f"{path.name}{PARTIAL}{writer}")


def is_left(partial: Path) -> bool:
    """Whether who wrote it has ended. What another machine writes to a folder that both share
    counts as left after a day: whether its process runs cannot be seen here."""
    writer = partial.name.rpartition(PARTIAL)[2].split("-")
    if len(writer) != 3 or writer[1] == MACHINE:  # earlier versions named no machine
        return not Path(f"/proc/{writer[-1]}").exists()
    with suppress(FileNotFoundError):
        return time.time() - partial.stat().st_mtime > LEFT_SECONDS
    return False


@contextmanager
def replacing(path: Path, *, is_durable: bool = True) -> Iterator[Path]:
    """A path to write a file to, which becomes `path` when the block ends and is removed if it
    fails."""
    make_folder(path.parent, is_durable=is_durable)
    partial = partial_of(path)
    try:
        yield partial
        if is_durable:
            sync(partial)
        partial.replace(path)
        if is_durable:
            sync(path.parent)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        _name_place(error, path, partial)
        raise


def _name_place(error: BaseException, path: Path, partial: Path) -> None:
    """Let an error name the place that was asked for, in place of the partial one or, where a write
    finds no room, of none."""
    if not isinstance(error, OSError):
        return
    if isinstance(error.filename, str):
        error.filename = error.filename.replace(str(partial), str(path))
    elif error.filename is None and error.errno in NO_ROOM:
        error.filename = str(path)


@contextmanager
def replacing_folder(path: Path, *, is_durable: bool = True) -> Iterator[Path]:
    """As `replacing`, for a folder that does not exist yet. Where another process was quicker, its
    folder stays: equal names have equal contents."""
    with removed_at_last(path, is_durable=is_durable) as partial:
        yield partial
        move_folder(partial, path, is_durable=is_durable)


@contextmanager
def removed_at_last(path: Path, *, is_durable: bool = True) -> Iterator[Path]:
    """A new folder beside `path`, which the block fills and moves; removed when it ends."""
    make_folder(path.parent, is_durable=is_durable)
    partial = partial_of(path)
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir()
        yield partial
    except OSError as error:
        _name_place(error, path, partial)
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def move_folder(folder: Path, path: Path, *, is_durable: bool = True) -> None:
    """Rename a folder to a path beside it; it is removed where that path is taken."""
    if is_durable:
        for place in (*folder.rglob("*"), folder):
            sync(place)
    try:
        folder.rename(path)
    except OSError as error:
        if error.errno not in TAKEN or not path.is_dir():
            raise
        shutil.rmtree(folder)
    if is_durable:
        sync(path.parent)


def make_folder(path: Path, *, is_durable: bool = True) -> None:
    """Make a folder and those above it that are missing; their names are on the disk, too."""
    missing = [place for place in (path, *path.parents) if not place.exists()]
    path.mkdir(parents=True, exist_ok=True)
    if is_durable:
        for place in reversed(missing):
            sync(place.parent)


def sync(path: Path) -> None:
    """Wait until the bytes of a file, or the names in a folder, are on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError as error:
        # Some network file systems cannot synchronise folders; a full disk must be reported.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            error.filename = str(path).partition(PARTIAL)[0]  # Python names no file here
            raise
    finally:
        with suppress(OSError):
            os.close(number)
