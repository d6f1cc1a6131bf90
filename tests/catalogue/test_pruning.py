"""Pruning: what no kept dataset needs goes, after it was listed; nothing else ever does."""

import json
import os
import shutil
import time
from fcntl import LOCK_EX, flock
from pathlib import Path

import polars as pl
import pytest

from flows.build import _run
from schemas.chat import Reply, Usage
from schemas.config.build import PipelineConfig
from schemas.replacing import MACHINE, PARTIAL
from tasks.chat.databases import open_engine
from tasks.chat.sql import Kept, SqlReplies
from tasks.chat.tables import REPLIES
from tasks.stage import Build, Stage
from tasks.turns import clearing_root, using_root
from tests.builds import status_of
from tests.commands import call
from tests.conftest import DRAWN
from tests.diff.worlds import WORLD, changed, make


@pytest.fixture
def root(two_builds, tmp_path) -> Path:
    return shutil.copytree(two_builds[0].parents[2], tmp_path / "root", symlinks=True)


def prune(root: Path, *arguments: str) -> list[str]:
    done = call("prune", "--root", root, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def files(root: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in sorted(root.rglob("*"))}


def run_of(root: Path, name: str, dataset: str) -> Path:
    folder = root / "runs" / name / "aa"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"data": {"dataset": dataset}}))
    (folder / "checkpoint").write_bytes(b"0" * 1000)
    return folder


def test_what_is_listed_is_deleted_and_what_is_kept_stays_whole(root, two_builds):
    older, newer = (folder.name for folder in two_builds)
    run_of(root, "old", f"drawn/{older}")
    run_of(root, "older", f"/elsewhere/datasets/drawn/{older}")  # as earlier releases wrote it
    new = run_of(root, "new", f"drawn/{newer}")
    (root / "models" / "old" / "aa").mkdir(parents=True)
    for dataset in (f"drawn/{older}", f"drawn/{newer}", "others/bb"):
        (root / "difficulty" / dataset).mkdir(parents=True)
        (root / "difficulty" / dataset / "model.parquet").write_bytes(b"0" * 1000)
    before = files(root)
    listed = prune(root)
    assert files(root) == before
    assert listed[0] == f"kept     drawn/{newer}"
    assert listed[1].startswith(f"dataset  drawn/{older}  ")
    assert [line.split()[:2] for line in listed if line.startswith("run")] == [
        ["run", "old/aa"], ["run", "older/aa"],
    ]  # fmt: skip
    assert f"rates    drawn/{older}  1.0 kB" in listed
    stages = {line.split()[1].partition("/")[0] for line in listed if line.startswith("artifact")}
    assert stages == {"extract", "plan", "write", "verify", "select", "validate", "publish"}
    assert listed[-1].endswith("MB would be deleted: add --delete") or "kB would" in listed[-1]
    assert prune(root, "--delete")[:-1] == listed[:-1]
    assert [path.name for path in (root / "datasets" / "drawn").iterdir()] == [newer]
    assert [path.name for path in (root / "runs").iterdir()] == ["new"] and new.is_dir()
    assert (root / "models" / "old" / "aa").is_dir()
    assert {path.parent.name for path in (root / "difficulty").rglob("*.parquet")} == {newer, "bb"}
    assert call("check", root).returncode == 0
    config = PipelineConfig.model_validate(DRAWN | {"proof": {"size_ratio": 1.8}})
    assert {entry.state for entry in status_of(config, root).values()} == {"complete"}
    assert prune(root) == [f"kept     drawn/{newer}", "nothing to prune"]


@pytest.mark.parametrize("keeps", ["--keep 2", "tag"])
def test_what_is_tagged_or_among_the_newest_is_kept(keeps, root, two_builds):
    if keeps == "tag":
        call("tag", f"drawn/{two_builds[0].name}", "approved", "--root", root)
    listed = prune(root, *(keeps.split() if keeps != "tag" else ()), "--delete")
    assert listed == [*sorted(f"kept     drawn/{folder.name}" for folder in two_builds),
                      "nothing to prune"]  # fmt: skip


