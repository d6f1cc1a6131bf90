"""Tags and the list of what is below a root: from what builds, trainings and evaluations record."""

import json
import os
import shutil
from pathlib import Path

import polars as pl
import pytest

from flows.serve import dataset_of
from schemas.config.training import TrainConfig
from schemas.dataset_folder import builds_below, resolve_dataset
from schemas.manifest import digest_of_manifest
from tasks.catalogue.entries import read_catalogue, size_of
from tasks.catalogue.listing import size_told
from tasks.evaluate.about import About, AboutModel, trained_by
from tasks.evaluate.report import write_report
from tasks.train.stage import training_facts
from tests.commands import REPOSITORY, call
from tests.trainings import SFT, SFT_CUT, TREE


@pytest.fixture
def root(drawn_dataset, tmp_path) -> Path:
    """With two builds of the drawn dataset, of which that of the fixture `other` is the newer."""
    first = shutil.copytree(drawn_dataset, tmp_path / "datasets" / "drawn" / drawn_dataset.name)
    manifest = json.loads((first / "manifest.json").read_text()) | {"seed": 6}
    manifest["digest"] = digest_of_manifest(manifest)
    other = shutil.copytree(first, first.with_name(manifest["digest"]))
    (other / "manifest.json").write_text(json.dumps(manifest))
    os.utime(first / "manifest.json", (1, 1))
    return tmp_path


@pytest.fixture
def other(root) -> str:
    """The digest of the newer build."""
    return builds_below(root)[0].name


def run_command(root: Path, *arguments: str) -> tuple[int, str, str]:
    done = call(*arguments, "--root", root)
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def test_a_tag_stands_for_one_build_until_it_is_moved(root, drawn_dataset, other):
    first = drawn_dataset.name
    assert run_command(root, "tag", f"drawn/{first}", "approved") == (0, f"drawn/{first}", "")
    assert resolve_dataset("drawn@approved", root).name == first
    assert resolve_dataset("drawn", root).name == other
    assert run_command(root, "tag", "drawn@approved", "approved")[0] == 0
    code, _, told = run_command(root, "tag", "drawn", "approved")
    assert code == 2
    assert f"drawn@approved is drawn/{first}: add --move to have it name drawn/{other}" in told
    assert resolve_dataset("drawn@approved", root).name == first
    assert run_command(root, "tag", "drawn", "approved", "--move") == (0, f"drawn/{other}", "")
    assert resolve_dataset("drawn@approved", root).name == other
    shutil.rmtree(root / "datasets" / "drawn" / other)
    with pytest.raises(FileNotFoundError, match=f"is drawn/{other}, which is gone from"):
        resolve_dataset("drawn@approved", root)
    assert run_command(root, "tag", "drawn", "approved", "--remove") == (0, f"drawn/{other}", "")
    with pytest.raises(FileNotFoundError, match="no tag approved of drawn"):
        resolve_dataset("drawn@approved", root)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("tag", "drawn", "Approved"), "'Approved' cannot be a tag"),
        (("tag", "drawn", "../up"), "'../up' cannot be a tag"),
        (("tag", "drawn", "a" * 65), "cannot be a tag: use up to 64"),
        (("tag", "drawn", ""), "'' cannot be a tag"),
        (("tag", "drawn", "\x1b[31m"), "'\\x1b[31m' cannot be a tag"),
        (("tag", "nobody", "approved"), "no dataset nobody"),
        (("tag", "drawn@none", "approved"), "no tag none of drawn"),
        (("tag", "../datasets@x", "approved"), "no dataset ../datasets@x"),
        (("tag", "..@..", "approved"), "no tag .. of .."),
        (("tag", "drawn", "none", "--remove"), "no tag none of drawn"),
        (("tag", "../drawn", "none", "--remove"), "../drawn is no dataset's name"),
        (("tag", "drawn", "x", "--remove", "--move"), "--move and --remove exclude each other"),
        (("why", "1", "--dataset", "drawn@none"), "no tag none of drawn"),
        (("leakage", "drawn@none"), "no tag none of drawn"),
        (("announce", "drawn@none"), "no tag none of drawn"),
    ],
)
def test_what_is_no_tag_or_no_dataset_is_told_in_one_line(arguments, told, root):
    code, output, line = run_command(root, *arguments)
    assert (code, output) == (2, "")
    assert told in line and "\n" not in line
    assert not list(root.rglob("tags/*/*"))


