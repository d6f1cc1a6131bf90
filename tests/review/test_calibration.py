"""Which evidence, and which votes of a judge, let wrong labels through."""

import json
from pathlib import Path

import polars as pl
import pytest

from schemas.columns import frame_of
from schemas.review import REVIEW
from schemas.sample import SAMPLE
from tasks.review.calibration import NOT_KNOWN, calibrations
from tasks.review.precision import wilson
from tests.diff.worlds import WORLD, make

REVIEWED = pl.DataFrame(
    {
        "key": ["k1", "k2", "k3", "k4"],
        "evidence": ["asserted", "proved", "asserted", "proved"],
        "outcome": ["wrong", "right", "right", "disputed"],
    }
)


def reviews(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """Of key, dataset and question."""
    return frame_of(
        [
            {"key": key, "dataset": dataset, "question_id": question}
            for key, dataset, question in rows
        ],
        REVIEW,
    )


@pytest.fixture
def root(tmp_path) -> Path:
    """Two datasets of which only the first was judged."""
    config = WORLD["config"] | {"judge": {"rule": "checked"}}
    for name, world in (("one", WORLD | {"config": config}), ("two", WORLD)):
        folder = make(tmp_path, name, world)
        rows = [
            {"question_id": question, "answer_text_only": "dog", "votes": votes, "split": "train"}
            for question, votes in (
                ("q1", ["dog", "dog"]),
                ("q2", ["cat", "dog", None, "dog", "dog"]),
                ("q3", ["dog", "dog"]),
                ("q4", None),
            )
        ]
        frame_of(rows, SAMPLE).write_parquet(folder / "data" / "train-00000-of-00001.parquet")
    manifest = tmp_path / "datasets" / "made" / "two" / "manifest.json"
    text = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(text | {"config": text["config"] | {"judge": None}}))
    return tmp_path


def told(found):
    return [(one.kind, one.told, one.right, one.reviewed) for one in found]


def test_evidence_comes_first_and_the_surest_of_it(tmp_path):
    found = calibrations(REVIEWED, reviews(), tmp_path)
    assert told(found) == [("evidence", "proved", 1, 2), ("evidence", "asserted", 1, 2)]
    assert (found[0].low, found[0].high) == wilson(1, 2)


def test_votes_are_those_of_the_dataset_in_which_a_question_was_reviewed(root):
    said = reviews(
        ("k1", "made/one", "q1"), ("k2", "made/one", "q2"), ("k3", "made/one", "q3"),
        ("k4", "made/gone", "q1"), ("k1", "made/two", "q2"),
    )  # fmt: skip
    assert told(calibrations(REVIEWED, said, root))[2:] == [
        ("judge", "checked, 2 of 2 votes", 1, 2),
        ("judge", "checked, 3 of 5 votes", 1, 1),
        ("judge", NOT_KNOWN, 0, 1),
    ]


def test_where_no_judge_was_asked_nothing_is_said_of_one(root):
    said = reviews(("k1", "made/two", "q1"), ("k2", "made/one", "q4"))
    assert {one.kind for one in calibrations(REVIEWED, said, root)} == {"evidence"}
