"""Turns: two commands that would make the same artifact, or folder, at the same time."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schemas.dataset_tags import set_tag
from schemas.replacing import partial_of, replacing, replacing_folder
from tasks.artifact import Artifact, is_complete, plan_artifact
from tasks.chat.databases import open_engine
from tasks.chat.replies import open_replies
from tasks.chat.run import Run
from tasks.download.stage import download_archives
from tasks.review.book import open_book
from tasks.train.stage import run_trainer
from tasks.turns import LOCK, in_turn, sole_maker, using_root
from tasks.writing import write_artifact
from tests.builds import config_of
from tests.commands import REPOSITORY

HOLDS = """
import sys, time
from pathlib import Path
from tasks.artifact import Artifact
from tasks.turns import sole_maker
with sole_maker(Artifact(Path(sys.argv[1]), "{}")):
    print("held", flush=True)
    time.sleep(60)
"""


def artifact_of(root: Path) -> Artifact:
    return plan_artifact(root, "ingest", version=1, config={}, inputs={})


def test_many_that_make_one_artifact_make_it_once(tmp_path):
    import polars as pl

    artifact, made = artifact_of(tmp_path), []

    def make(number: int) -> Path:
        with sole_maker(artifact):
            if not is_complete(artifact):
                time.sleep(0.05)
                made.append(number)
                write_artifact(pl.DataFrame({"number": [number]}), artifact)
        return artifact.path

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(make, range(8))) == {artifact.path}
    assert len(made) == 1
    assert not list(tmp_path.rglob(f"*{LOCK}"))


def test_a_lock_ends_with_its_process_and_one_who_waits_can_be_stopped(tmp_path):
    artifact = artifact_of(tmp_path)
    command = [sys.executable, "-c", HOLDS, str(artifact.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as other:
        assert other.stdout and other.stdout.readline() == "held\n"
        run, waited = Run(), list[int]()
        threading.Timer(0.2, lambda: (waited.append(run.num_waiting), run.stop())).start()
        with (
            pytest.raises(RuntimeError, match="stopped while another"),
            sole_maker(artifact, run),
        ):
            pytest.fail("two hold it")
        assert (waited, run.num_waiting) == ([1], 0)
        other.send_signal(signal.SIGKILL)
        with sole_maker(artifact):
            pass


def test_a_job_waits_for_another_build_that_does_it(tmp_path):
    from flows.build import run_job
    from flows.graph import STAGES
    from tasks.stage import Build

    stage = STAGES[0]
    (job,) = stage.jobs(Build(config_of("http://127.0.0.1:9/v1"), tmp_path))
    with ThreadPoolExecutor(2) as threads:
        ended = list(threads.map(lambda _: run_job.fn(stage, job), range(2)))
    made, cached = sorted(ended, key=lambda one: not isinstance(one, Path))
    assert made == job.artifact.path
    assert (cached.name, cached.data) == ("Cached", made)


def test_of_two_that_write_one_folder_the_first_stays(tmp_path):
    path, both = tmp_path / "dataset", threading.Barrier(2)

    def write(text: str) -> str:
        with replacing_folder(path) as partial:
            (partial / "file").write_text(text)
            both.wait(10)
        return (path / "file").read_text()

    with ThreadPoolExecutor(2) as threads:
        found = set(threads.map(write, "ab"))
    assert len(found) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_not_put_in_the_place_of_a_file(tmp_path):
    (tmp_path / "dataset").write_text("a file")
    with pytest.raises(OSError), replacing_folder(tmp_path / "dataset") as partial:
        (partial / "file").write_text("x")
    assert (tmp_path / "dataset").read_text() == "a file"
    assert len(list(tmp_path.iterdir())) == 1


def reads(path: Path) -> None:
    path.read_bytes()


@pytest.mark.parametrize("is_made_anew", [False, True])
def test_a_root_that_was_moved_is_why_what_uses_it_fails(is_made_anew, tmp_path):
    root = tmp_path / "root"
    with (
        pytest.raises(RuntimeError, match=f"{root} was moved or removed while it was used"),
        using_root(root),
    ):
        root.rename(tmp_path / "elsewhere")
        if is_made_anew:  # as by the lock of the next artifact
            (root / "artifacts").mkdir(parents=True)
        reads(root / "artifacts" / "file")


def test_a_root_that_is_in_its_place_is_not_why(tmp_path):
    with pytest.raises(FileNotFoundError, match="file"), using_root(tmp_path / "root"):
        reads(tmp_path / "root" / "file")


@pytest.fixture
def synced(monkeypatch, tmp_path) -> list[str]:
    """What is synchronised with the disk, as it was called then."""
    found, sync = [], os.fsync

    def noting(number: int) -> None:
        place = Path(f"/proc/self/fd/{number}").readlink()
        found.append(place.relative_to(tmp_path).as_posix().partition(".partial-")[0])
        found[-1] += "/file" if place.name == "file" else ""
        sync(number)

    monkeypatch.setattr(os, "fsync", noting)
    return found


def test_what_is_durable_is_on_the_disk_under_its_name(tmp_path, synced):
    with replacing_folder(tmp_path / "a") as partial:
        (partial / "file").write_text("x")
    assert synced == ["a/file", "a", "."]
    synced.clear()
    with replacing(tmp_path / "b") as partial:
        partial.write_text("x")
    assert synced == ["b", "."]


def test_so_are_the_names_of_the_folders_above_that_are_new(tmp_path, synced):
    with replacing_folder(tmp_path / "datasets" / "sample" / "a") as partial:
        (partial / "file").write_text("x")
    assert synced == [
        ".",
        "datasets",
        "datasets/sample/a/file",
        "datasets/sample/a",
        "datasets/sample",
    ]
    synced.clear()
    with replacing(tmp_path / "tags" / "b") as partial:
        partial.write_text("x")
    assert synced == [".", "tags/b", "tags"]


def test_a_turn_leaves_no_folder_whose_name_is_not_on_the_disk(tmp_path, synced):
    model = tmp_path / "models" / "tiny" / "00ff"
    with in_turn(model), replacing_folder(model) as partial:
        (partial / "file").write_text("x")
    assert synced == [
        ".",
        "models",
        "models/tiny/00ff/file",
        "models/tiny/00ff",
        "models/tiny",
    ]


def test_what_people_say_and_what_was_paid_is_on_the_disk_under_its_name(tmp_path, synced):
    set_tag("sample", "approved", "a1", tmp_path, moves=False)
    assert synced == [".", "tags", "tags/sample/approved.json", "tags/sample"]
    synced.clear()
    with open_book(tmp_path, "sample", "ann"):
        assert synced == [".", "reviews"]
    synced.clear()
    engine, _ = open_engine(f"sqlite:///{tmp_path}/replies/replies.db")
    engine.dispose()
    assert synced == [".", "replies"]


def test_batches_are_known_after_a_power_cut_before_they_are_created(tmp_path, synced):
    store = open_replies(f"sqlite:///{tmp_path}/replies.db")
    synced.clear()
    asyncio.run(store.add_batch("intent-1", "scope", ["00ff" * 8]))
    assert synced == ["replies.db-wal"]
    store.close()


def test_folders_of_what_takes_hours_are_on_the_disk_under_their_names(tmp_path, synced):
    run_trainer([sys.executable, "-c", "pass"], tmp_path / "runs" / "tiny" / "00ff")
    assert synced == [".", "runs", "runs/tiny"]
    synced.clear()
    assert download_archives([], tmp_path / "data" / "visual-genome") == []
    assert synced == [".", "data"]


def test_a_disk_that_fails_is_named(tmp_path, monkeypatch):
    def fails(number: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match=re.escape(f"'{tmp_path / 'b'}'")), replacing(tmp_path / "b"):
        (partial_of(tmp_path / "b")).write_text("x")


def test_artifacts_are_checked_when_they_are_read_and_cost_no_synchronising(tmp_path, synced):
    import polars as pl

    write_artifact(pl.DataFrame({"a": [1]}), artifact_of(tmp_path), pl.DataFrame({"b": [2]}))
    assert synced == []
