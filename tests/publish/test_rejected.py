"""Samples that failed their validation can be looked at and compared, and are taken for no
dataset."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest

from schemas.config.build import PipelineConfig
from schemas.dataset_folder import builds_below, check_dataset, resolve_dataset, sample_files
from tasks.catalogue.pruning import plan_pruning
from tasks.diff.record import Record
from tasks.publish import stage as publish
from tasks.publish.rejected import write_rejected
from tasks.report.questions import question_parts
from tasks.stage import Build, Job
from tasks.validate.stage import DatasetRejectedError
from tests.builds import manifest_of
from tests.commands import call
from tests.conftest import DRAWN
from tests.stages import after, run

pytestmark = pytest.mark.long

STRICT = {"severity": {"levels_meet_the_quota": "critical"}, "tolerance": 0.0}


@pytest.fixture
def root(drawn_dataset, tmp_path) -> Path:
    return shutil.copytree(drawn_dataset.parents[2], tmp_path / "root", symlinks=True)


def rejected(root: Path, **gates: object) -> Path:
    """The folder of a build that differs from the drawn dataset only in its gates."""
    return write_rejected(rejected_job(root, **gates))


def rejected_job(root: Path, **gates: object) -> Job:
    from flows.graph import stages_of

    config = PipelineConfig.model_validate(DRAWN | {"gates": STRICT | gates})
    *before, validate, _ = stages_of(config)
    build = after(Build(config, root), *before)
    with pytest.raises(DatasetRejectedError, match="levels_meet_the_quota") as error:
        run(validate, build)
    build = build.after("validate", [error.value.validation])
    (job,) = publish.STAGE.jobs(build)
    return job


def test_a_report_shows_what_was_rejected_with_photographs_and_losses(root, drawn_dataset):
    folder = rejected(root)
    assert folder.parent == root / "rejected" / "drawn"
    assert manifest_of(folder)["digest"] == folder.name
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Do not publish this data set" in page
    shown, published = (
        pl.concat(question_parts(Record(place, root)))
        for place in (folder, root / _below(drawn_dataset))
    )
    assert shown.equals(published)
    pictures = page.count("data:image/webp;base64,")
    assert pictures == (drawn_dataset / "report.html").read_text().count("data:image/webp;base64,")
    assert "images" not in pl.read_parquet_schema(sample_files(folder)[0])


def test_of_two_builds_that_are_rejected_at_once_each_shows_what_was(root, monkeypatch):
    from tasks.publish import rejected as module

    both, write = threading.Barrier(2), module.write_report

    def wait_and_write(*arguments):
        with suppress(threading.BrokenBarrierError):
            both.wait(2)
        write(*arguments)

    monkeypatch.setattr(module, "write_report", wait_and_write)
    with ThreadPoolExecutor(2) as threads:
        found = set(threads.map(write_rejected, [rejected_job(root)] * 2))
    (folder,) = found
    assert manifest_of(folder)["digest"] == folder.name and (folder / "report.html").is_file()
    assert list(folder.parent.iterdir()) == [folder]
    assert [one.name for one in (root / "rejected").iterdir()] == ["drawn"]


def _below(dataset: Path) -> Path:
    return dataset.relative_to(dataset.parents[2])


def test_it_is_compared_and_explained_but_taken_for_no_dataset(root, drawn_dataset, tmp_path):
    folder = rejected(root)
    name = f"drawn/{folder.name}"
    assert resolve_dataset(name, root) == folder
    assert [one.name for one in builds_below(root)] == [drawn_dataset.name]
    with pytest.raises(ValueError, match="failed its validation"):
        check_dataset(folder)
    for refused in (["tag", name, "approved"], ["push", name, "--to", str(tmp_path / "to")]):
        done = call(*refused, "--root", root)
        assert (done.returncode, done.stdout) == (2, "")
        assert "failed its validation" in done.stderr.splitlines()[-1]
    compared = call("diff", "drawn", name, "--root", root)
    assert (compared.returncode, compared.stderr) == (0, "")
    sample = pl.concat(question_parts(Record(folder, root)))["question_id"][0]
    told = call("why", sample, "--dataset", name, "--root", root)
    assert (told.returncode, told.stderr) == (0, "")
    assert sample in told.stdout
    before = (folder / "report.html").read_bytes()
    (folder / "report.html").unlink()
    again = call("report", name, "--root", root)
    assert (again.returncode, again.stdout) == (0, f"{folder}/report.html\n")
    assert (folder / "report.html").read_bytes() == before


def test_the_next_one_takes_its_place_and_pruning_removes_it(root):
    first = rejected(root)
    second = rejected(root, max_answer_share=0.7)
    assert first != second
    assert [one.name for one in first.parent.iterdir()] == [second.name]
    entries = plan_pruning(root, ["validate"], keep=1).entries
    (entry,) = (one for one in entries if one.kind == "rejected")
    assert (entry.name, entry.paths) == (f"drawn/{second.name}", (second,))
    assert entry.num_bytes > 10_000
