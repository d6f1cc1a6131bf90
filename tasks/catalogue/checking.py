"""Checking: whether every artifact and dataset below a root is what was written.

All bytes are read: what a disk has damaged keeps its size and times, by which builds remember that
they have read a file.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import file_digest
from pathlib import Path
from typing import Any, NamedTuple

from schemas.dataset_folder import DATA, builds_below, read_manifest
from schemas.dataset_tags import all_tags
from schemas.listing import listed
from schemas.manifest import digest_of_manifest
from tasks.artifact import SEAL, read_seal

READERS = 4
"""Files that are digested at the same time: SHA-256 takes 2 s per GB and core, and a disk has
several requests to order."""
NOT_SAME = "differs from what was written"


class Damage(NamedTuple):
    path: Path
    problem: str


class Sealed(NamedTuple):
    """A file and the SHA-256 that was recorded of it in `record`, with what that said then."""

    path: Path
    sha256: str
    record: Path
    said: bytes


class Checked(NamedTuple):
    """Numbers of artifacts, datasets, files and bytes, and what is damaged, by path."""

    artifacts: int
    datasets: int
    files: int
    num_bytes: int
    damages: list[Damage]


def check_below(root: Path) -> Checked:
    seals = listed(root / "artifacts", f"*/*{SEAL}")
    builds = sorted(builds_below(root))
    damages = [*_tag_damages(root)]
    sealed: list[Sealed] = []
    for found in (*map(_sealed_artifact, seals), *map(_sealed_dataset, builds)):
        for one in found:
            if isinstance(one, Damage):
                damages.append(one)
            else:
                sealed.append(one)
    num_bytes = 0
    with ThreadPoolExecutor(READERS) as threads:
        for size, damage in threads.map(_check, sealed):
            num_bytes += size
            damages += [damage] if damage else []
    return Checked(len(seals), len(builds), len(sealed), num_bytes, sorted(set(damages)))


def _sealed_artifact(seal_path: Path) -> Iterator[Sealed | Damage]:
    said = _bytes(seal_path)
    if said is None:
        return  # made again since it was listed
    try:
        seal = read_seal(seal_path.with_name(seal_path.name.removesuffix(SEAL)))
        stage, files = seal["recipe"]["stage"], _files(seal["files"])
    except (OSError, ValueError, TypeError, AttributeError) as error:
        yield Damage(seal_path, f"is no readable seal ({error})")
        return
    if stage != seal_path.parent.name:
        yield Damage(seal_path, f"is the seal of an artifact of {stage}")
    for name, digest in files.items():
        yield Sealed(seal_path.parent / name, digest, seal_path, said)


def _files(files: Mapping[Any, Any]) -> dict[str, str]:
    """The digests by name; ValueError where a name leads elsewhere."""
    for name, digest in files.items():
        if not isinstance(digest, str) or Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError(f"it seals {name}")
    return dict(files)


def _sealed_dataset(folder: Path) -> Iterator[Sealed | Damage]:
    place = folder / "manifest.json"
    said = _bytes(place)
    if said is None:
        return
    try:
        manifest = read_manifest(folder)
    except ValueError as error:
        yield Damage(place, f"cannot be read ({error})")
        return
    if digest_of_manifest(manifest) != manifest["digest"] or manifest["digest"] != folder.name:
        yield Damage(place, NOT_SAME)
    for name, facts in manifest["files"].items():
        yield Sealed(folder / name, facts["sha256"], place, said)
    for path in sorted((*folder.glob("*.parquet"), *folder.glob(f"{DATA}/*"))):
        if path.relative_to(folder).as_posix() not in manifest["files"]:
            yield Damage(path, "was not published by the dataset's build")


def _check(one: Sealed) -> tuple[int, Damage | None]:
    """The bytes that were read, and what is wrong with the file. Where its record is another one by
    now, a build has made it again meanwhile."""
    try:
        with one.path.open("rb") as stream:
            found = file_digest(stream, "sha256").hexdigest()
            size = stream.tell()
        problem = "" if found == one.sha256 else NOT_SAME
    except FileNotFoundError:
        size, problem = 0, "is gone"
    except OSError as error:
        size, problem = 0, f"cannot be read ({error.strerror})"
    if not problem or _bytes(one.record) != one.said:
        return size, None
    return size, Damage(one.path, problem)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        return b""  # reading it once more says what is wrong


def _tag_damages(root: Path) -> Iterator[Damage]:
    for tag in all_tags(root):
        place = root / "tags" / tag.name / (f"{tag.tag}.json" if tag.tag else "")
        if tag.problem:
            yield Damage(place, "cannot be read")
        elif not (root / "datasets" / tag.name / tag.digest / "manifest.json").exists():
            yield Damage(place, f"is of {tag.name}/{tag.digest}, which is gone")
