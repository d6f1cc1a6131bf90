"""Buckets: addresses of object stores, s3:// and gs://, through fsspec.

Keys are read from the environment by the store's own client; no message repeats one.
"""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import fsspec

from schemas.printable import first_line, printable
from tasks.chat.redaction import redacted, remember_key

PACKAGES = {"s3": "s3fs", "gs": "gcsfs"}
"""The schemes of addresses, and the package that each of them needs."""
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Variables of the environment that hold keys; Google's are in files."""


class PlaceRefusedError(ValueError):
    """A place that answers, and is not what is asked for."""


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
    if not re.fullmatch(r"[\w.-]+(/[^/@?#]+)*", prefix):
        raise ValueError(
            f"{scheme}:// is followed by something else than BUCKET/PREFIX: keys are read from the "
            "environment, never from an address"
        )
    # Google's logs the traceback of what it raises, which becomes one line here.
    logging.getLogger(PACKAGES[scheme]).setLevel(logging.CRITICAL)
    for name in KEYS:
        remember_key(os.environ.get(name, ""))
    try:
        # What another process has sent meanwhile is looked up, not remembered.
        files = fsspec.filesystem(scheme, use_listings_cache=False, skip_instance_cache=True)
    except ImportError:
        raise ValueError(
            f"{scheme}:// needs one more package: pip install {PACKAGES[scheme]}"
        ) from None
    return Bucket(files, prefix)


@contextmanager
def answering(address: str) -> Iterator[None]:
    """RuntimeError of one line, without keys, where the store fails in the block."""
    try:
        yield
    except PlaceRefusedError:
        raise
    except Exception as error:  # of many kinds, by the store's client
        told = redacted(printable(first_line(error)))
        raise RuntimeError(
            f"{address} failed ({type(error).__name__}: {told}): correct what it says and run the "
            "same command, which goes on from here"
        ) from None
