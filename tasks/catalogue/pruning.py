"""Pruning: what is below a root that no kept dataset needs.

Kept are the newest builds of each name, and those that have a tag. Needed are the artifacts that
their manifests name, the replies that these name, the trainings on them, and their pass rates. Only
what this program is known to have written is looked at: other files, links, and what evaluations
have made stay.
"""

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from fcntl import LOCK_NB, LOCK_SH, flock
from pathlib import Path
from typing import Any, NamedTuple

from schemas.dataset_folder import REJECTED, builds_below, read_manifest
from schemas.dataset_tags import all_tags
from schemas.difficulty import FOLDER as DIFFICULTIES
from schemas.replacing import PARTIAL, partial_of
from tasks.artifact import SEAL, digest_of
from tasks.catalogue.entries import size_of
from tasks.catalogue.unneeded_replies import OldReplies, delete_replies, find_old_replies
from tasks.writing import remove_partials

Manifest = dict[str, Any]


class Unneeded(NamedTuple):
    """Files and folders that belong together, below the root."""

    kind: str
    name: str
    paths: tuple[Path, ...]
    num_bytes: int


class Pruning(NamedTuple):
    """What would be deleted, what is kept, and what is left alone for which reason."""

    entries: list[Unneeded]
    replies: OldReplies
    kept: list[str]
    notes: list[str]

    @property
    def num_bytes(self) -> int:
        return sum(entry.num_bytes for entry in self.entries) + self.replies.num_bytes


class Kept(NamedTuple):
    manifests: dict[str, Manifest]
    """By NAME/DIGEST."""
    newest: dict[str, float]
    """When the newest build of each name was published, in seconds since 1970."""


def plan_pruning(root: Path, stages: Sequence[str], keep: int) -> Pruning:
    """`stages` are those of builds; the `keep` newest builds of each name are kept. ValueError
    where a tag or the manifest of a kept dataset cannot be read: what it needs is not known."""
    kept = kept_datasets(root, keep)
    notes: list[str] = []
    entries = [
        *_datasets(root, kept.manifests),
        *_runs(root, kept.manifests, notes),
        *_pass_rates(root, kept.manifests),
        *_artifacts(root, stages, kept.manifests),
        *_rejected(root),
        *_damaged(root),
    ]
    inside = root.resolve()
    found = []
    for entry in entries:
        if all(_is_below(path, inside) for path in entry.paths):
            found.append(entry)
        else:
            notes.append(f"{entry.paths[0]} is a link, or behind one: left alone")
    replies = find_old_replies(root, kept.manifests, kept.newest)
    notes += [replies.note] if replies.note else []
    return Pruning(found, replies, sorted(kept.manifests), notes)


def kept_datasets(root: Path, keep: int) -> Kept:
    tagged = set()
    for tag in all_tags(root):
        if tag.problem:
            mend = (
                "set the tag again, or remove it, with spatialthinker tag"
                if tag.tag
                else "put the folder of tags back in its place"
            )
            raise ValueError(
                f"{tag.problem}: {mend}; until then it is not known what has to be kept"
            )
        tagged.add(f"{tag.name}/{tag.digest}")
    seen: defaultdict[str, int] = defaultdict(int)
    manifests: dict[str, Manifest] = {}
    newest: dict[str, float] = {}
    for folder in builds_below(root):
        name = folder.parent.name
        newest.setdefault(name, (folder / "manifest.json").stat().st_mtime)
        if seen[name] < keep or f"{name}/{folder.name}" in tagged:
            manifests[f"{name}/{folder.name}"] = _manifest(folder)
        seen[name] += 1
    return Kept(manifests, newest)


def _manifest(folder: Path) -> Manifest:
    try:
        return read_manifest(folder)
    except ValueError as error:
        raise ValueError(
            f"nothing can be pruned while it is not known what {folder} needs: {error}, or remove "
            "the folder"
        ) from None


def _is_below(path: Path, inside: Path) -> bool:
    """Whether a path, no link itself, leads to no place outside."""
    return not path.is_symlink() and path.resolve().is_relative_to(inside)


def _unneeded(kind: str, name: str, *paths: Path) -> Unneeded:
    return Unneeded(kind, name, paths, sum(size_of(path) for path in paths))


