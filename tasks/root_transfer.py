"""Root transfer: what is new at the store of a root is brought here, and what is new here is sent.

Both compare with a record of the files that were the same on both sides: ROOT/.store/files.json.
"""

import logging
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from fcntl import LOCK_EX
from filecmp import cmp
from itertools import chain
from pathlib import Path
from threading import get_ident
from typing import Any, NamedTuple

import msgspec

from schemas.file_digests import Stamp, stamp_of
from schemas.locks import set_lock
from schemas.replacing import replacing
from tasks.addresses import STORE, store_of
from tasks.artifact import move_aside
from tasks.buckets import (
    CHUNK,
    THREADS,
    Bucket,
    answering,
    files_at,
    mark_of,
    open_bucket,
)
from tasks.root_damage import is_damaged
from tasks.root_files import in_turns, shared_files, whole_folders, without_parts
from tasks.turns import clearing_root

RECORD, LOCK, ARRIVING = "files.json", "lock", "arriving"
WRITTEN = ("LastModified", "mtime", "updated")
"""What stores call the time at which a file arrived."""
logger = logging.getLogger(__name__)


class InStep(NamedTuple):
    """A file that was the same here and there: the store's mark and this machine's stamp of it."""

    mark: str
    stamp: Stamp


Record = dict[str, InStep]


def bring(root: Path) -> int:
    """Have the copy hold what its store holds, and say how many files were brought. What was
    changed here since, and not there, stays; what was changed on both sides, or is damaged here, is
    set aside here."""
    address = str(store_of(root))
    bucket = open_bucket(address)
    with _alone(root) as record:
        # Not before: what another command here has sent meanwhile is not gone from there.
        with answering(address):
            listed = files_at(bucket, bucket.prefix)
        there = {name: listed[name] for name in without_parts(listed)}
        _remove_here(root, record, there)
        wanted = [
            name for name, about in there.items() if _is_wanted(root, name, about, record.get(name))
        ]

        def fetch(name: str) -> InStep | None:
            return _fetch(bucket, root, name, there[name], record.get(name))

        # Not beside its place, as a partial file is: one of a crash would be a stray of a dataset.
        shutil.rmtree(root / STORE / ARRIVING, ignore_errors=True)
        (root / STORE / ARRIVING).mkdir()
        with answering(address):
            for names in in_turns(wanted):
                _by_chunks(root, record, names, fetch)
    return len(wanted)


def _remove_here(root: Path, record: Record, there: Collection[str]) -> None:
    """Remove what was in step and has gone from the store; later, where a command here uses the
    root."""
    gone = record.keys() - there
    pruned = whole_folders(record) - whole_folders(there)
    if not gone:
        return
    with suppress(RuntimeError), clearing_root(root):
        for name in chain(*reversed(in_turns(gone))):
            known, place = record.pop(name), root / name
            if not _is_changed(place, known):
                place.unlink(missing_ok=True)
                _remove_empty(place.parent, root)
        for folder in pruned:
            shutil.rmtree(root / folder, ignore_errors=True)
            _remove_empty((root / folder).parent, root)
        _write(root, record)


def _is_changed(place: Path, known: InStep | None) -> bool:
    """Whether a file is here, and is not the one that was in step."""
    try:
        return known is None or stamp_of(place) != known.stamp
    except FileNotFoundError:
        return False


def _remove_empty(folder: Path, root: Path) -> None:
    with suppress(OSError):
        while folder != root:
            folder.rmdir()
            folder = folder.parent


def _is_wanted(root: Path, name: str, about: Mapping[str, Any], known: InStep | None) -> bool:
    if known is None or known.mark != mark_of(about):
        return True
    try:
        return stamp_of(root / name) != known.stamp and is_damaged(root, name)
    except OSError:  # it is not here
        return True


