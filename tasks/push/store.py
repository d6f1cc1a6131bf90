"""Stores: the folder, bucket or repository that a dataset is sent to.

Keys are read from the environment by the store's own client; no message repeats one.
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any, Protocol

import fsspec

from schemas.printable import first_line, printable
from schemas.replacing import replacing
from tasks.chat.redaction import redacted, remember_key

HUB = "hub:"
"""Begins the address of a repository of the Hugging Face Hub."""
REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
BUCKETS = {"s3": "s3fs", "gs": "gcsfs"}
"""The schemes of addresses that are no folder, and the package that each of them needs."""
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Variables of the environment that hold keys; Google's are in files."""


class PlaceRefusedError(ValueError):
    """A place that answers, and is not to be sent to."""


class Store(Protocol):
    """Where files are kept, by their names below one address; names have slashes."""

    @property
    def batch(self) -> int:
        """Files that are sent at once, at most."""

    def names(self) -> list[str]:
        """Of all files there."""

    def digest(self, name: str) -> str | None:
        """The SHA-256 of a file, which is read for it; None where it is not there."""

    def send(self, files: Mapping[str, Path]) -> None:
        """Files of this machine by their names there; each is there whole, or not at all."""


@dataclass(frozen=True, slots=True)
class Folder:
    place: Path
    batch: int = 1

    def names(self) -> list[str]:
        found = (path for path in self.place.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.place).as_posix() for path in found)

    def digest(self, name: str) -> str | None:
        try:
            with (self.place / name).open("rb") as stream:
                return file_digest(stream, "sha256").hexdigest()
        except FileNotFoundError:
            return None

    def send(self, files: Mapping[str, Path]) -> None:
        for name, path in files.items():
            with replacing(self.place / name) as partial:
                shutil.copyfile(path, partial)


@dataclass(frozen=True, slots=True)
class Bucket:
    """`files` is fsspec's file system, `prefix` the bucket and what names in it begin with."""

    files: Any
    prefix: str
    batch: int = 1

    def names(self) -> list[str]:
        return sorted(
            found.removeprefix(f"{self.prefix}/") for found in self.files.find(self.prefix)
        )

    def digest(self, name: str) -> str | None:
        try:
            with self.files.open(f"{self.prefix}/{name}", "rb") as stream:
                return file_digest(stream, "sha256").hexdigest()
        except FileNotFoundError:
            return None

    def send(self, files: Mapping[str, Path]) -> None:
        for name, path in files.items():
            self.files.put_file(str(path), f"{self.prefix}/{name}")


def open_store(to: str, *, is_public: bool = False) -> Store:
    """The store at an address. ValueError where it is none, or a package is missing. With
    `is_public`, a repository of the Hub is, or becomes, public."""
    if to.startswith(HUB):
        return _open_hub(to.removeprefix(HUB), is_public)
    if is_public:
        raise ValueError(f"--public is for {HUB} alone: elsewhere the store decides who may read")
    scheme, is_address, rest = to.partition("://")
    if not is_address:
        place = Path(to).expanduser()
        there = next(one for one in (place, *place.absolute().parents) if one.exists())
        if not there.is_dir():
            raise ValueError(f"{there} is a file: name a folder")
        return Folder(place)
    if scheme not in BUCKETS:
        raise ValueError(
            f"{printable(scheme)}:// is no store that is known: name a folder, s3://BUCKET/PREFIX, "
            "gs://BUCKET/PREFIX or hub:NAME"
        )
    prefix = rest.strip("/")
    if not re.fullmatch(r"[\w.-]+(/[^/@?#]+)*", prefix):
        raise ValueError(
            f"{scheme}:// is followed by something else than BUCKET/PREFIX: keys are read from the "
            "environment, never from an address"
        )
    for name in KEYS:
        remember_key(os.environ.get(name, ""))
    try:
        # What another process has sent meanwhile is looked up, not remembered.
        files = fsspec.filesystem(scheme, use_listings_cache=False, skip_instance_cache=True)
    except ImportError:
        raise ValueError(
            f"{scheme}:// needs one more package: pip install {BUCKETS[scheme]}"
        ) from None
    return Bucket(files, prefix)


def _open_hub(name: str, is_public: bool) -> Store:
    if not REPOSITORY.fullmatch(name):
        raise ValueError(
            f"{HUB} is followed by something else than NAME or OWNER/NAME: the token is read from "
            "the environment, never from an address"
        )
    try:
        from tasks.push.hub import open_hub
    except ImportError:
        raise ValueError(f"{HUB} needs one more package: pip install huggingface_hub") from None
    return open_hub(name, is_public=is_public)


@contextmanager
def answering(to: str) -> Iterator[None]:
    """RuntimeError of one line, without keys, where the store fails in the block."""
    try:
        yield
    except PlaceRefusedError:
        raise
    except Exception as error:  # of many kinds, by the store's client
        told = redacted(printable(first_line(error)))
        raise RuntimeError(
            f"{to} failed ({type(error).__name__}: {told}): correct what it says and run the same "
            "command, which goes on from here"
        ) from None