def test_a_dataset_elsewhere_or_changed_gets_no_tag(root, drawn_dataset, other):
    code, _, told = run_command(root, "tag", str(drawn_dataset), "approved")
    assert code == 2 and "a tag names a dataset below the root" in told
    next((root / "datasets" / "drawn" / other / "data").glob("val-*")).write_bytes(b"")
    code, _, told = run_command(root, "tag", "drawn", "approved")
    assert code == 2 and "has changed since it was published" in told


READING = (
    ("diff", "DRAWN", "drawn"),
    ("leakage", "DRAWN"),
    ("push", "DRAWN", "--to", "TO"),
    ("report", "DRAWN"),
    ("review", "DRAWN", "--reviewer", "ada"),
    ("reviews", "DRAWN"),
    ("reviews", "DRAWN", "--export", "TO"),
    ("score", "LINES", "--dataset", "DRAWN"),
    ("why", "1-depth-00000000", "--dataset", "DRAWN"),
)
"""Calls that read a dataset, DRAWN."""


def test_no_command_reads_a_dataset_that_has_changed(root, drawn_dataset, tmp_path):
    folder = root / "datasets" / "drawn" / drawn_dataset.name
    path = next((folder / "data").glob("train-*"))
    pl.read_parquet(path).with_columns(height=None).write_parquet(path)
    lines = tmp_path / "lines.jsonl"
    lines.write_text('{"question_id": "a", "completion": ""}')
    places = {"DRAWN": f"drawn/{folder.name}", "LINES": str(lines), "TO": str(tmp_path / "to")}
    for words in READING:
        code, output, told = run_command(root, *(places.get(word, word) for word in words))
        assert (code, output) == (2, ""), words
        assert f"{path} has changed since it was published" in told.splitlines()[-1], words
    assert not (tmp_path / "to").exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"digest": 3}', '{"digest": "../.."}', "[" * 9999, "\xff"]
)
def test_a_damaged_tag_is_told_and_can_be_set_again(text, root, other):
    place = root / "tags" / "drawn" / "approved.json"
    place.parent.mkdir(parents=True)
    place.write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match=r"cannot be read .*: set it again"):
        resolve_dataset("drawn@approved", root)
    assert run_command(root, "tag", "drawn", "approved")[0] == 2
    assert run_command(root, "list")[0] == 0
    assert run_command(root, "tag", "drawn", "approved", "--move")[0] == 0
    assert resolve_dataset("drawn@approved", root).name == other


def test_a_build_that_is_being_written_is_none_yet(root, other):
    folder = root / "datasets" / "drawn" / f"{other}.partial-1-2"
    shutil.copytree(root / "datasets" / "drawn" / other, folder)
    assert resolve_dataset("drawn", root).name == other
    assert len(builds_below(root)) == 2


def test_a_training_on_a_tag_is_not_started_by_what_nobody_has_tagged(tmp_path):
    config = tmp_path / "train.toml"
    text = (REPOSITORY / "configs/train/tiny.toml").read_text()
    config.write_text(text.replace('dataset = "sample"', 'dataset = "sample@approved"'))
    with pytest.raises(ValueError, match="that nobody has tagged"):
        dataset_of(config)


def train(root: Path, name: str, dataset: str) -> Path:
    """A model's folder with what a training records, and no weights."""
    tree = TREE | SFT | SFT_CUT | {"name": name, "data": TREE["data"] | {"dataset": dataset}}
    config = TrainConfig.model_validate(tree)
    folder = root / "models" / name / "aa"
    folder.mkdir(parents=True)
    place = resolve_dataset(dataset, root)
    facts = training_facts(config, root / "runs" / name / "aa", place, "tiny", [])
    (folder / "training.json").write_text(json.dumps(facts))
    return folder


