"""Listing: what is in folders. Path.glob leaves out a folder that this user may not look into, as
if it were empty: a list of benchmarks that is not there refuses no dataset."""

import errno
from fnmatch import filter as named
from pathlib import Path

NO_FOLDER = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
"""What the system says where none is: nothing, a file, or a link that leads to itself."""


def listed(folder: Path, pattern: str) -> list[Path]:
    """What the pattern names below a folder, sorted, each `/` one folder deeper; nothing where no
    folder is. OSError names one on the way that cannot be listed."""
    first, _, rest = pattern.partition("/")
    try:
        names = named((place.name for place in folder.iterdir()), first)
    except OSError as error:
        if error.errno in NO_FOLDER:
            return []
        raise
    found = [folder / name for name in sorted(names)]
    return [inside for place in found for inside in listed(place, rest)] if rest else found
