"""Stores: the folder, bucket or repository that a dataset is sent to."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Protocol

from schemas.replacing import replacing
from tasks.addresses import ADDRESS
from tasks.buckets import Bucket, is_bucket, open_bucket

HUB = "hub:"
"""Begins the address of a repository of the Hugging Face Hub."""
REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


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
class BucketStore:
    bucket: Bucket
    batch: int = 1

    def names(self) -> list[str]:
        return sorted(
            found.removeprefix(f"{self.bucket.prefix}/")
            for found in self.bucket.files.find(self.bucket.prefix)
        )

    def digest(self, name: str) -> str | None:
        try:
            with self.bucket.files.open(f"{self.bucket.prefix}/{name}", "rb") as stream:
                return file_digest(stream, "sha256").hexdigest()
        except FileNotFoundError:
            return None

    def send(self, files: Mapping[str, Path]) -> None:
        for name, path in files.items():
            self.bucket.files.put_file(str(path), f"{self.bucket.prefix}/{name}")


def open_store(to: str, *, is_public: bool = False) -> Store:
    """The store at an address. ValueError where it is none, or a package is missing. With
    `is_public`, a repository of the Hub is, or becomes, public."""
    if to.startswith(HUB):
        return _open_hub(to.removeprefix(HUB), is_public)
    if is_public:
        raise ValueError(f"--public is for {HUB} alone: elsewhere the store decides who may read")
    if is_bucket(to):
        return BucketStore(open_bucket(to))
    if not to.strip():
        raise ValueError("it is not said where to: name a folder, s3://BUCKET/PREFIX or hub:NAME")
    if begin := ADDRESS.match(to):  # without the rest, which may hold a key
        raise ValueError(
            f"{begin[0]} is no store that is known: name a folder, s3://BUCKET/PREFIX, "
            "gs://BUCKET/PREFIX or hub:NAME"
        )
    place = Path(to).expanduser()
    if ":" in place.parts[0] and not Path(place.parts[0]).exists():  # as rsync and scp take it
        raise ValueError(
            "what stands before the colon is no store that is known: name a folder of this "
            "machine, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or hub:NAME"
        )
    there = next(one for one in (place, *place.absolute().parents) if one.exists())
    if not there.is_dir():
        raise ValueError(f"{there} is a file: name a folder")
    return Folder(place)


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
