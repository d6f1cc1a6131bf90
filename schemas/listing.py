"""Listing: what is in folders. Path.glob leaves out a folder that this user may not look into, as
if it were empty: a list of benchmarks that is not there refuses no dataset."""

from fnmatch import filter as named
from pathlib import Path


def listed(folder: Path, pattern: str) -> list[Path]:
    """What the pattern names below a folder, sorted, each `/` one folder deeper; nothing where the
    folder is missing. PermissionError names a folder on the way that this user may not list."""
    first, _, rest = pattern.partition("/")
    try:
        names = named((place.name for place in folder.iterdir()), first)
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = [folder / name for name in sorted(names)]
    return [inside for place in found for inside in listed(place, rest)] if rest else found
