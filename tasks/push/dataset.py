"""Push: a published dataset is sent to a store, file by file, and read back.

What has arrived with the right digest is not sent again. manifest.json goes last: a folder that has
it is whole. The reviews go along, below `reviews/`.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import NamedTuple

from schemas.dataset_folder import DATA, VALIDATION, check_dataset
from schemas.replacing import PARTIAL
from schemas.review import REVIEWS, reviews_of
from tasks.beating import HEARTBEAT_SECONDS, beating
from tasks.buckets import answering
from tasks.push.store import Folder, Store
from tasks.review.card import write_reviews
from tasks.review.precision import agreements, precisions, reviewed_of

MANIFEST = "manifest.json"
BESIDE = ("README.md", "croissant.json", "usage.json", "report.html")
"""Files of a dataset folder that its manifest does not list."""
FOLDERS = (VALIDATION, "report")
READ_TWICE = 2**24
"""Bytes of a file that is read back once more before the manifest goes: another dataset that is
pushed to the same place at the same time begins with its small files, too."""
logger = logging.getLogger(__name__)


class Pushed(NamedTuple):
    """Numbers of files."""

    sent: int
    there: int


def push(
    folder: Path,
    root: Path,
    store: Store,
    to: str,
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
) -> Pushed:
    """Send what is missing of a dataset to the store at an address, and say every so many seconds
    how far it is. ValueError where the dataset is not as it was published, or the store holds
    something else."""
    if isinstance(store, Folder) and _is_below(store.place, root / "datasets"):
        raise ValueError(f"{to} is among the datasets of {root}: name another place")
    manifest = check_dataset(folder)
    refresh_card(folder, root, manifest["name"])
    files = dict(files_of(folder, root, manifest))
    with answering(to):
        names = store.names()
    digests = {name: _digest(path) for name, path in files.items()}
    _refuse_another(store, to, digests[MANIFEST], folder)
    if strays := sorted({name for name in names if name.startswith(f"{DATA}/")} - files.keys()):
        raise ValueError(
            f"{to} holds {strays[0]}, which is not of {folder}: remove it, or name another place"
        )
    sizes = {name: path.stat().st_size for name, path in files.items()}
    sent: list[str] = []
    done = 0

    def tell(took: float) -> None:
        whole = sum(sizes.values()) / 1e6
        told = "push: still running, %.0f s: %.1f of %.1f MB are there"
        logger.info(told, took, done / 1e6, whole)

    with beating(tell, heartbeat_seconds):
        for batch in batches(list(files), store.batch):
            _refuse_another(store, to, digests[MANIFEST], folder)  # which may have come meanwhile
            if batch == [MANIFEST]:
                _refuse_overwritten(store, to, files, digests)
            known = {name: digests[name] for name in batch}
            sent += _send(store, to, files, known, {*names})
            done += sum(sizes[name] for name in batch)
    return Pushed(len(sent), len(files) - len(sent))


def _send(
    store: Store, to: str, files: Mapping[str, Path], digests: Mapping[str, str], there: set[str]
) -> list[str]:
    """Send what the store has not of a batch, read it back, and name it."""
    with answering(to):
        missing = [
            name for name in digests if name not in there or store.digest(name) != digests[name]
        ]
        if missing:
            store.send({name: files[name] for name in missing})
        arrived = {name: store.digest(name) for name in missing}
    for name in missing:
        if arrived[name] != digests[name]:
            raise RuntimeError(
                f"{name} did not arrive at {to} as it is in {files[name].parent}: run the same "
                "command, which sends it again"
            )
        logger.info("push: %s", name)
    return missing


def _refuse_another(store: Store, to: str, manifest: str, folder: Path) -> None:
    """ValueError where the store holds the manifest of another dataset."""
    with answering(to):
        other = store.digest(MANIFEST)
    if other not in (None, manifest):
        raise ValueError(f"{to} holds another dataset: name another place for {folder}")


def _refuse_overwritten(
    store: Store, to: str, files: Mapping[str, Path], digests: Mapping[str, str]
) -> None:
    """RuntimeError where a small file is no longer what was sent."""
    for name, path in files.items():
        if name != MANIFEST and path.stat().st_size <= READ_TWICE:
            with answering(to):
                there = store.digest(name)
            if there != digests[name]:
                raise RuntimeError(
                    f"{name} at {to} was overwritten, as by another push to the same place: run "
                    "the same command when that has ended, or name another place"
                )


def _is_below(place: Path, folder: Path) -> bool:
    return place.resolve().is_relative_to(folder.resolve())


def batches(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """At most `size` names each; the last one, the manifest, is alone."""
    *others, manifest = names
    for start in range(0, len(others), size):
        yield others[start : start + size]
    yield [manifest]


def refresh_card(folder: Path, root: Path, name: str) -> None:
    """With what reviewers found since it was published."""
    found = precisions(reviewed_of(folder, root, name))
    write_reviews(folder, found, agreements(reviews_of(root, name)))


def files_of(folder: Path, root: Path, manifest: dict[str, object]) -> Iterator[tuple[str, Path]]:
    """Each file by its name in the store, the manifest last."""
    listed = manifest["files"]
    assert isinstance(listed, dict)
    named = [*listed, *(name for name in BESIDE if (folder / name).exists())]
    inside = [path for one in FOLDERS for path in sorted((folder / one).rglob("*"))]
    below = [path.relative_to(folder).as_posix() for path in inside if path.is_file()]
    for name in dict.fromkeys([*named, *below]):
        if PARTIAL not in name:
            yield name, folder / name
    for path in sorted((root / REVIEWS / str(manifest["name"])).glob("*.parquet")):
        yield f"{REVIEWS}/{path.name}", path
    yield MANIFEST, folder / MANIFEST


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
