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
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread

from schemas.dataset_folder import check_root
from schemas.replacing import FULL, replacing
from tasks.addresses import ADDRESS_FILE, STORE, is_address, store_of
from tasks.buckets import is_bucket, open_bucket, server_of
from tasks.root_transfer import LOCK, bring, send

EVERY_SECONDS = 60.0
"""Between two sendings while a command works: what a machine that is lost takes with it."""
logger = logging.getLogger(__name__)


def open_root(text: str | Path) -> Path:
    """The folder of a root: itself, or the copy of one at an address. ValueError where it can be
    none."""
    address = str(text)
    if isinstance(text, Path) or not is_address(address):
        return check_root(Path(text))
    if not is_bucket(address):
        raise ValueError(
            "--root is an address of another kind than s3://BUCKET/PREFIX or gs://BUCKET/PREFIX: "
            "name one of these, or a folder"
        )
    scheme = address.partition("://")[0]
    address = f"{scheme}://{open_bucket(address).prefix}"
    named = " ".join(filter(None, (server_of(scheme), address)))
    copies = _copies()
    root = copies / sha256(named.encode()).hexdigest()[:16]
    try:
        check_root(root)
        if store_of(root) is None:
            with replacing(root / STORE / ADDRESS_FILE) as written:
                written.write_text(f"{address}\n", encoding="utf-8")
        (root / STORE / LOCK).touch()
    except (ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        reason = error.strerror if isinstance(error, OSError) else str(error).rpartition(": ")[0]
        raise ValueError(
            f"{copies}, which has the copies of stored roots, cannot be used ({reason}): name "
            "another folder with XDG_CACHE_HOME"
        ) from None
    return root


def _copies() -> Path:
    """A folder of this machine."""
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
    if number := bring(root):
        logger.info("%s: %s brought", store_of(root), _files(number))
    ended, is_done = Event(), False
    _used.add(root)
    Thread(target=_send_meanwhile, args=(root, ended), daemon=True).start()
    try:
        yield
        is_done = True
        number = send(root)
    except BaseException as error:
        # What ended the block is reported; a signal leaves a few seconds for what was not sent.
        if not is_done or not isinstance(error, Exception):
            _send_or_warn(root)
        raise
    finally:
        ended.set()
        _used.discard(root)
    if number:
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


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number:,} files"