def test_a_training_reads_a_manifest_as_every_other_command_does(root, drawn_dataset):
    manifest = root / "datasets" / "drawn" / drawn_dataset.name / "manifest.json"
    manifest.write_bytes(manifest.read_text().encode("utf-16"))
    train(root, "mine", f"drawn/{drawn_dataset.name}")
    manifest.write_text("{")
    with pytest.raises(ValueError, match="has no readable manifest"):
        train(root, "other", f"drawn/{drawn_dataset.name}")


def evaluate(root: Path, *models: AboutModel) -> None:
    about = About("tried", "c0", models, {"mmvp": "its miniature"}, {})
    folder = root / "evaluations" / "tried" / "ee"
    folder.mkdir(parents=True)
    write_report(folder, about, "ee", [], [], root)


def test_the_list_shows_what_was_made_from_what(root, drawn_dataset, other):
    first = f"drawn/{drawn_dataset.name}"
    run_command(root, "tag", first, "approved")
    model = train(root, "mine", "drawn@approved")
    asked = AboutModel("m", "models/mine/aa", "d0", *trained_by(model))
    evaluate(root, asked, AboutModel("other", "gpt, at an endpoint"))
    facts = json.loads((model / "training.json").read_text())
    assert facts["config"]["data"]["dataset"] == first
    found = json.loads(run_command(root, "list", "--format", "json")[1])
    newer, older = found["datasets"]
    assert (newer["name"], newer["models"], newer["tags"]) == (f"drawn/{other}", [], [])
    assert (older["name"], older["models"], older["tags"]) == (first, ["mine/aa"], ["approved"])
    assert older["published"] == "1970-01-01T00:00:01+00:00"
    assert older["samples"] == 40 and older["gates"].startswith("61 passed")
    assert older["bytes"] == sum(p.stat().st_size for p in drawn_dataset.rglob("*") if p.is_file())
    (trained,) = found["models"]
    assert (trained["name"], trained["dataset"], trained["evaluations"]) == (
        "mine/aa", first, ["tried/ee"],
    )  # fmt: skip
    (evaluated,) = found["evaluations"]
    assert evaluated["models"] == ["mine/aa", "other (gpt, at an endpoint)"]
    assert evaluated["datasets"] == [first]
    shutil.rmtree(root / "datasets" / first)
    shown = run_command(root, "list")[1]
    assert f"{first} (not here)" in shown and "tried/ee" in shown


def test_what_cannot_be_read_is_listed_with_the_reason(root, other):
    hostile = root / "models" / "[red]\x1b[2J" / "\udcff"
    hostile.mkdir(parents=True)
    (hostile / "training.json").write_text('{"dataset": []}')
    (root / "evaluations" / "old" / "ee").mkdir(parents=True)
    (root / "datasets" / "drawn" / other / "manifest.json").write_text('{"name": 3}')
    code, shown, _ = run_command(root, "list")
    assert code == 0 and "\x1b" not in shown and "[red]" in shown
    assert shown.count("cannot be read") == 3
    assert len(read_catalogue(root).datasets) == 2


def test_an_empty_root_has_nothing(tmp_path):
    assert run_command(tmp_path / "none", "list")[:2] == (0, "")
    assert json.loads(run_command(tmp_path, "list", "--format", "json")[1]) == {
        "datasets": [], "models": [], "evaluations": [],
    }  # fmt: skip
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("num_bytes", "told"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "1.0 MB"), (12_345_678, "12.3 MB"),
     (999_600, "1.0 MB"), (99_500, "100 kB"), (5 * 10**15, "5000 TB")],
)  # fmt: skip
def test_sizes_have_three_digits(num_bytes, told):
    assert size_told(num_bytes) == told


def test_a_link_counts_itself(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(b"123")
    (tmp_path / "in" / "out").symlink_to("/usr")
    assert size_of(tmp_path / "in") == 3 + len("/usr")
