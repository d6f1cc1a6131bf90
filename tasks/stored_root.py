"""Stored root: a root on an object store, of which every machine has a copy.

    ~/.cache/spatialthinker/roots/<key>/           a root as any other, with what the store has
    ~/.cache/spatialthinker/roots/<key>/.store/    its address, and what was in step when, by file

The store has the files of the root under their names. A command brings what is new there, works on
the copy, and sends what is new here: after every job, every minute and at its end. What was removed
here by the command is removed there. Files of this machine alone stay here (tasks.root_files).

Locks hold on one machine. Two that make the same at once send the same bytes, or what one of them
sent last; a seal beside another's artifact shows by its digests, and the artifact is made again.
"""

import logging
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from fcntl import LOCK_EX, flock
from filecmp import cmp
from hashlib import sha256
from itertools import chain
from pathlib import Path
from threading import Event, Thread, get_ident
from typing import Any, NamedTuple

import msgspec

from schemas.dataset_folder import check_root
from schemas.file_digests import Stamp, stamp_of
from schemas.replacing import replacing
from tasks.addresses import ADDRESS, STORE, store_of
from tasks.artifact import move_aside
from tasks.buckets import (
    CHUNK,
    THREADS,
    Bucket,
    answering,
    files_at,
    is_bucket,
    mark_of,
    open_bucket,
)
from tasks.root_files import folder_of, in_turns, shared_files, whole_folders, without_parts
from tasks.turns import clearing_root

RECORD, LOCK, ARRIVING = "files.json", "lock", "arriving"
EVERY_SECONDS = 60.0
"""Between two sendings while a command works: what a machine that is lost takes with it."""
WRITTEN = ("LastModified", "mtime", "updated")
"""What stores call the time at which a file arrived."""
logger = logging.getLogger(__name__)


class InStep(NamedTuple):
    """A file that was the same here and there: the store's mark and this machine's stamp of it."""

    mark: str
    stamp: Stamp


Record = dict[str, InStep]


def open_root(text: str | Path) -> Path:
    """The folder of a root: itself, or the copy of one at an address. ValueError where it can be
    none."""
    address = str(text)
    if isinstance(text, Path) or "://" not in address:
        return check_root(Path(text))
    if not is_bucket(address):
        raise ValueError(
            "--root is an address of another kind than s3://BUCKET/PREFIX or gs://BUCKET/PREFIX: "
            "name one of these, or a folder"
        )
    address = f"{address.partition('://')[0]}://{open_bucket(address).prefix}"
    root = check_root(_copies() / sha256(address.encode()).hexdigest()[:16])
    if store_of(root) is None:
        with replacing(root / STORE / ADDRESS) as written:
            written.write_text(f"{address}\n", encoding="utf-8")
    return root


def _copies() -> Path:
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    cache = named if named.is_absolute() else Path.home() / ".cache"
    return cache / "spatialthinker" / "roots"


_used: set[Path] = set()


@contextmanager
def in_step(root: Path) -> Iterator[None]:
    """For a command, or a flow that a deployment started: before the block the root has what its
    store has, afterwards the store has what the root has, however the block ends. RuntimeError
    where the store fails. Does nothing for a root of this machine."""
    if store_of(root) is None:
        yield
        return
    bring(root)
    _used.add(root)
    ended = Event()
    Thread(target=_send_meanwhile, args=(root, ended), daemon=True).start()
    try:
        yield
    except BaseException:
        _send_or_warn(root)  # what ended the block is what is to be reported
        raise
    finally:
        ended.set()
        _used.discard(root)
    if number := send(root):
        logger.info("%s: %s sent", store_of(root), _files(number))


def _send_meanwhile(root: Path, ended: Event) -> None:
    while not ended.wait(EVERY_SECONDS):
        _send_or_warn(root)


def _send_or_warn(root: Path) -> None:
    try:
        send(root)
    except (RuntimeError, OSError) as error:
        logger.warning("%s", error)


def send_used() -> None:
    """Send what the roots of the command under way have: a signal ends it in a few seconds."""
    for root in [*_used]:
        _send_or_warn(root)


def bring(root: Path) -> int:
    """Have the copy hold what its store holds, and say how many files were brought. What was
    changed here since, and not there, stays; what was changed on both sides is set aside here."""
    address = str(store_of(root))
    bucket = open_bucket(address)
    with answering(address):
        listed = files_at(bucket, bucket.prefix)
    there = {name: listed[name] for name in without_parts(listed)}
    with _alone(root) as record:
        _remove_here(root, record, there)
        wanted = [
            name
            for name, about in there.items()
            if name not in record
            or record[name].mark != mark_of(about)
            or not (root / name).exists()
        ]

        def fetch(name: str) -> InStep | None:
            return _fetch(bucket, root, name, there[name], record.get(name))

        # Not beside its place, as a partial file is: one of a crash would be a stray of a dataset.
        shutil.rmtree(root / STORE / ARRIVING, ignore_errors=True)
        (root / STORE / ARRIVING).mkdir()
        with answering(address):
            for names in in_turns(wanted):
                _by_chunks(root, record, names, fetch)
    if wanted:
        logger.info("%s: %s brought", address, _files(len(wanted)))
    return len(wanted)


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number:,} files"


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
            if folder_of(name) in pruned or not _is_changed(place, known):
                place.unlink(missing_ok=True)
                _remove_empty(place.parent, root)
        for folder in pruned:
            shutil.rmtree(root / folder, ignore_errors=True)
            _remove_empty((root / folder).parent, root)


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
        logger.warning("%s was changed here and in its store: set aside here", place)
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
        new = [name for name, stamp in here.items() if not _is_known(record.get(name), stamp)]
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


def _is_known(known: InStep | None, stamp: Stamp) -> bool:
    return known is not None and known.stamp == stamp


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
        flock(lock, LOCK_EX)
        try:
            record = msgspec.json.decode((root / STORE / RECORD).read_bytes(), type=Record)
        except (FileNotFoundError, ValueError):  # a damaged one: all files are compared
            record = {}
        yield record


def _write(root: Path, record: Record) -> None:
    with replacing(root / STORE / RECORD, is_durable=False) as written:
        written.write_bytes(msgspec.json.encode(record))
