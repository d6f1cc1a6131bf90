"""Dataset folders: where a published dataset is, and whether it is what its build published."""

import json
from collections.abc import Mapping
from contextlib import suppress
from errno import ENAMETOOLONG
from glob import escape
from hashlib import file_digest
from pathlib import Path
from typing import Any

from schemas.dataset_tags import tagged_digest
from schemas.listing import listed
from schemas.manifest import digest_of_manifest, problem_of
from schemas.printable import shell_word
from schemas.refusal import what_helps
from schemas.replacing import PARTIAL

DATA = "data"
"""The folder of the samples' files, which holds nothing else: whoever reads it reads samples."""
VALIDATION = "__validation__"
"""A folder's name. Without the underscores load_dataset(data_dir=...) reads it as a split."""
REJECTED = "rejected"
"""The folder below a root of samples that failed their validation, as NAME/DIGEST."""
KEPT = ("artifacts", "datasets", "models", "evaluations", "runs", "reviews", REJECTED)
"""Folders below a root without which a command could not end. Tags are read by what can go on
without them."""
MAX_NAMES = 5
"""Of datasets, in a message about a name that none has."""


def check_root(root: Path) -> Path:
    """The root, `~` being one's home. ValueError where it cannot be one: a file stands there, the
    system refuses its name, or it is a pattern of names to those who read Parquet files."""
    try:
        root = root.expanduser()  # of --root=~/data, which a shell leaves as it is
    except RuntimeError:
        raise ValueError(f"{root} is the home of nobody here: choose another folder") from None
    if not all(char >= " " and char != "\x7f" for char in str(root)):
        raise ValueError(
            f"{str(root)!r} holds a line break or another control character, and no line could "
            "name it: choose a folder without it with --root"
        )
    if problem := pattern_in(root):
        raise ValueError(f"{problem}: choose a folder without it with --root")
    if ":" in next(iter(root.parts), ""):
        raise ValueError(
            f"{root} begins like an address, and is read as one: choose a folder without the colon "
            "with --root, or name it from /"
        )
    try:
        root.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:  # links in a circle, a name that is too long, a folder of others
        raise ValueError(
            f"{root} cannot be a folder ({error.strerror}): choose another with --root"
        ) from None
    there = next(place for place in (root, *root.absolute().parents) if place.exists())
    if not there.is_dir():
        raise ValueError(f"{there} is a file: choose a folder with --root")
    with suppress(PermissionError):  # which whoever looks into the root is told
        for place in (root / name for name in KEPT):
            if place.is_file():
                raise ValueError(
                    f"{place} is a file, where a folder is kept: choose another folder with --root"
                )
    return root


def pattern_in(folder: Path) -> str:
    """Why the whole path of a folder is a pattern of names, wherever one stands; else nothing."""
    whole = folder.absolute()
    found = sorted(set("*?[") & set(str(whole)))
    return f"{whole} holds {found[0]}, which stands for other names" if found else ""


def name_of_dataset(manifest: Mapping[str, Any]) -> str:
    """How people and `resolve_dataset` call one build: `NAME/DIGEST`, its place below
    ROOT/datasets."""
    return f"{manifest['name']}/{manifest['digest']}"


def why_command(item: str, dataset: str, root: str = "") -> str:
    """What to type for the history of an image or a question of a dataset, as a shell takes it;
    `root` is the place of its root where commands look elsewhere by default."""
    end = "-- " if item.startswith("-") else ""
    place = f" --root {shell_word(root)}" if root else ""
    return f"spatialthinker why --dataset {shell_word(dataset)}{place} {end}{shell_word(item)}"


def builds_below(root: Path, name: str | None = None) -> list[Path]:
    """The dataset folders below `root`/datasets, of one name or of all, the newest first. Folders
    that are being written do not count yet."""
    found = [
        path
        for path in listed(root / "datasets", "*/*/manifest.json")
        if PARTIAL not in path.parent.name and name in (None, path.parent.parent.name)
    ]
    found.sort(key=lambda path: (path.stat().st_mtime_ns, str(path)), reverse=True)
    return [path.parent for path in found]


