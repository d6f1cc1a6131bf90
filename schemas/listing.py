"""Listing: what is in folders. Path.glob and rglob leave out a folder that this user may not look
into, as if it were empty: a list of benchmarks that is not there refuses no dataset."""

import errno
import os
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


def walked(folder: Path) -> list[Path]:
    """Everything below a folder, sorted, without following links; nothing where no folder is.
    OSError names one that cannot be listed."""

    def refuse(error: OSError) -> None:
        if error.errno not in NO_FOLDER:
            raise error

    found = os.walk(folder, onerror=refuse)
    return sorted(Path(place, name) for place, *names in found for name in (*names[0], *names[1]))
