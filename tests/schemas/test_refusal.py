"""What this user may not read is not told as damaged, missing or to be got again."""

import shutil
import zipfile
from pathlib import Path

import pytest

from evaluation.photograph_files import _names
from evaluation.reply_files import read_reply_file
from evaluation.tables import read_rows
from flows.outcomes import outcome_of
from schemas.dataset_folder import check_dataset, read_manifest
from schemas.difficulty import read_difficulty
from schemas.model_folder import read_training
from schemas.refusal import MORE_MEMORY, what_helps
from schemas.review import read_reviews
from tasks.artifact import SEAL, Artifact, is_complete, state_of
from tasks.catalogue.checking import check_below
from tasks.leakage.exclude import read_lists
from tasks.sources.archives import open_archive, unpack_member
from tasks.sources.vg150_parquet import columns_of
from tasks.validate.suites import read_suite
from tasks.write.override import read_questions
from tests.rights import as_nobody, closed, open_folder


def refused(reading, place: Path) -> str:
    """What a command says that meets the file, as root alone may read it."""
    with closed(place), pytest.raises((ValueError, OSError)) as error:
        reading()
    with closed(place):
        return outcome_of(error.value)[0]


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("manifest.json", lambda path: read_manifest(path.parent)),
        ("reviews.parquet", read_reviews),
        ("list.parquet", lambda path: read_lists([path])),
        ("training.json", lambda path: read_training(path.parent)),
        ("rates.parquet", read_difficulty),
        ("rows.jsonl", lambda path: list(read_rows(path))),
        ("rows.parquet", lambda path: list(read_rows(path))),
        ("rows.csv", lambda path: list(read_rows(path))),
        ("replies.xlsx", read_reply_file),
        ("photographs.zip", _names),
        ("source.zip", open_archive),
        ("vg150.parquet", columns_of),
        ("questions.parquet", read_questions),
        ("suite.json", read_suite),
    ],
)
def test_who_may_not_read_a_file_is_told_so(name, reading):
    with open_folder() as folder:
        path = folder / name
        path.write_bytes(b"sound")
        told = refused(lambda: reading(path), path)
    assert str(path) in told or str(path.parent) in told
    assert "Permission denied" in told
    assert told.endswith(": give this user the right to read it")


@pytest.mark.parametrize(
    ("error", "helps"),
    [
        (PermissionError(13, "Permission denied", "/a"), "give this user the right to read it"),
        (MemoryError(), MORE_MEMORY),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), MORE_MEMORY),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), MORE_MEMORY),
        (OSError(12, "Cannot allocate memory"), MORE_MEMORY),
        (OSError(5, "Input/output error"), "get it again"),
        (ValueError("its header is cut"), "get it again"),
    ],
)
def test_what_helps_depends_on_who_refuses(error, helps):
    assert what_helps(error, "get it again") == helps


def test_who_may_not_read_a_part_of_a_dataset_is_told_so(drawn_dataset):
    with open_folder() as root:
        folder = Path(shutil.copytree(drawn_dataset, root / "street"))
        for name in ("data/train-00000-of-00001.parquet", "__validation__/results.json"):
            told = refused(lambda: check_dataset(folder), folder / name)
            assert f"{folder / name}" in told and "(Permission denied)" in told
            assert told.endswith(": give this user the right to read it")


def test_an_artifact_whose_seal_may_not_be_read_is_not_set_aside(drawn_dataset):
    sealed = next((drawn_dataset.parents[2] / "artifacts" / "plan").glob(f"*{SEAL}"))
    name = sealed.name.removesuffix(SEAL)
    with open_folder() as root:
        folder = root / "artifacts" / "plan"
        shutil.copytree(sealed.parent, folder)
        artifact = Artifact(folder / f"{name}.parquet", recipe="")
        assert state_of(artifact)[0] == "complete"
        with closed(artifact.seal_path), pytest.raises(PermissionError):
            is_complete(artifact)
        with closed(artifact.seal_path):
            (damage,) = check_below(root).damages
        assert damage.path == artifact.seal_path and "Permission denied" in damage.problem
        assert state_of(artifact)[0] == "complete"


def test_an_archive_is_not_damaged_where_its_target_cannot_be_written(tmp_path):
    with zipfile.ZipFile(tmp_path / "source.zip", "w") as made:
        made.writestr("objects.json", "[]")
    with open_folder() as folder, open_archive(tmp_path / "source.zip") as archive:
        member, target = archive.getinfo("objects.json"), folder / "objects.json"
        with as_nobody(), pytest.raises(PermissionError):
            unpack_member(archive, member, target)
        assert unpack_member(archive, member, target).read_text() == "[]"
