"""A file under way: `<name>.part`, and in `<name>.part.json` the version it belongs to."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from tasks.download.archive import Archive
from tasks.download.record import write_json


@dataclass(frozen=True, slots=True)
class Version:
    """Which file a part belongs to: a strong ETag or a Last-Modified, and its whole length."""

    url: str
    validator: str | None
    total: int | None


def file_size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


class Part:
    """`<name>.part` and the version it belongs to, on disk."""

    def __init__(self, folder: Path, archive: Archive) -> None:
        self.url = archive.url
        self.path = folder / f"{archive.name}.part"
        self.version_path = folder / f"{archive.name}.part.json"

    def version(self) -> Version | None:
        """None where the part is of another address: its ETag says nothing about this one."""
        try:
            version = msgspec.json.decode(self.version_path.read_bytes(), type=Version)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        return version if version.url == self.url else None

    def restart(self, version: Version) -> None:
        # Emptied first: a kill between the two must not give old bytes a new version.
        self.path.open("wb").close()
        write_json(self.version_path, version)

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self.version_path.unlink(missing_ok=True)
