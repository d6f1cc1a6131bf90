"""Root files: which files below a root are shared by the machines that use it, and in which order
they are copied, so that no part of something is ever taken for the whole.

Names are those of files below a root, with slashes.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from schemas.dataset_folder import REJECTED
from schemas.dataset_tags import TAGS
from schemas.file_digests import Stamp, stamp_of
from schemas.replacing import PARTIAL
from tasks.artifact import SEAL
from training.checkpoints import LORA_CONFIG, STATE
from training.run_folder import FINAL

SHARED = (
    "artifacts", "benchmark-images", "datasets", "diffs", "difficulty", "draws", "evaluations",
    "images", "models", REJECTED, "reviews", "runs", "sight", TAGS, "trends",
)  # fmt: skip
"""The folders of a root. What else lies beside them in a bucket is of others, for example a root
below this one."""
OF_THIS_MACHINE = (
    "artifacts/file_digests.json", "artifacts/unpack", "artifacts/miniature",
    "artifacts/tiny-model",
)  # fmt: skip
"""What other machines cannot use, or make again from what they have: paths and stamps of files,
copies of what is elsewhere, and folders that say nowhere that they are whole."""
LOCK = "lock"
"""The name of a lock, or its suffix; it holds on one machine."""
WHOLE = {
    ("datasets", "*", "*"): ("manifest.json",),
    (REJECTED, "*", "*"): ("manifest.json",),
    ("models", "*", "*"): ("training.json",),
    ("evaluations", "*", "*"): ("evaluation.json",),
    ("runs", "*", "*", FINAL): ("config.json", LORA_CONFIG),
    ("runs", "*", "*", "checkpoints", "*"): (STATE,),
}
"""Folders that appear whole on one machine, and the files of which one says so elsewhere."""
ANNOUNCED = ("artifacts", "announced")


def is_shared(name: str) -> bool:
    """Whether a file is of all machines, not of this one alone."""
    parts = name.split("/")
    return parts[0] in SHARED and not (
        "/".join(parts[:2]) in OF_THIS_MACHINE
        or parts[-1].rpartition(".")[2] == LOCK
        or any(PARTIAL in part for part in parts)
    )


def folder_of(name: str) -> str:
    """The folder that appears whole with this file in it; empty where there is none."""
    return _folder_of(name.split("/"))[0]


def _folder_of(parts: Sequence[str]) -> tuple[str, Sequence[str]]:
    """That folder, and the files of which one says that it is whole."""
    for pattern, files in WHOLE.items():
        if parts[0] == pattern[0] and len(parts) > len(pattern):
            begin = parts[: len(pattern)]
            if all(one in ("*", part) for one, part in zip(pattern, begin, strict=True)):
                return "/".join(begin), files
    return "", ()


def _says_whole(name: str) -> bool:
    folder, files = _folder_of(name.split("/"))
    return any(name == f"{folder}/{file}" for file in files)


def whole_folders(names: Iterable[str]) -> set[str]:
    """Those folders of the files that are whole."""
    return {folder_of(name) for name in names if _says_whole(name)}


def without_parts(names: Collection[str]) -> set[str]:
    """The files that are shared, but those of folders that are not whole."""
    whole = whole_folders(names)
    return {name for name in names if is_shared(name) and folder_of(name) in {"", *whole}}


def in_turns(names: Iterable[str]) -> list[list[str]]:
    """The files in the order in which they are copied: what says that others are whole comes after
    them. Those of one turn are copied in any order."""
    turns: list[list[str]] = [[], [], [], []]
    for name in sorted(names):
        turns[_turn(name)].append(name)
    return turns


def _turn(name: str) -> int:
    parts = tuple(name.split("/"))
    if parts[0] == TAGS or parts[:2] == ANNOUNCED:
        return 3
    # The artifact of publish names the dataset's folder.
    return 2 if parts[0] == "artifacts" and name.endswith(SEAL) else int(_says_whole(name))


def shared_files(root: Path) -> dict[str, Stamp]:
    """The stamps of the files below a root that are shared. Links are not followed."""
    found = {path.removeprefix(f"{root}/"): stamp for path, stamp in _files(str(root), root)}
    return {name: found[name] for name in without_parts(found)}


def _files(folder: str, root: Path) -> Iterator[tuple[str, Stamp]]:
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:  # moved meanwhile
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                if is_shared(entry.path.removeprefix(f"{root}/")):
                    yield from _files(entry.path, root)
            elif entry.is_file(follow_symlinks=False):
                yield entry.path, stamp_of(Path(entry.path))
        except FileNotFoundError:
            continue