def resolve_dataset(name: str, root: Path) -> Path:
    """The dataset folder at a path, the build NAME/DIGEST below `root`/datasets or
    `root`/rejected, the build that NAME@TAG stands for, or the newest published build of that name.
    FileNotFoundError where there is no such folder or tag, ValueError where its path is a pattern
    of names."""
    place = Path(name).expanduser()
    places = [place] if name else []
    if len(Path(name).parts) == 2:
        places += [root / "datasets" / name, root / REJECTED / name]
    for folder in places:
        if _has_manifest(folder):
            if problem := pattern_in(folder):
                raise ValueError(f"{problem}: rename the folder, or copy the dataset to another")
            return folder
    if len(Path(name).parts) == 1 and not place.is_absolute():
        known, _, tag = name.rpartition("@")
        if known and tag:
            return _tagged(name, root)
        if builds := builds_below(root, name):
            return builds[0]
        for path in listed(root / REJECTED, f"{escape(name)}/*/manifest.json"):
            raise FileNotFoundError(
                f"no build of {shell_word(name)} is published: the last one failed its validation, "
                f"see {path.with_name('report.html')}; why, report and diff take it as "
                f"{name}/{path.parent.name}"
            )
    raise FileNotFoundError(
        f"no dataset {shell_word(name)}: it is neither a dataset folder nor a name below "
        f"{root / 'datasets'}{_names_there(root)}; run spatialthinker build first, or name its "
        "root with --root"
    )


def _names_there(root: Path) -> str:
    """Of the datasets, for a message about another name."""
    names = sorted({folder.parent.name for folder in builds_below(root)})
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f", which has {', '.join(map(shell_word, names[:MAX_NAMES]))}{more}" if names else ""


def _has_manifest(folder: Path) -> bool:
    try:
        return (folder / "manifest.json").is_file()
    except OSError as error:
        if error.errno == ENAMETOOLONG:  # nothing can be called so
            return False
        raise


def _tagged(name: str, root: Path) -> Path:
    known, _, tag = name.rpartition("@")
    digest = tagged_digest(known, tag, root)
    folder = root / "datasets" / known / digest
    if not (folder / "manifest.json").is_file():
        raise FileNotFoundError(
            f"{name} is {known}/{digest}, which is gone from {root / 'datasets'}: build it again, "
            "or move the tag with spatialthinker tag --move"
        )
    return folder


def split_files(folder: Path, split: str) -> list[Path]:
    return sorted((folder / DATA).glob(f"{split}-*-of-*.parquet"))


def sample_files(folder: Path) -> list[Path]:
    """The files of all splits."""
    return split_files(folder, "*")


def read_manifest(folder: Path) -> dict[str, Any]:
    """ValueError where it is missing or damaged."""
    again = "build the dataset again"
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    except FileNotFoundError:
        raise ValueError(
            f"{folder} is not a dataset folder: it has no manifest.json; run spatialthinker build"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        helps = what_helps(error, again)
        raise ValueError(f"{folder} has no readable manifest.json ({error}): {helps}") from None
    if problem := problem_of(manifest):
        raise ValueError(f"{folder / 'manifest.json'} {problem}: {again}")
    return manifest


def check_dataset(folder: Path) -> dict[str, Any]:
    """The manifest of a dataset that passed its validation and holds the files that were published.

    ValueError names what is wrong otherwise; PermissionError where this user may not see.
    """
    read_manifest(folder)
    results = folder / VALIDATION / "results.json"
    try:
        is_sound = json.loads(results.read_bytes())["success"] is True
    except PermissionError:
        raise
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(
            f"{folder} does not say whether it passed its validation ({results.name} is missing or "
            "damaged): build the dataset again"
        ) from None
    if not is_sound:
        raise ValueError(
            f"{folder} failed its validation: see {folder / VALIDATION / 'validation.html'}, mend "
            "what failed and build again"
        )
    return check_files(folder)


def refuse_changed(folder: Path, manifest: Mapping[str, Any]) -> None:
    """ValueError where the manifest is not the one that was published."""
    if digest_of_manifest(manifest) != manifest["digest"]:
        raise ValueError(
            f"{folder / 'manifest.json'} has changed since it was published: build it again, or "
            "remove it"
        )


def refuse_strays(folder: Path, manifest: Mapping[str, Any]) -> None:
    """ValueError where a table lies among those that were published."""
    found = (*folder.glob("*.parquet"), *folder.glob(f"{DATA}/*"))
    strays = {path.relative_to(folder).as_posix() for path in found} - manifest["files"].keys()
    if strays:
        raise ValueError(
            f"{folder} holds {min(strays)}, which its build did not publish: remove it, or build "
            "the dataset again"
        )


def check_files(folder: Path) -> dict[str, Any]:
    """As `check_dataset`, of a rejected dataset, too."""
    manifest = read_manifest(folder)
    for name, facts in manifest["files"].items():
        _check_file(folder / name, facts["sha256"])
    refuse_changed(folder, manifest)
    refuse_strays(folder, manifest)
    return manifest


def _check_file(path: Path, sha256: str) -> None:
    try:
        with path.open("rb") as stream:
            found = file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read ({error.strerror}): "
            + what_helps(error, "build the dataset again")
        ) from None
    if found != sha256:
        raise ValueError(f"{path} has changed since it was published: build it again, or remove it")