@pytest.mark.parametrize("place", ["tags", "tags/drawn"])
@pytest.mark.parametrize("stray", ["a file", "a link to a disk that is not mounted"])
def test_nothing_is_pruned_where_tags_cannot_be_read(place, stray, root):
    path = root / place
    path.parent.mkdir(exist_ok=True)
    if stray == "a file":
        path.write_text("?")
    else:
        path.symlink_to(root / "nowhere")
    done = call("prune", "--delete", "--root", root)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{path} cannot be read (" in done.stderr
    assert "put the folder of tags back in its place" in done.stderr
    assert call("list", "--root", root).returncode == 0
    assert call("check", root).stdout == f"{path}: cannot be read\n"


def test_links_and_what_others_wrote_stay(root, two_builds, tmp_path):
    outside = tmp_path / "outside"
    shutil.copytree(two_builds[0], outside / "drawn")
    (outside / "table.parquet").write_text("mine")
    shutil.rmtree(root / "datasets" / "drawn" / two_builds[0].name)
    (root / "datasets" / "drawn" / two_builds[0].name).symlink_to(outside / "drawn")
    (root / "artifacts" / "plan" / "0123456789abcdef.parquet").symlink_to(outside / "table.parquet")
    (root / "damaged").mkdir()
    (root / "damaged" / "link").symlink_to(outside)
    inner = root / "damaged" / "folder"
    inner.mkdir()
    (inner / "link").symlink_to(outside)
    run_of(outside, "old", f"drawn/{two_builds[0].name}")
    (root / "runs").symlink_to(outside / "runs")
    others = [root / "artifacts" / "later" / "x.parquet", root / "datasets" / "mine" / "a" / "b"]
    for path in others:
        path.parent.mkdir(parents=True)
        path.write_text("?")
    before = files(outside)
    notes = [line for line in prune(root, "--delete") if line.startswith("note")]
    assert len(notes) == 4 and all("is a link, or behind one: left alone" in note for note in notes)
    assert files(outside) == before and not inner.exists()
    assert all(path.exists() for path in others)


def test_a_run_that_says_nothing_or_goes_on_is_left_alone(root, two_builds):
    silent = run_of(root, "silent", "x")
    (silent / "config.json").write_text("[]")
    elsewhere = run_of(root, "elsewhere", "others/bb")
    trained = run_of(root, "trained", f"drawn/{two_builds[0].name}")
    with (trained / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        lines = prune(root, "--delete")
    assert sum("left alone" in line for line in lines) == 2
    assert all(folder.is_dir() for folder in (silent, elsewhere, trained))


def test_what_a_killed_one_left_of_a_dataset_goes_with_the_next(root, two_builds):
    older, _ = two_builds
    dataset = root / older.relative_to(older.parents[2])
    left = dataset.with_name(f"{dataset.name}{PARTIAL}1-{MACHINE}-{2**22 + 7}")  # nobody's process
    dataset.rename(left)
    prune(root)
    assert left.is_dir()
    prune(root, "--delete")
    assert not left.exists()


def test_nothing_is_deleted_while_a_build_is_under_way(root):
    before = files(root)
    with using_root(root):
        done = call("prune", "--root", root, "--delete")
        assert done.returncode == 1 and "is under way below" in done.stderr
        assert call("prune", "--root", root).returncode == 0
    assert files(root) == before


def test_a_build_holds_its_root(tmp_path):
    told = []

    def try_to_clear(_: PipelineConfig) -> bool:
        with pytest.raises(RuntimeError, match="is under way below"), clearing_root(tmp_path):
            pass
        told.append(True)
        return False

    probe = Stage("probe", 1, "rows", lambda job: job.root, applies=try_to_clear)
    _run([probe], Build(PipelineConfig.model_validate(DRAWN), tmp_path))
    assert told == [True]
    with clearing_root(tmp_path):
        pass


@pytest.mark.parametrize("place", ["tags/drawn/approved.json", "manifest"])
def test_nothing_is_pruned_where_it_is_not_known_what_is_needed(place, root, two_builds):
    if place == "manifest":
        path = root / "datasets" / "drawn" / two_builds[1].name / "manifest.json"
    else:
        path = root / place
        path.parent.mkdir(parents=True)
    path.write_text("{")
    os.utime(path, (2e9, 2e9))
    before = files(root)
    done = call("prune", "--root", root, "--delete")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert files(root) == before


def store(root: Path, *replies: tuple[str, str, float]) -> SqlReplies:
    """The root's reply store with replies of these digests, payers and times."""
    sql = SqlReplies(*open_engine(f"sqlite:///{root / 'replies.sqlite'}"))
    usage = Usage(1, 1, 0, 1)
    kept = [
        Kept(Reply(digest, "m", b"x" * 1000, usage, "stop", 0.1, created, 1.0, False), payer)
        for digest, payer, created in replies
    ]
    sql.transact(lambda connection: sql.keep_all(connection, kept))
    return sql


def test_replies_that_no_kept_dataset_was_made_of_go(tmp_path):
    asks = {"config.write": {"chat": {"model": "m"}}, "config.judge": {"chat": {"model": "m"}}}
    make(tmp_path, "old", changed({**asks, "questions.0.requests": ["old"]}))
    make(tmp_path, "new", changed({**asks, "stages.write.version": 2}))
    os.utime(tmp_path / "datasets" / "made" / "old" / "manifest.json", (1, 1))
    later = time.time() + 60
    sql = store(
        tmp_path,
        ("w-q1", "made", 1.0), ("j-q1", "made", 1.0), ("old", "made", 1.0), ("old~1", "made", 1.0),
        ("w-q2", "others", 1.0), ("under-way", "made", later), ("unpublished", "next", 1.0),
        ("score", "evaluate-made", 1.0),
    )  # fmt: skip
    assert [line for line in prune(tmp_path) if line.startswith("replies")] == [
        "replies  2  2.0 kB"
    ]
    prune(tmp_path, "--delete")
    with sql.engine.connect() as connection:
        left = {row.digest for row in connection.execute(REPLIES.select())}
    assert left == {"w-q1", "j-q1", "w-q2", "under-way", "unpublished", "score"}
    spent = sql.transact(lambda connection: sql.spent_all(connection, ["made"]))
    assert spent == [5.0]
    sql.close()


def test_replies_stay_where_nothing_says_which_are_needed(tmp_path):
    make(tmp_path, "new", changed({"config.write": {"chat": {"model": "m"}}}))
    store(tmp_path, ("w-q1", "made", 1.0), ("old", "made", 1.0)).close()
    shutil.rmtree(tmp_path / "artifacts" / "write")
    (note,) = (line for line in prune(tmp_path) if line.startswith("note"))
    assert "replies stay: the artifacts of write" in note
    (tmp_path / "replies.sqlite").write_text("no database")
    make(tmp_path, "newer", WORLD)
    assert any("replies stay: " in line for line in prune(tmp_path))


def test_replies_stay_where_what_names_them_is_damaged(tmp_path):
    make(tmp_path, "new", changed({"config.write": {"chat": {"model": "m"}}}))
    store(tmp_path, ("w-q1", "made", 1.0), ("old", "made", 1.0)).close()
    (table,) = (tmp_path / "artifacts" / "write").glob("*.parquet")
    rows = pl.read_parquet(table)
    rows.with_columns(write_replies=pl.lit([""])).write_parquet(table)
    (note,) = (line for line in prune(tmp_path) if line.startswith("note"))
    assert f"replies stay, which made/new may need: {table} is damaged" in note


def test_a_root_without_anything_has_nothing_to_prune(tmp_path):
    assert prune(tmp_path) == ["nothing to prune"]
    assert prune(tmp_path, "--delete") == ["nothing to prune"]
    done = call("prune", "--root", tmp_path / "none", "--delete")
    assert (done.returncode, done.stdout) == (0, "")
    assert list(tmp_path.iterdir()) == []
    assert call("prune", "--root", tmp_path, "--keep", "0").returncode == 2