def _fetch(
    bucket: Bucket, root: Path, name: str, about: Mapping[str, Any], known: InStep | None
) -> InStep | None:
    """None where the file has gone from the store since it was listed."""
    place, arriving = root / name, root / STORE / ARRIVING / f"{get_ident()}"
    try:
        bucket.files.get_file(f"{bucket.prefix}/{name}", str(arriving))
    except FileNotFoundError:
        return None
    _set_time(arriving, about)
    if place.exists() and _is_changed(place, known) and not cmp(place, arriving, shallow=False):
        move_aside(place, root)
        logger.warning("%s differs from what its store has: set aside here", place)
    place.parent.mkdir(parents=True, exist_ok=True)
    arriving.replace(place)
    return InStep(mark_of(about), stamp_of(place))


def _set_time(place: Path, about: Mapping[str, Any]) -> None:
    """A build is as old as its files, and the newest one is asked for by its name."""
    times = [about[name] for name in WRITTEN if isinstance(about.get(name), datetime)]
    if times:
        os.utime(place, (times[0].timestamp(), times[0].timestamp()))


def send(root: Path) -> int:
    """Have the store hold what its copy holds, and say how many files were sent. RuntimeError where
    the store fails; nothing is done for a root of this machine."""
    address = store_of(root)
    if address is None:
        return 0
    with _alone(root) as record:
        here = shared_files(root)
        new = [name for name, stamp in here.items() if _is_new(root, name, record.get(name), stamp)]
        gone = [name for name in record if name not in here and not (root / name).exists()]
        if not new and not gone:
            return 0
        bucket = open_bucket(address)

        def put(name: str) -> InStep | None:
            return _put(bucket, root, name, here[name])

        def remove(name: str) -> None:
            with suppress(FileNotFoundError):
                bucket.files.rm_file(f"{bucket.prefix}/{name}")

        data, *whole = in_turns(gone)
        with answering(address):
            for names in reversed(whole):  # what is there in part must not seem whole
                _by_chunks(root, record, names, remove)
            for names in in_turns(new):
                _by_chunks(root, record, names, put)
            _by_chunks(root, record, data, remove)
    return len(new)


def _is_new(root: Path, name: str, known: InStep | None, stamp: Stamp) -> bool:
    """Whether the store is to have it: not in the place of a sound file where it is damaged."""
    return known is None or (known.stamp != stamp and not is_damaged(root, name))


def _put(bucket: Bucket, root: Path, name: str, stamp: Stamp) -> InStep | None:
    """None where the file has gone from here since it was looked at."""
    place, there = root / name, f"{bucket.prefix}/{name}"
    try:
        bucket.files.put_file(str(place), there)
        return InStep(mark_of(bucket.files.info(there)), stamp)
    except FileNotFoundError:
        if place.exists():
            raise
        return None


def _by_chunks(
    root: Path, record: Record, names: Sequence[str], move: Callable[[str], InStep | None]
) -> None:
    """Move files one way, many at once, and record which are in step: those that are None have gone
    on both sides."""
    for start in range(0, len(names), CHUNK):
        chunk = names[start : start + CHUNK]
        try:
            with ThreadPoolExecutor(THREADS) as pool:
                for name, found in zip(chunk, pool.map(move, chunk), strict=True):
                    record.pop(name, None)
                    if found:
                        record[name] = found
        finally:
            _write(root, record)


@contextmanager
def _alone(root: Path) -> Iterator[Record]:
    """Within the block no other process of this machine brings or sends; the files that were in
    step."""
    with (root / STORE / LOCK).open("w") as lock:
        set_lock(lock, LOCK_EX)
        try:
            record = msgspec.json.decode((root / STORE / RECORD).read_bytes(), type=Record)
        except (FileNotFoundError, ValueError):  # a damaged one: all files are compared
            record = {}
        yield record


def _write(root: Path, record: Record) -> None:
    with replacing(root / STORE / RECORD, is_durable=False) as written:
        written.write_bytes(msgspec.json.encode(record))
