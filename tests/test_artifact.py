import errno
import json
import os
import threading
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.config.margins import IngestConfig
from schemas.config.runner import RunnerConfig
from schemas.config.source import SourceConfig
from schemas.file_digests import file_digests
from schemas.replacing import MACHINE, replacing, replacing_folder
from tasks.artifact import digest_of, inputs_of, is_complete, plan_artifact, read_seal, state_of
from tasks.content import content_of_rows
from tasks.writing import remove_partials, write_artifact, write_incomplete, write_parts

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


def written(root: Path, *cuts: pl.DataFrame, **changes: object) -> list[Path]:
    return [
        write_artifact(cut, planned(root, shard=str(place), **changes))
        for place, cut in enumerate(cuts)
    ]


ROWS = pl.DataFrame(
    {"image_id": ["1", "2", "3"], "boxes": [[[1, 2]], [], None], "x": [0.5, None, 2]}
)


def test_the_content_of_a_stage_is_that_of_its_rows_however_they_are_cut(tmp_path):
    whole = inputs_of(scenes=written(tmp_path / "a", ROWS))
    for place, cuts in enumerate([(ROWS[:1], ROWS[1:]), (ROWS[:2], ROWS[2:]), (ROWS, ROWS[:0])]):
        assert inputs_of(scenes=written(tmp_path / str(place), *cuts)) == whole
    assert inputs_of(scenes=written(tmp_path / "b", ROWS, version=9)) == whole


@pytest.mark.parametrize(
    "other",
    [
        ROWS[:2],
        pl.concat([ROWS, ROWS[:1]]),
        ROWS.with_columns(x=pl.lit(0.5)),
        ROWS.with_columns(image_id=pl.Series(["1", "2", "4"])),
        ROWS.with_columns(boxes=pl.Series([[[1, 2]], [], []])),
        ROWS.rename({"x": "y"}),
        ROWS.with_columns(pl.col("x").cast(pl.Float32)),
    ],
)
def test_rows_that_differ_are_another_content(other, tmp_path):
    one, another = (written(tmp_path / name, rows) for name, rows in (("a", ROWS), ("b", other)))
    assert inputs_of(scenes=one) != inputs_of(scenes=another)


def test_the_ledger_is_a_part_of_the_content(tmp_path):
    bare, told, other = (planned(tmp_path / name) for name in "abc")
    write_artifact(ROWS, bare)
    write_artifact(ROWS, told, FRAME)
    write_artifact(ROWS, other, FRAME[:1])
    assert len({inputs_of(x=entry.path)["x"] for entry in (bare, told, other)}) == 3


@pytest.mark.parametrize("cuts", [(ROWS,), (ROWS[:1], ROWS[1:]), ()])
@pytest.mark.parametrize("ledger", [None, FRAME])
def test_an_artifact_is_the_same_when_its_rows_come_in_parts(tmp_path, cuts, ledger):
    whole, parts = planned(tmp_path / "whole"), planned(tmp_path / "parts")
    write_artifact(pl.concat(cuts) if cuts else ROWS.clear(), whole, ledger)
    write_parts(iter(cuts), ROWS.schema, parts, ledger)
    assert inputs_of(x=parts.path) == inputs_of(x=whole.path)
    assert state_of(parts) == ("complete", "")
    one, other = pl.read_parquet(parts.path), pl.read_parquet(whole.path)
    assert one.schema == other.schema and one.equals(other)
    recipes = [pl.read_parquet_metadata(entry.path)["recipe"] for entry in (whole, parts)]
    assert recipes == [whole.recipe, parts.recipe]


def test_parts_that_end_in_an_error_leave_no_artifact(tmp_path):
    def failing():
        yield ROWS
        raise RuntimeError("so")

    artifact = planned(tmp_path)
    with pytest.raises(RuntimeError, match="so"):
        write_parts(failing(), ROWS.schema, artifact)
    assert state_of(artifact) == ("missing", "")
    assert not list(tmp_path.rglob("*.partial-*"))


