"""Tags: names that people give to a build of a dataset, so that `NAME@TAG` stands for it.

    <root>/tags/<name>/<tag>.json    {"digest": "..."}

A tag names one build until it is moved on purpose: equal names never come to mean another dataset
because somebody built one.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX
from pathlib import Path
from typing import NamedTuple

from schemas.config.names import PLAIN
from schemas.locks import set_lock
from schemas.replacing import make_folder, replacing, sync

TAGS = "tags"
"""The folder of tags below the root."""
SUFFIX = ".json"


class Tag(NamedTuple):
    """`digest` is empty where `problem` says why the tag cannot be read."""

    name: str
    tag: str
    digest: str
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.name}@{self.tag}"


def check_tag(tag: str) -> str:
    """The tag itself; ValueError where it cannot be one."""
    if not PLAIN.fullmatch(tag):
        raise ValueError(
            f"{tag!r} cannot be a tag: use up to 64 of a-z, 0-9, '.', '_' and '-', and begin with "
            "a letter or digit"
        )
    return tag


def _place(name: str, tag: str, root: Path) -> Path:
    return root / TAGS / name / f"{tag}{SUFFIX}"


def read_tag(name: str, tag: str, root: Path) -> Tag | None:
    """None where there is no such tag."""
    place = _place(name, tag, root)
    try:
        digest = json.loads(place.read_bytes())["digest"]
        if not PLAIN.fullmatch(digest):
            raise ValueError("it names no build")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (KeyError, TypeError, RecursionError):
        return Tag(name, tag, "", f"{place} cannot be read (it names no build)")
    except (OSError, ValueError) as error:
        return Tag(name, tag, "", f"{place} cannot be read ({error})")
    return Tag(name, tag, digest)


def tags_of(name: str, root: Path) -> list[Tag]:
    """All tags of a dataset's name, by tag; one without a tag says why they cannot be read."""
    place = root / TAGS / name
    try:
        files = [path for path in _names_in(place) if path.endswith(SUFFIX)]
    except OSError as error:
        return [Tag(name, "", "", f"{place} cannot be read ({error.strerror})")]
    tags = [path.removesuffix(SUFFIX) for path in files]
    return [found for tag in tags if PLAIN.fullmatch(tag) and (found := read_tag(name, tag, root))]


def all_tags(root: Path) -> list[Tag]:
    """All tags below a root, by name and tag; one without a tag says why some cannot be read."""
    place = root / TAGS
    try:
        names = _names_in(place)
    except OSError as error:
        return [Tag("", "", "", f"{place} cannot be read ({error.strerror})")]
    return [tag for name in names if PLAIN.fullmatch(name) for tag in tags_of(name, root)]


def _names_in(folder: Path) -> list[str]:
    """Those of its files and folders, in order; none where nothing is in its place."""
    is_there = os.path.lexists(folder)
    return sorted(path.name for path in folder.iterdir()) if is_there else []


def tagged_digest(name: str, tag: str, root: Path) -> str:
    """The build that `name`@`tag` stands for. FileNotFoundError where there is no such tag,
    ValueError where it is damaged."""
    found = PLAIN.fullmatch(name) and PLAIN.fullmatch(tag) and read_tag(name, tag, root)
    if not found:
        there = tags_of(name, root) if PLAIN.fullmatch(name) else []
        known = [entry.tag for entry in there if entry.tag]
        raise FileNotFoundError(
            f"no tag {tag} of {name} below {root}: "
            + (f"its tags are {', '.join(known)}" if known else "spatialthinker tag sets one")
        )
    if found.problem:
        raise ValueError(
            f"{found.problem}: set it again with spatialthinker tag {name}/DIGEST {tag} --move"
        )
    return found.digest


def set_tag(name: str, tag: str, digest: str, root: Path, *, moves: bool) -> None:
    """Have `name`@`tag` stand for a build, durably. ValueError where it stands for another one and
    `moves` is not set."""
    place = _place(name, check_tag(tag), root)
    with _alone(place.parent):
        found = read_tag(name, tag, root)
        if found and found.digest == digest:
            return
        if found and not moves:
            stands = f"{name}/{found.digest}" if found.digest else "damaged"
            raise ValueError(
                f"{name}@{tag} is {stands}: add --move to have it name {name}/{digest}"
            )
        with replacing(place) as partial:
            partial.write_text(json.dumps({"digest": digest}) + "\n", encoding="utf-8")


def remove_tag(name: str, tag: str, root: Path) -> str:
    """The build that the tag stood for, empty where it was damaged; FileNotFoundError where there
    is no such tag."""
    with suppress(ValueError):
        tagged_digest(name, tag, root)
    place = _place(name, tag, root)
    with _alone(place.parent):
        found = read_tag(name, tag, root)
        place.unlink()
        sync(place.parent)
    return found.digest if found else ""


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Within the block no other process changes the tags in the folder."""
    make_folder(folder)
    number = os.open(folder, os.O_RDONLY)
    try:
        set_lock(number, LOCK_EX)
        yield
    finally:
        os.close(number)
