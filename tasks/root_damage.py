"""Root damage: files below a root that are not what their seal or manifest says they are.

On one machine a build finds them and makes them again. A root on an object store has a sound copy:
one that is damaged here is not sent there, and is brought again.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.dataset_folder import REJECTED, read_manifest, refuse_changed
from schemas.file_digests import digest_store, file_digests
from tasks.artifact import LEDGER, SEAL, read_seal, seal_path_of
from tasks.root_files import folder_of

DATASETS = ("datasets", REJECTED)


def is_damaged(root: Path, name: str) -> bool:
    """Whether a file is here, and is another than was written; False where nothing says what it
    was."""
    place = root / name
    try:
        written = _digest_of(root, name)
        return bool(written) and file_digests([place], digest_store(root))[place] != written
    except FileNotFoundError:
        return False
    except ValueError:  # it is what says so itself
        return True


def _digest_of(root: Path, name: str) -> str:
    """The SHA-256 of the file when it was written; empty where that is not known. ValueError where
    the file is a seal or manifest that says nothing."""
    parts = name.split("/")
    if parts[0] == "artifacts" and len(parts) > 2:
        seal = seal_path_of(root.joinpath(*parts[:2], _artifact_of(parts[2])))
        return _of_artifact(root / name, seal, "/".join(parts[2:]))
    folder = folder_of(name)
    if folder and parts[0] in DATASETS:
        return _of_dataset(root / folder, name.removeprefix(f"{folder}/"))
    return ""


def _artifact_of(name: str) -> str:
    return name.removesuffix(LEDGER).removesuffix(SEAL)


def _of_artifact(place: Path, seal: Path, name: str) -> str:
    if place == seal:
        read_seal(_sealed_by(seal))
        return ""
    if not seal.exists():
        return ""
    try:
        files: Mapping[str, str] = read_seal(_sealed_by(seal))["files"]
    except ValueError:
        return ""
    return str(files.get(name, ""))


def _sealed_by(seal: Path) -> Path:
    """A path with this seal, whatever the artifact's kind."""
    return seal.with_name(seal.name.removesuffix(SEAL))


def _of_dataset(folder: Path, name: str) -> str:
    if name == "manifest.json":
        refuse_changed(folder, read_manifest(folder))
        return ""
    try:
        files: Mapping[str, Mapping[str, Any]] = read_manifest(folder)["files"]
    except ValueError:
        return ""
    return str(files.get(name, {}).get("sha256", ""))