def _datasets(root: Path, kept: Collection[str]) -> Iterator[Unneeded]:
    for folder in sorted(builds_below(root)):
        name = f"{folder.parent.name}/{folder.name}"
        if name not in kept:
            record = f"dataset-{folder.parent.name}-{folder.name}.json"
            told = root / "artifacts" / "announced" / record
            yield _unneeded("dataset", name, folder, *([told] if told.is_file() else []))


def _runs(root: Path, kept: Collection[str], notes: list[str]) -> Iterator[Unneeded]:
    for folder in sorted((root / "runs").glob("*/*")):
        if PARTIAL in folder.name or not folder.is_dir():
            continue
        dataset = _trained_on(folder)
        if dataset is None:
            notes.append(f"{folder} does not say which dataset it trains on: left alone")
        elif dataset in kept or not (root / "datasets" / dataset.partition("/")[0]).is_dir():
            continue
        elif _is_locked(folder / "lock"):
            notes.append(f"{folder} is being trained: left alone")
        else:
            yield _unneeded("run", f"{folder.parent.name}/{folder.name}", folder)


def _pass_rates(root: Path, kept: Collection[str]) -> Iterator[Unneeded]:
    """Those of datasets of this root; others may be kept elsewhere."""
    for folder in sorted((root / DIFFICULTIES).glob("*/*")):
        name = f"{folder.parent.name}/{folder.name}"
        if (
            folder.is_dir()
            and name not in kept
            and (root / "datasets" / folder.parent.name).is_dir()
        ):
            yield _unneeded("rates", name, folder)


def _trained_on(run: Path) -> str | None:
    """NAME/DIGEST; earlier releases wrote a path that ends in it."""
    try:
        dataset = json.loads((run / "config.json").read_bytes())["data"]["dataset"]
        name, digest = Path(dataset).parts[-2:]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return f"{name}/{digest}"


def _is_locked(path: Path) -> bool:
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        flock(number, LOCK_SH | LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(number)
    return False


def _artifacts(root: Path, stages: Sequence[str], kept: dict[str, Manifest]) -> Iterator[Unneeded]:
    for stage in stages:
        needed = {
            digest
            for manifest in kept.values()
            for digest in manifest["stages"].get(stage, {"recipe": ""})["recipe"].split("+")
        }
        made: defaultdict[str, list[Path]] = defaultdict(list)
        for path in sorted((root / "artifacts" / stage).glob("*")):
            if PARTIAL not in path.name:  # a build's own to remove
                made[digest_of(path)].append(path)
        for digest, paths in made.items():
            is_needed = digest in needed or (stage == "publish" and _names_one(paths, kept))
            if not is_needed:
                # Unsealed first: what is deleted in part is no artifact.
                paths.sort(key=lambda path: not path.name.endswith(SEAL))
                yield _unneeded("artifact", f"{stage}/{digest}", *paths)


def _names_one(paths: Sequence[Path], kept: Collection[str]) -> bool:
    """Whether an artifact of publish names a kept dataset."""
    for path in paths:
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            place: str = json.loads(path.read_bytes())["dataset"]
            if place.removeprefix("datasets/") in kept:
                return True
    return False


def _rejected(root: Path) -> Iterator[Unneeded]:
    for folder in sorted((root / REJECTED).glob("*/*")):
        if PARTIAL not in folder.name:
            yield _unneeded("rejected", f"{folder.parent.name}/{folder.name}", folder)


def _damaged(root: Path) -> Iterator[Unneeded]:
    for path in sorted((root / "damaged").glob("*")):
        yield _unneeded("damaged", path.name, path)


def prune(root: Path, planned: Pruning) -> None:
    """Delete what was planned, and what one that was killed has left; the caller holds the root.
    What is deleted disappears by rename: it is never there in part under its name."""
    remove_partials(root)
    for entry in planned.entries:
        for path in entry.paths:
            _delete(path)
        with suppress(OSError):
            if entry.kind in ("run", "rates"):
                entry.paths[0].parent.rmdir()
    delete_replies(root, planned.replies)


def _delete(path: Path) -> None:
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    partial = partial_of(path)
    path.rename(partial)
    shutil.rmtree(partial)
