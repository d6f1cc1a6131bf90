"""Archives: what was published about a file, and whether the file here agrees with it."""

import hashlib
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from tasks.download.record import RECORD, Received


@dataclass(frozen=True, slots=True)
class Archive:
    """A file to fetch; `size` (bytes) and `sha256` (hex) are None where nobody published them."""

    name: str
    url: str
    size: int | None
    sha256: str | None

    def __post_init__(self) -> None:
        if not self.name.strip(". ") or set(self.name) & set("/\\\0") or self.name == RECORD:
            raise ValueError(f"archive name {self.name!r} is not a plain file name: rename it")


def disagreement(archive: Archive, size: int, sha256: str | None) -> str | None:
    """How a file differs from what was published, or None."""
    if archive.size is not None and size != archive.size:
        return f"has {size} bytes instead of {archive.size}"
    if sha256 is not None and archive.sha256 is not None and sha256 != archive.sha256:
        return f"has sha256 {sha256} instead of {archive.sha256}"
    return None


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def examine(path: Path, name: str, archive: Archive) -> Received:
    """The file as it lies there; ValueError, saying what is wrong, where it is not the archive."""
    stat = path.stat()
    wrong = disagreement(archive, stat.st_size, None)
    if wrong is None and archive.name.endswith(".zip") and not zipfile.is_zipfile(path):
        wrong = f"is not a zip archive ({stat.st_size} bytes)"
    sha256 = "" if wrong else file_digest(path)
    if wrong := wrong or disagreement(archive, stat.st_size, sha256):
        raise ValueError(f"{name} {wrong}")
    return Received(archive.url, stat.st_size, sha256, stat.st_mtime_ns)


def examine_finished(
    path: Path, archive: Archive, recorded: Received | None, verify: bool
) -> Received:
    """The record of a file that is already there.

    It is read again only where `verify` asks for it or where its size or time is not as recorded.
    A wrong file is an error, never replaced: it may be the user's own.
    """
    stat = path.stat()
    expected = replace(archive, url=recorded.url) if recorded else archive
    if recorded and disagreement(archive, recorded.size, recorded.sha256) is None:
        seen = (stat.st_size, stat.st_mtime_ns)
        if seen == (recorded.size, recorded.modified_ns) and not verify:
            return recorded
        expected = replace(expected, size=recorded.size, sha256=recorded.sha256)
    try:
        return examine(path, str(path), expected)
    except ValueError as error:
        raise ValueError(f"{error}: delete it and run again") from error
