"""Whole: whether the folder of a report still holds what was written to it."""

import json
from hashlib import file_digest
from pathlib import Path

from schemas.file_digests import digest_store, file_digests

EVALUATION = "evaluation.json"
"""The file of a report that says for programs what it is about, and which files it has."""
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


def files_of(folder: Path) -> dict[str, str]:
    """The digest of each file of a report that is being written, by name."""
    found = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as stream:
            found[path.name] = file_digest(stream, "sha256").hexdigest()
    return found


def is_whole(folder: Path, root: Path) -> bool:
    """Whether a report has the files that it names, as they were; others may lie beside them."""
    try:
        told = json.loads((folder / EVALUATION).read_bytes())["files"]
        paths = {folder / name: digest for name, digest in told.items()}
        return file_digests(paths, digest_store(root)) == paths
    except UNREADABLE:
        return False
