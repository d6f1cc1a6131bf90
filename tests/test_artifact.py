import json
import os
import threading
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.config.build import IngestConfig, RunnerConfig, SourceConfig
from tasks.artifact import (
    digest_of,
    inputs_of,
    plan_artifact,
    read_recipe,
    remove_partials,
    replacing,
    replacing_folder,
    write_artifact,
    write_incomplete,
)

PLAN = {
    "stage": "ingest",
    "version": 1,
    "config": {"ingest": IngestConfig(), "seed": 3},
    "inputs": {"index": "0123456789abcdef"},
    "shard": "0-9",
}
FRAME = pl.DataFrame({"a": [1, 2]})


def planned(root: Path = Path("/data"), **changes: object):
    return plan_artifact(root, **(PLAN | changes))


@pytest.mark.parametrize(
    "change",
    [
        {"stage": "extract"},
        {"version": 2},
        {"config": {"ingest": IngestConfig(merge_iou=0.7), "seed": 3}},
        {"config": {"ingest": IngestConfig(), "seed": 4}},
        {"config": {"other": IngestConfig(), "seed": 3}},
        {"inputs": {"index": "0123456789abcdee"}},
        {"inputs": {"index": "0123456789abcdef", "more": "1"}},
    ],
)
def test_the_digest_covers_what_decides_the_bytes(change):
    assert digest_of(planned(**change).path) != digest_of(planned().path)


@pytest.mark.parametrize(
    "change",
    [
        {"shard": ""},
        {"shard": "9-18"},
        {"root": Path("/elsewhere")},
        {"suffix": ".json"},
        {"config": {"seed": 3, "ingest": IngestConfig()}},
    ],
)
def test_the_digest_does_not_cover_where_or_in_what_pieces(change):
    assert planned(**change).digest == planned().digest
    assert planned(**change).recipe == planned().recipe


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (SourceConfig(kind="gqa", path="/a"), SourceConfig(kind="gqa", path="/b")),
        (RunnerConfig(max_workers=1), RunnerConfig(max_workers=8, shard_size=5)),
    ],
)
def test_the_digest_does_not_cover_excluded_fields(one, other):
    assert planned(config={"x": one}).digest == planned(config={"x": other}).digest


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("0123456789abcdef.parquet", "0123456789abcdef"),
        ("0123456789abcdef-0000000-0000009.parquet", "0123456789abcdef"),
        ("0123456789abcdef-0-9.ledger.parquet", "0123456789abcdef"),
        ("0123456789abcdef", "0123456789abcdef"),
    ],
)
def test_a_file_name_holds_the_digest(name, digest):
    assert digest_of(Path("/data") / name) == digest


def test_inputs_are_named_and_shards_count_once():
    paths = [planned(shard=shard).path for shard in ("0-9", "9-18")]
    found = inputs_of(scenes=paths, plan=Path("/x/ffff-1.parquet"))
    assert found == {"scenes": planned().digest, "plan": "ffff"}
    incomplete = inputs_of(scenes=[*paths, Path("/x/ffff-1.parquet")])
    assert incomplete == {"scenes": "+".join(sorted([planned().digest, "ffff"]))}


def test_an_incomplete_artifact_is_never_taken_for_the_whole(tmp_path):
    artifact = planned(root=tmp_path, shard="0-9")
    frame = pl.DataFrame({"a": [1]})
    first, second, again = (
        write_incomplete(frame, artifact, missing) for missing in (["x", "y"], ["x"], ["y", "x"])
    )
    assert not artifact.path.exists()
    assert len({digest_of(path) for path in (first, second, artifact.path)}) == 3
    assert first == again
    assert first.name.endswith("-0-9.parquet")


@given(st.text(min_size=1, max_size=8), st.text(min_size=1, max_size=8))
def test_inputs_that_differ_have_digests_that_differ(name, digest):
    one = planned(inputs={name: digest}).digest
    assert one != planned(inputs={name: digest + "0"}).digest
    assert one != planned(inputs={name + "0": digest}).digest
    assert one == planned(inputs={name: digest}).digest


def test_an_artifact_carries_its_recipe_and_its_ledger(tmp_path):
    artifact = planned(tmp_path)
    assert write_artifact(FRAME, artifact, FRAME) == artifact.path
    assert pl.read_parquet(artifact.path).equals(FRAME)
    assert pl.read_parquet(artifact.ledger_path).equals(FRAME)
    assert read_recipe(artifact.path) == json.loads(artifact.recipe)
    assert read_recipe(artifact.path)["config"]["ingest"] == IngestConfig().model_dump()
    assert sorted(path.name for path in artifact.path.parent.iterdir()) == sorted(
        [artifact.path.name, artifact.ledger_path.name]
    )


def test_the_ledger_is_there_before_the_artifact(tmp_path):
    artifact = planned(tmp_path)
    artifact.path.mkdir(parents=True)  # so that the artifact itself cannot be written
    with pytest.raises(OSError):
        write_artifact(FRAME, artifact, FRAME)
    assert artifact.ledger_path.exists()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_file_appears_whole_or_not_at_all(tmp_path, error):
    path = tmp_path / "deep" / "x.json"
    with replacing(path) as partial:
        partial.write_text("old")
        assert not path.exists()
    with pytest.raises(error), replacing(path) as partial:
        partial.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_folder_appears_whole_or_not_at_all(tmp_path, error):
    path = tmp_path / "deep" / "dataset"
    with pytest.raises(error), replacing_folder(path) as partial:
        (partial / "half").write_text("half")
        raise error
    assert list(path.parent.iterdir()) == []
    with replacing_folder(path) as partial:
        (partial / "whole").write_text("whole")
        assert not path.exists()
    assert [file.name for file in path.iterdir()] == ["whole"]


def test_threads_that_write_one_file_do_not_meet(tmp_path):
    path, gate, failed = tmp_path / "store.json", threading.Barrier(4), []

    def write(text: str) -> None:
        try:
            with replacing(path) as partial:
                partial.write_text(text)
                gate.wait(10)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(str(number) * 9,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert path.read_text() in {str(number) * 9 for number in range(4)}
    assert list(tmp_path.iterdir()) == [path]


def test_what_dead_processes_left_half_written_is_removed(tmp_path):
    dead = 2**22 + 7  # above the largest process id that Linux gives
    alive = os.getpid()
    folder = tmp_path / "artifacts" / "ingest"
    (folder / f"b.partial-1-{dead}").mkdir(parents=True)
    gone = [folder / f"a.parquet.partial-1-{dead}", tmp_path / "artifacts" / f"x.partial-1-{dead}"]
    kept = [folder / f"c.parquet.partial-1-{alive}", folder / "d.parquet"]
    for path in (*gone, *kept, folder / f"b.partial-1-{dead}" / "file"):
        path.write_text("x")
    remove_partials(tmp_path)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)
    assert not (folder / f"b.partial-1-{dead}").exists()
