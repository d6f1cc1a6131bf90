"""Dataset folders and roots: what is not one is refused in one line that says what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.dataset_folder import check_root, read_manifest, resolve_dataset
from schemas.manifest import Manifest, recipe_of
from tests.commands import call

WHOLE: dict[str, Any] = {
    "name": "a",
    "digest": "0123456789abcdef",
    "files": {"train-00000-of-00001.parquet": {"bytes": 1, "sha256": "00"}},
    "config": {"images": "omit", "source": {"kind": "gqa"}},
    "stages": {"plan": {"recipe": "00", "content": "00"}},
    "num_samples": 1,
    "num_images": 1,
    "splits": {"train": 1},
    "models": {},
    "funnel": [],
    "quotas": [],
    "costs": [],
    "judging": None,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset's folder with nothing but its manifest."""
    (tmp_path / "manifest.json").write_text(json.dumps(WHOLE))
    return tmp_path


def changed(folder: Path, **entries: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has no readable manifest.json"),
        ("{" * 2_000, "has no readable manifest.json"),
        ("[" * 100_000, "has no readable manifest.json"),
        ("[]", "is not an object"),
        ("null", "is not an object"),
        ('"files"', "is not an object"),
        ("{}", "lacks name"),
    ],
)
def test_a_manifest_of_another_shape_is_refused(text, told, tmp_path):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ValueError, match=told) as error:
        read_manifest(tmp_path)
    assert str(tmp_path) in str(error.value)
    assert str(error.value).endswith("build the dataset again")


@pytest.mark.parametrize("name", Manifest.model_fields)
@pytest.mark.parametrize("value", [3.5, [[]], {"a": []}])
def test_an_entry_of_another_kind_is_refused(name, value, folder):
    read_manifest(folder)
    changed(folder, **{name: value})
    with pytest.raises(ValueError, match=r"manifest\.json (holds|lacks)"):
        read_manifest(folder)


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ({"num_samples": 10**400}, "holds something else as num_samples"),
        ({"num_samples": True}, "holds something else as num_samples"),
        ({"splits": {"train": -1}}, "holds something else as splits.train"),
        ({"quotas": [None]}, "holds something else as quotas.0"),
        ({"quotas": [{"category": "depth"}]}, "lacks quotas.0.level"),
        ({"judging": {"verdicts": 3}}, "lacks judging.rule"),
        ({"stages": {"plan": {"recipe": 3}}}, "holds something else as stages.plan.recipe"),
    ],
)
def test_the_first_wrong_entry_is_named(entries, told, folder):
    changed(folder, **entries)
    with pytest.raises(ValueError, match=rf"{folder}/manifest\.json {told}: build the dataset"):
        read_manifest(folder)


def test_a_stage_that_is_not_recorded_has_no_recipe():
    assert recipe_of(WHOLE, "plan") == "00"
    with pytest.raises(ValueError, match=r"of a has no recipe of the stage render: build the"):
        recipe_of(WHOLE, "render")


@pytest.mark.parametrize("name", ["/etc/passwd", "../up.parquet", "a/../../b"])
def test_a_file_elsewhere_is_no_file_of_a_dataset(name, folder):
    changed(folder, files={name: {"sha256": "0", "bytes": 1}})
    with pytest.raises(ValueError, match="which is not in its folder"):
        read_manifest(folder)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("file", "is a file: choose a folder with --root"),
        ("file/below", "is a file: choose a folder with --root"),
        ("a[1]", "stands for other names: choose a folder without it with --root"),
        ("a*", "stands for other names"),
        ("what?", "stands for other names"),
        ("circle", "cannot be a folder (Too many levels of symbolic links): choose another"),
        ("circle/below", "cannot be a folder (Too many levels of symbolic links)"),
        ("n" * 300, "cannot be a folder (File name too long): choose another with --root"),
    ],
)
def test_a_root_that_cannot_be_one_is_refused(name, told, tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "circle").symlink_to("circle")
    for command in (("build",), ("plan",), ("why", "1"), ("train", "configs/train/tiny.toml")):
        result = call(*command, "--root", tmp_path / name)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr.startswith(f"error: {tmp_path / name.partition('/')[0]}")
        assert told in result.stderr
        assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "\x1b[31m", "a\x7f"])
def test_a_root_that_no_line_can_name_is_refused(name, tmp_path):
    result = call("list", "--root", tmp_path / name)
    assert (result.returncode, result.stdout) == (2, "")
    assert "holds a line break or another control character" in result.stderr
    assert result.stderr.removesuffix("\n").isprintable()


def test_a_root_is_a_folder_or_not_there_yet(tmp_path):
    for root in (tmp_path, tmp_path / "a b" / "ü {c}", Path("data"), tmp_path / "a:b"):
        assert check_root(root) == root


@pytest.mark.parametrize("command", ["build", "plan", "list"])
def test_a_file_where_a_root_keeps_a_folder_is_told_before_anything_runs(command, tmp_path):
    (tmp_path / "datasets").write_text("mine")
    result = call(command, "--root", tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"{tmp_path}/datasets is a file, where a folder is kept" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["datasets"]


def test_a_root_in_a_folder_whose_name_is_a_pattern_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a[1]").mkdir()
    monkeypatch.chdir(tmp_path / "a[1]")
    with pytest.raises(ValueError, match=r"a\[1\]/data holds \[, which stands for other names"):
        check_root(Path("data"))


def test_a_dataset_in_a_folder_whose_name_is_a_pattern_is_refused(tmp_path):
    folder = tmp_path / "a[1]" / "given"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(WHOLE))
    with pytest.raises(ValueError, match="stands for other names: rename the folder, or copy"):
        resolve_dataset(str(folder), tmp_path)


def test_a_root_may_begin_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert check_root(Path("~/data")) == tmp_path / "data"
    with pytest.raises(ValueError, match="~nobody-here is the home of nobody here"):
        check_root(Path("~nobody-here"))


@pytest.mark.parametrize("root", ["me@host:/data", "host:", "./host:data/root"])
def test_a_root_that_begins_like_an_address_is_refused(root):
    with pytest.raises(ValueError, match="begins like an address, and is read as one"):
        check_root(Path(root))
