"""Digests of files, remembered: a file is read again only where its stamp has changed.

Size and time of change alone do not show an edit of equal length whose time was set back, as copies
that preserve times do: the inode and the time of its own last change, which nobody can set, do."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import file_digest
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import msgspec

from schemas.replacing import replacing

_writing = Lock()


class Stamp(NamedTuple):
    """Sizes in bytes, times in nanoseconds."""

    size: int
    modified: int
    changed: int
    inode: int


def digest_store(root: Path) -> Path:
    """Where the digests of a build's files are remembered."""
    return root / "artifacts" / "file_digests.json"


def file_digests(paths: Iterable[Path], store: Path) -> dict[Path, str]:
    """The SHA-256 of each file's bytes. FileNotFoundError where one is missing."""
    with _writing:
        return _file_digests(list(paths), store)


def _file_digests(paths: list[Path], store: Path) -> dict[Path, str]:
    known: dict[str, tuple[Stamp, str]] = {}
    if store.exists():
        with suppress(ValueError):  # a damaged store only means that contents are read again
            known = msgspec.json.decode(store.read_bytes(), type=dict[str, tuple[Stamp, str]])
    places = {path: str(path.resolve()) for path in paths}
    stamps = {path: stamp_of(path) for path in paths}
    changed = [path for path in paths if known.get(places[path], (None, ""))[0] != stamps[path]]
    if changed:
        with ThreadPoolExecutor() as threads:
            contents = list(threads.map(_digest, changed))
        for path, content in zip(changed, contents, strict=True):
            known[places[path]] = (stamps[path], content)
        # What cannot be remembered, for example on a full or read-only disk, is only read again.
        with suppress(OSError), replacing(store, is_durable=False) as partial:
            partial.write_bytes(msgspec.json.encode(known))
    return {path: known[places[path]][1] for path in paths}


def stamp_of(path: Path) -> Stamp:
    status = path.stat()
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return file_digest(stream, "sha256").hexdigest()
    except OSError as error:  # that of a disk, in the middle of a file, does not name it
        error.filename = error.filename or str(path)
        raise
