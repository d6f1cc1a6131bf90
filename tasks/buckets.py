"""Buckets: addresses of object stores, s3:// and gs://, through fsspec.

Keys are read from the environment by the store's own client; no message repeats one.
"""

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import fsspec

from schemas.printable import first_line, printable
from schemas.redaction import redacted, remember_key

PACKAGES = {"s3": "s3fs", "gs": "gcsfs"}
"""The schemes of addresses, and the package that each of them needs."""
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Variables of the environment that hold keys; Google's are in files."""
SERVERS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "STORAGE_EMULATOR_HOST")
"""Variables that name another server than the usual one."""
PLACE = re.compile(r"\w[\w.-]*(/[^/@?#\x00-\x1f\x7f]+)*")
"""A bucket and a prefix."""
MARKS = ("ETag", "etag", "md5Hash", "generation", "LastModified", "mtime")
"""What stores say of a file's content, the surest first."""
THREADS = 8
"""Files that are moved at once: most are small photographs, and each is awaited."""
CHUNK = 500
"""Files after which what was moved is recorded: what a crash costs."""


class PlaceRefusedError(ValueError):
    """A place that answers, and is not what is asked for."""


class StoreFailedError(RuntimeError):
    """A store does not answer, or not well: it may do so later."""


class Bucket(NamedTuple):
    """`files` is fsspec's file system, `prefix` the bucket and what names in it begin with."""

    files: Any
    prefix: str


def is_bucket(address: str) -> bool:
    return address.partition("://")[0] in PACKAGES and "://" in address


def open_bucket(address: str) -> Bucket:
    """What is at an s3:// or gs:// address. ValueError where it is none, or a package is
    missing."""
    scheme, _, rest = address.partition("://")
    prefix = rest.strip("/")
    if not PLACE.fullmatch(prefix) or not {".", ".."}.isdisjoint(prefix.split("/")):
        raise ValueError(
            f"{scheme}:// is followed by something else than BUCKET/PREFIX, where no name holds @, "
            "?, # or a control character, is empty, . or ..: keys are read from the environment, "
            "never from an address"
        )
    for name in KEYS:
        remember_key(os.environ.get(name, ""))
    known = tuple(os.environ.get(name) for name in (*SERVERS, "AWS_PROFILE", *KEYS))
    try:
        files = _file_system(scheme, os.getpid(), known)
    except ImportError:
        raise ValueError(
            f"{scheme}:// needs one more package: pip install {PACKAGES[scheme]}"
        ) from None
    return Bucket(files, prefix)


@lru_cache(maxsize=4)
def _file_system(scheme: str, process: int, known: tuple[str | None, ...]) -> Any:
    """One of a process: to open one takes a third of a second, and a fork has to open its own.
    `known` are the variables of the environment that it reads."""
    # Google's logs the traceback of what it raises, which becomes one line here.
    logging.getLogger(PACKAGES[scheme]).setLevel(logging.CRITICAL)
    # What another process has sent meanwhile is looked up, not remembered.
    return fsspec.filesystem(scheme, use_listings_cache=False, skip_instance_cache=True)


def server_of(scheme: str) -> str:
    """The server that the environment names in place of the usual one of the addresses; empty where
    it names none."""
    names = SERVERS[:2] if scheme == "s3" else SERVERS[2:]
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


def files_at(bucket: Bucket, above: str) -> dict[str, Mapping[str, Any]]:
    """What the store says of each file at the prefix, by its name below `above`. Objects that stand
    for folders are left out. PlaceRefusedError where a name would lead elsewhere."""
    found = bucket.files.find(bucket.prefix, detail=True)
    return {
        _name_below(above, place): about
        for place, about in found.items()
        if not place.endswith("/")
    }


def _name_below(above: str, place: str) -> str:
    name = place.removeprefix(f"{above}/")
    is_plain = all(char >= " " and char != "\x7f" for char in name)
    if not is_plain or not {"", ".", ".."}.isdisjoint(name.split("/")):
        raise PlaceRefusedError(
            f"{printable(place)} is no name of a file below {above}: rename it there"
        )
    return name


def mark_of(about: Mapping[str, Any]) -> str:
    """Changes where the content of a file does, as far as the store says."""
    mark = next((str(about[name]) for name in MARKS if about.get(name)), "")
    return f"{about['size']} {mark}"


@contextmanager
def answering(address: str) -> Iterator[None]:
    """StoreFailedError of one line, without keys, where the store fails in the block."""
    try:
        yield
    except PlaceRefusedError:
        raise
    except Exception as error:  # of many kinds, by the store's client
        told = redacted(printable(first_line(error)))
        raise StoreFailedError(
            f"{address} failed ({type(error).__name__}: {told}): correct what it says and run the "
            "same command, which goes on from here"
        ) from None
