"""Tagging: a name for a build of a dataset that is what was published."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.config.names import PLAIN
from schemas.dataset_folder import check_dataset, name_of_dataset, resolve_dataset
from schemas.dataset_tags import check_tag, remove_tag, set_tag
from tasks.review.precision import precisions, reviewed_of, told

APPROVED = "approved"
"""The tag that says a dataset may be used: gates.min_precision stands before it."""


def tag_dataset(dataset: str, tag: str, root: Path, *, moves: bool = False) -> str:
    """NAME/DIGEST of the dataset that now has the tag. ValueError where it must not have it: it is
    not below the root, not what was published, or another build has the tag and `moves` is not
    set."""
    check_tag(tag)
    folder = resolve_dataset(dataset, root)
    manifest = check_dataset(folder)
    name = name_of_dataset(manifest)
    if folder.resolve() != (root / "datasets" / name).resolve():
        raise ValueError(
            f"{folder} is not {root / 'datasets' / name}: a tag names a dataset below the root, "
            "see --root"
        )
    if tag == APPROVED:
        check_precision(folder, manifest, root)
    set_tag(manifest["name"], tag, manifest["digest"], root, moves=moves)
    return name


def check_precision(folder: Path, manifest: Mapping[str, Any], root: Path) -> None:
    """ValueError where the dataset's gates ask for a precision that its reviews do not show."""
    least = manifest["config"].get("gates", {}).get("min_precision")
    if least is None:
        return
    found = precisions(reviewed_of(folder, root, manifest["name"]))
    if not found or found[0].low < least:
        said = told(found[0]) if found else "nobody has reviewed it"
        raise ValueError(
            f"{name_of_dataset(manifest)} is not shown to have {100 * least:g} % right labels "
            f"({said}): review more with spatialthinker review, or mend what is wrong and build "
            "again"
        )


def untag_dataset(dataset: str, tag: str, root: Path) -> str:
    """What no longer has the tag, NAME/DIGEST. Only the dataset's name is asked for: what had the
    tag may be gone."""
    name = dataset.partition("@")[0].partition("/")[0]
    if not PLAIN.fullmatch(name):
        raise ValueError(f"{dataset} is no dataset's name: write NAME, NAME/DIGEST or NAME@TAG")
    return f"{name}/{remove_tag(name, tag, root)}"
