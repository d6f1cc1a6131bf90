"""Checking a root: whatever is not what was written is one line, and nothing else is."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.commands import call


@pytest.fixture
def root(two_builds, tmp_path) -> Path:
    return shutil.copytree(two_builds[0].parents[2], tmp_path / "root", symlinks=True)


def some(root: Path, pattern: str) -> Path:
    return min(root.glob(pattern))


def flip(path: Path) -> None:
    """One bit, with the size and the times of before, as a failing disk does."""
    times = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def reword(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def stray(path: Path) -> None:
    shutil.copy(path, path.with_name("train-00001-of-00002.parquet"))


def other_stage(path: Path) -> None:
    seal = json.loads(path.read_text())
    path.write_text(json.dumps(seal | {"recipe": seal["recipe"] | {"stage": "judge"}}))


def tag_of(root: Path, text: str) -> Path:
    place = root / "tags" / "drawn" / "approved.json"
    place.parent.mkdir(parents=True)
    place.write_text(text)
    return place


TABLE = "artifacts/write/*.parquet"
SEALS = "artifacts/write/*.seal.json"
MANIFESTS = "datasets/drawn/*/manifest.json"
DAMAGES = {
    "a bit of a table": (TABLE, flip, "differs from what was written"),
    "a bit in a folder": ("artifacts/render/*/*.json", flip, "differs from what was written"),
    "a bit of a dataset": ("datasets/*/*/data/val-*", flip, "differs from what was written"),
    "a ledger": ("datasets/*/*/ledger.parquet", Path.unlink, "is gone"),
    "a table": (TABLE, Path.unlink, "is gone"),
    "a table that is a folder": (
        TABLE, lambda path: (path.unlink(), path.mkdir()), "cannot be read (Is a directory)",
    ),
    "a seal": (SEALS, lambda path: path.write_text("{"), "is no readable seal"),
    "a seal of elsewhere": (
        SEALS, lambda path: reword(path, files={"../../../etc": "0"}), "it seals ../../../etc",
    ),
    "a seal of another kind": (SEALS, lambda path: reword(path, files=[]), "no readable seal"),
    "a seal of another stage": (SEALS, other_stage, "is the seal of an artifact of judge"),
    "a manifest": (MANIFESTS, lambda path: reword(path, num_samples=9), "differs from what was"),
    "a dataset under another name": (
        MANIFESTS, lambda path: path.parent.rename(path.parent.with_name("aa")), "differs from",
    ),
    "no manifest": (MANIFESTS, lambda path: path.write_text("[]"), "cannot be read ("),
    "a stray": ("datasets/*/*/data/train-*", stray, "was not published by the dataset's build"),
}  # fmt: skip


@pytest.mark.parametrize(("pattern", "damage", "told"), DAMAGES.values(), ids=DAMAGES)
def test_what_is_damaged_is_one_line_and_code_1(pattern, damage, told, root):
    assert call("check", root).returncode == 0  # digests may be remembered from here on
    damage(some(root, pattern))
    done = call("check", root)
    (line,) = done.stdout.splitlines()
    assert line.startswith(str(root)) and told in line
    assert done.returncode == 1
    assert done.stderr.startswith("error: 1 damage in ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [('{"digest": "aa"}', "is of drawn/aa, which is gone"), ("{", "cannot be read")],
)
def test_a_tag_that_names_nothing_is_damage(text, told, root):
    place = tag_of(root, text)
    done = call("check", root)
    assert (done.returncode, done.stdout) == (1, f"{place}: {told}\n")


def test_several_damages_are_several_lines(root):
    for pattern in (TABLE, "artifacts/select/*.ledger.parquet", "datasets/*/*/data/val-*"):
        flip(some(root, pattern))
    done = call("check", root)
    assert done.returncode == 1 and len(done.stdout.splitlines()) == 3


def test_what_is_not_sealed_is_no_damage(root):
    """A stage that was stopped, leftovers, other people's files, and a later release's."""
    some(root, SEALS).unlink()
    (root / "artifacts" / "later").mkdir()
    (root / "artifacts" / "later" / "x.parquet").write_text("?")
    (root / "notes.txt").write_text("mine")
    partial = some(root, MANIFESTS).parent
    shutil.copytree(partial, partial.with_name(f"{partial.name}.partial-1-2"))
    (partial.with_name(f"{partial.name}.partial-1-2") / "ledger.parquet").unlink()
    done = call("check", root)
    assert done.returncode == 0
    assert " artifacts and 2 datasets (" in done.stdout


def test_a_folder_that_is_no_root_is_told(tmp_path):
    done = call("check", tmp_path)
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert "has neither artifacts nor datasets: name the folder" in done.stderr
    done = call("check", tmp_path / "none")
    assert done.returncode == 2 and "no folder" in done.stderr
