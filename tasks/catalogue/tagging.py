"""Tagging: a name for a build of a dataset that is what was published."""

from pathlib import Path

from schemas.dataset_folder import check_dataset, name_of_dataset, resolve_dataset
from schemas.dataset_tags import PLAIN, check_tag, remove_tag, set_tag


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
    set_tag(manifest["name"], tag, manifest["digest"], root, moves=moves)
    return name


def untag_dataset(dataset: str, tag: str, root: Path) -> str:
    """What no longer has the tag, NAME/DIGEST. Only the dataset's name is asked for: what had the
    tag may be gone."""
    name = dataset.partition("@")[0].partition("/")[0]
    if not PLAIN.fullmatch(name):
        raise ValueError(f"{dataset} is no dataset's name: write NAME, NAME/DIGEST or NAME@TAG")
    return f"{name}/{remove_tag(name, tag, root)}"
