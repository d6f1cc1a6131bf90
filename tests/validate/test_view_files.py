"""The checks view of many samples lies in files, and says what one of a few says."""

from pathlib import Path

import polars as pl
import pytest

from schemas.sample import SAMPLE
from tasks.validate import view_files
from tasks.validate.stage import validate_samples
from tasks.validate.view_files import write_view
from tests.validate.test_validate import DEFECTS, OUTPUTS, QUOTA, ROWS, SELECT, SOUND


def broken() -> pl.DataFrame:
    """Samples with defects of several kinds in rows far from one another, and one of them twice."""
    rows = [*ROWS]
    for number, change in {number: change for number, change, _ in DEFECTS}.items():
        rows[number] = rows[number] | change(rows[number])
    rows[-1] = rows[-1] | {"question_only": "No question"}
    return pl.DataFrame([*rows, rows[-1]], SAMPLE)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """The results where all rows are judged at once."""
    folder = tmp_path_factory.mktemp("whole")
    validate_samples(broken().lazy(), QUOTA, SELECT, folder)
    return folder


@pytest.mark.parametrize("rows_at_once", [17, SOUND.height])
def test_results_do_not_depend_on_how_many_rows_are_judged_at_once(
    rows_at_once, whole, tmp_path, monkeypatch
):
    monkeypatch.setattr(view_files, "ROWS", rows_at_once)
    monkeypatch.setattr(view_files, "SLICE", 3)
    validate_samples(broken().lazy(), QUOTA, SELECT, tmp_path)
    for name in OUTPUTS:
        assert (tmp_path / name).read_bytes() == (whole / name).read_bytes(), name


def test_parts_of_a_view_are_found_by_number(tmp_path, monkeypatch):
    monkeypatch.setattr(view_files, "ROWS", 10)
    found = write_view(SOUND.lazy(), tmp_path)
    ids = SOUND["question_id"].sort().to_list()
    assert [pl.read_parquet(file).height for file in found.files[:-1]] == [10] * (
        len(found.files) - 1
    )
    assert found.select("question_id")["question_id"].to_list() == ids
    assert found.every(7, "question_id")["question_id"].to_list() == ids[::7]
    numbers = [0, 9, 10, SOUND.height - 1]
    assert found.rows(numbers, "question_id")["question_id"].to_list() == [
        ids[number] for number in numbers
    ]
