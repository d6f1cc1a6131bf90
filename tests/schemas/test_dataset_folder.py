"""Dataset folders: found by name, refused where they are not what was published."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from schemas.dataset_folder import (
    check_dataset,
    name_of_dataset,
    read_manifest,
    resolve_dataset,
    split_files,
    why_command,
)


@pytest.fixture
def copy(drawn_dataset, tmp_path) -> Path:
    return shutil.copytree(drawn_dataset, tmp_path / "datasets" / "drawn" / drawn_dataset.name)


def test_a_dataset_is_found_by_path_and_by_name(copy, tmp_path):
    assert resolve_dataset(str(copy), Path("elsewhere")) == copy
    assert resolve_dataset("drawn", tmp_path) == copy
    newer = shutil.copytree(copy, copy.with_name("0123456789abcdef"))
    (newer / "manifest.json").touch()
    assert resolve_dataset("drawn", tmp_path) == newer
    assert resolve_dataset(name_of_dataset(read_manifest(copy)), tmp_path) == copy
    # One that somebody copied beside the builds of the name is none of them.
    for path in copy.iterdir():
        (shutil.copytree if path.is_dir() else shutil.copy2)(path, copy.parent / path.name)
    assert resolve_dataset("drawn", tmp_path) == newer


@pytest.mark.parametrize(
    ("item", "typed"),
    [
        ("26-depth-7e386f6a", "26-depth-7e386f6a"),
        ("a b$(c)", "'a b$(c)'"),
        ("-3", "-- -3"),
        ("\u202eit's\\\n", r"$'\u202eit\'s\\\n'"),
        ("a\tb\r\nc", r"$'a\tb\r\nc'"),
    ],
)
def test_a_command_is_told_as_a_shell_takes_it(item, typed):
    assert why_command(item, "mine/b2") == f"spatialthinker why --dataset mine/b2 {typed}"
    there = why_command(item, "mine/b2", "my data")
    assert there == f"spatialthinker why --dataset mine/b2 --root 'my data' {typed}"


@pytest.mark.parametrize(
    "name", ["other", "../drawn", "datasets/none", "", "/", "@a", "a@", "a" * 300]
)
def test_what_is_no_dataset_is_told(name, tmp_path):
    with pytest.raises(FileNotFoundError, match="build first, or name its root with --root"):
        resolve_dataset(name, tmp_path)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ((), "/datasets; run"),
        (("a.b", "c"), "/datasets, which has a.b, c, drawn; run"),
        (("a", "b", "c", "d", "e", "f"), "/datasets, which has a, b, c, d, drawn and 2 more; run"),
    ],
)
def test_of_a_name_that_no_dataset_has_it_is_said_which_have_one(names, told, copy, tmp_path):
    for name in names:
        shutil.copytree(copy, tmp_path / "datasets" / name / copy.name)
    root = tmp_path if names else tmp_path / "none"
    for name in ("drwan", "drwan/0123456789abcdef", "drawn/0123"):
        with pytest.raises(FileNotFoundError, match=f"no dataset {name}: ") as refused:
            resolve_dataset(name, root)
        assert told in str(refused.value)


def test_a_name_of_which_every_build_was_rejected_is_told_so(copy, tmp_path):
    shutil.copytree(copy, tmp_path / "rejected" / "mine" / "0123abcd")
    told = r"no build of mine is published: .*/mine/0123abcd/report.html; .* as mine/0123abcd"
    with pytest.raises(FileNotFoundError, match=told):
        resolve_dataset("mine", tmp_path)


def test_a_name_of_hidden_characters_is_told_as_a_shell_takes_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no dataset \$'a\\nb\\u202e': it is"):
        resolve_dataset("a\nb\u202e", tmp_path)


def test_a_sound_dataset_passes(copy):
    assert check_dataset(copy)["num_samples"] == sum(
        pl.scan_parquet(path).select(pl.len()).collect().item()
        for split in ("train", "val")
        for path in split_files(copy, split)
    )


def failed(copy: Path) -> None:
    path = copy / "__validation__" / "results.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"success": False}))


def damaged(copy: Path) -> None:
    path = split_files(copy, "train")[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def edited(copy: Path, **facts: object) -> None:
    path = copy / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (
            lambda copy: (copy / "manifest.json").unlink(),
            "is not a dataset folder: it has no",
        ),
        (lambda copy: (copy / "manifest.json").write_text("{"), "has no readable manifest.json"),
        (lambda copy: (copy / "manifest.json").write_text("[]"), "manifest.json is not an object"),
        (lambda copy: shutil.rmtree(copy / "__validation__"), "does not say whether it passed"),
        (failed, "failed its validation: see .*validation.html"),
        (lambda copy: edited(copy, num_samples=7), "manifest.json has changed since it was"),
        (lambda copy: edited(copy, name="other"), "manifest.json has changed since it was"),
        (lambda copy: edited(copy, digest="0" * 16), "manifest.json has changed since it was"),
        (damaged, "train-00000-of-00001.parquet has changed since it was published"),
        (lambda copy: split_files(copy, "val")[0].unlink(), "val-.* cannot be read"),
        (
            lambda copy: shutil.copy(
                split_files(copy, "val")[0], copy / "data" / "train-00001-of-00002.parquet"
            ),
            "holds data/train-00001-of-00002.parquet, which its build did not publish",
        ),
    ],
)
def test_what_is_not_as_it_was_published_is_refused_in_one_line(copy, break_it, message):
    break_it(copy)
    with pytest.raises(ValueError, match=message) as error:
        check_dataset(copy)
    assert "\n" not in str(error.value)