def overwrite(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES = {
    "cut": lambda path: overwrite(path, path.read_bytes()[:-9]),
    "empty": lambda path: overwrite(path, b""),
    "one bit": lambda path: overwrite(
        path, bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:]
    ),
    "another's rows": FRAME[:1].write_parquet,
    "a folder": as_folder,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_what_is_damaged_is_noticed_set_aside_and_made_again(damage, tmp_path, caplog):
    artifact = planned(tmp_path)
    write_artifact(FRAME, artifact, FRAME)
    assert is_complete(artifact)
    damage(artifact.path)
    assert state_of(artifact)[0] == "damaged"
    assert not is_complete(artifact)
    (line,) = caplog.messages
    assert str(artifact.path) in line and "\n" not in line
    assert state_of(artifact) == ("missing", "")
    assert not artifact.path.exists()
    assert sorted(path.name for path in (tmp_path / "damaged").iterdir())[-1] == artifact.path.name
    write_artifact(FRAME, artifact, FRAME)
    assert is_complete(artifact)


@pytest.mark.parametrize("text", ["", "[]", '{"recipe": 1}', "{", '{"recipe": {}, "files": {}}'])
def test_a_damaged_seal_is_noticed(text, tmp_path):
    artifact = planned(tmp_path)
    write_artifact(FRAME, artifact)
    artifact.seal_path.write_text(text)
    assert state_of(artifact) == ("damaged", "its seal is unreadable")


def test_an_artifact_under_the_name_of_another_is_damaged(tmp_path):
    one, other = planned(tmp_path), planned(tmp_path, version=2)
    write_artifact(FRAME, one)
    write_artifact(FRAME, other)
    for path in (one.path, one.seal_path):
        name = path.name.replace(one.digest, other.digest)
        path.rename(path.with_name(name))
    assert state_of(other)[0] == "damaged"


@pytest.mark.parametrize("lost", ["path", "ledger_path", "seal_path"])
def test_what_is_deleted_is_missing(lost, tmp_path):
    artifact = planned(tmp_path)
    write_artifact(FRAME, artifact, FRAME)
    getattr(artifact, lost).unlink()
    assert state_of(artifact) == ("missing", "")


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
    recipe = read_seal(artifact.path)["recipe"]
    assert recipe == json.loads(artifact.recipe)
    assert recipe["config"]["ingest"] == IngestConfig().model_dump()
    assert {path.name for path in artifact.path.parent.iterdir()} == {
        path.name for path in (artifact.path, artifact.ledger_path, artifact.seal_path)
    }


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "column",
    [
        [[NAN], [None], [INF], [-INF], [1.0]],
        [[[NAN, 1.0]], [[None, 1.0]], [[1.0, NAN]], [[INF, 1.0]], [[]], [None]],
        [[{"x": NAN}], [{"x": None}], [{"x": -INF}], [None]],
        [[{"x": [{"y": NAN}]}], [{"x": [{"y": None}]}], [{"x": [None]}]],
    ],
    ids=["floats", "lists", "structs", "deep"],
)
def test_floats_that_are_not_finite_are_different_contents(column):
    frames = [pl.DataFrame({"a": cells, "b": ["x"]}) for cells in column]
    kind = pl.concat(frames, how="vertical_relaxed").schema
    digests = [content_of_rows(frame.cast(dict(kind))).digest for frame in frames]
    assert len(set(digests)) == len(frames)


def test_arrays_and_the_order_of_rows_that_are_not_finite():
    frame = pl.DataFrame(
        {"a": [[1.0, NAN], [NAN, 1.0], [1.0, 2.0]]}, {"a": pl.Array(pl.Float32, 2)}
    )
    contents = [content_of_rows(part) for part in frame.iter_slices(1)]
    assert len({content.digest for content in contents}) == 3
    assert contents[2] + contents[0] + contents[1] == content_of_rows(frame)


def test_the_content_of_finite_rows_keeps_its_digest():
    frame = pl.DataFrame({"a": [0.5, None], "b": [["x"], []], "c": [b"\1", None]})
    assert content_of_rows(frame).digest == "f67cf45c348b02dd"


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


@pytest.mark.parametrize(("replaces", "inner"), [(replacing, ""), (replacing_folder, "/x")])
def test_what_could_not_be_written_is_called_by_its_own_name(tmp_path, replaces, inner):
    path = tmp_path / "dataset"
    with pytest.raises(NotADirectoryError) as refused, replaces(path) as partial:
        place = partial / inner.removeprefix("/")
        place.write_text("")
        (place / "y").write_text("")
    assert refused.value.filename == f"{path}{inner}/y"


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
    mark = f"partial-1-{MACHINE}"
    folder = tmp_path / "artifacts" / "ingest"
    (folder / f"b.{mark}-{dead}").mkdir(parents=True)
    gone = [
        folder / f"a.parquet.{mark}-{dead}",
        tmp_path / "artifacts" / f"x.{mark}-{dead}",
        tmp_path / "sight" / "depth-1f" / "ab" / f"abc.seen.{mark}-{dead}",
        tmp_path / "artifacts" / "infer-parts" / "2f" / f"00000001.parquet.{mark}-{dead}",
    ]
    kept = [folder / f"c.parquet.{mark}-{alive}", folder / "d.parquet"]
    for path in (*gone, *kept, folder / f"b.{mark}-{dead}" / "file"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    remove_partials(tmp_path)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)
    assert not (folder / f"b.{mark}-{dead}").exists()


def test_what_another_machine_writes_to_a_shared_folder_is_left_to_it_for_a_day(tmp_path):
    folder = tmp_path / "artifacts" / "ingest"
    folder.mkdir(parents=True)
    written, left = folder / "a.parquet.partial-1-0a-7", folder / "b.parquet.partial-1-0a-7"
    for path in (written, left):
        path.touch()
    os.utime(left, (0, 0))
    remove_partials(tmp_path)
    assert [*folder.iterdir()] == [written]


def test_digests_that_cannot_be_remembered_are_taken_all_the_same(tmp_path):
    """On a read-only or full disk, a sound file is no damaged one."""
    (tmp_path / "file").write_bytes(b"x")
    store = tmp_path / "file" / "store.json"
    found = file_digests([tmp_path / "file"], store)
    assert found == {tmp_path / "file": sha256(b"x").hexdigest()}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("replaces", [replacing, replacing_folder])
def test_what_finds_no_room_is_named_by_what_was_to_be_written(replaces, number, tmp_path):
    with pytest.raises(OSError) as caught, replaces(tmp_path / "a"):
        raise OSError(number, os.strerror(number))
    assert caught.value.filename == str(tmp_path / "a")


def test_a_file_that_the_disk_does_not_give_is_named(tmp_path):
    unreadable = Path("/proc/self/mem")  # its first page is never there
    with pytest.raises(OSError) as caught:
        file_digests([unreadable], tmp_path / "digests.json")
    assert (caught.value.errno, caught.value.filename) == (errno.EIO, str(unreadable))
