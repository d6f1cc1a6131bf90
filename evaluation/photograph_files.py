"""Photograph files: those that rows name, in a folder or in zip archives in it."""

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from threading import Lock

from schemas.listing import walked
from schemas.photographs import ENDINGS
from schemas.refusal import what_helps

MAX_BYTES = 256 << 20
"""Of one file: far more than any photograph has, and little enough to be read at once."""
LONGEST = 255
"""Bytes of a file's name, the limit of common file systems: a longer text is not a name."""
SUFFIXES = (*ENDINGS, ".bmp", ".gif", ".tif", ".tiff")
"""Of names of images. Not all are decoded: see schemas.photographs."""
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)
"""What reading an archive raises; RuntimeError where it is encrypted or its compression unknown."""


@dataclass(slots=True)
class PhotographFiles:
    """Names are relative to `base`, and lead only to files below `within`. Thread-safe."""

    base: Path
    within: Path
    _members: dict[str, tuple[Path, str]] | None = None
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def files(self) -> list[Path]:
        """Photographs and archives, sorted."""
        wanted = (*SUFFIXES, ".zip")
        found = (path for path in walked(self.base) if path.suffix.lower() in wanted)
        return [path for path in found if path.is_file()]

    def read(self, name: str) -> bytes | None:
        """None where no file has that name. ValueError where the name leads out of the folder, or
        the file cannot be read."""
        inner = PurePosixPath(name.replace("\\", "/"))
        if "\0" in name or any(len(part.encode()) > LONGEST for part in inner.parts):
            return None
        path = self.base / inner
        if inner.is_absolute() or ".." in inner.parts:
            raise ValueError(f"the photograph {name[:80]} lies outside of the copy")
        if path.is_file():
            if not path.resolve().is_relative_to(self.within.resolve()):
                raise ValueError(f"the photograph {name[:80]} is a link that leads out of the copy")
            if path.stat().st_size > MAX_BYTES:
                raise ValueError(f"the photograph {name[:80]} has more than {MAX_BYTES >> 20} MiB")
            return path.read_bytes()
        found = self._archived().get(str(inner)) or self._archived().get(f"*/{inner}")
        return _member(*found) if found else None

    def _archived(self) -> Mapping[str, tuple[Path, str]]:
        """Members of the archives by name, and by `*/` and the name without its first folder."""
        with self._lock:
            if self._members is None:
                members: dict[str, tuple[Path, str]] = {}
                for archive in sorted(self.base.glob("*.zip")):
                    for name in _names(archive):
                        members.setdefault(name, (archive, name))
                        members.setdefault(f"*/{name.partition('/')[2]}", (archive, name))
                self._members = members
            return self._members


def _names(archive: Path) -> list[str]:
    try:
        with zipfile.ZipFile(archive) as opened:
            return [name for name in opened.namelist() if name.lower().endswith(SUFFIXES)]
    except DAMAGED as error:
        helps = what_helps(error, "get it again")
        raise ValueError(f"{archive} cannot be read ({error}): {helps}") from None


def _member(archive: Path, name: str) -> bytes:
    try:
        with zipfile.ZipFile(archive) as opened:
            if opened.getinfo(name).file_size > MAX_BYTES:
                raise ValueError(f"the photograph {name[:80]} has more than {MAX_BYTES >> 20} MiB")
            return opened.read(name)
    except DAMAGED as error:
        raise ValueError(f"{name} in {archive} cannot be read ({error}): get it again") from None
