"""The bench of an evaluation's report fills benchmarks up as it says."""

import polars as pl
import pytest

from bench.evaluation_report import measure, repeated, replies_to
from evaluation.verdicts import read_replies
from schemas.config.evaluation import BenchmarkConfig
from tasks.evaluate.benchmark import write_items

LARGEST_MB = 30.0
"""A page that can still be opened and sent."""


def test_items_are_repeated_as_others_of_other_groups():
    rows = pl.DataFrame({"item_id": ["a", "b"], "group": ["g", "g"], "kind": ["x", "y"]})
    found = repeated(rows, 5)
    assert found["item_id"].is_unique().all()
    assert found["group"].n_unique() == 3
    assert found["kind"].to_list() == ["x", "y", "x", "y", "x"]


@pytest.mark.parametrize("name", ["mmstar", "spatialbench", "mindcube_tiny"])
def test_replies_are_as_right_as_they_say(name, tmp_path):
    items = pl.read_parquet(write_items(BenchmarkConfig(name=name, path="miniature"), tmp_path))
    for right in (True, False):
        parsed = read_replies(items, replies_to(items, right=right))
        assert parsed["is_right"].unique().to_list() == [right]


@pytest.mark.long
def test_a_report_of_every_benchmark_stays_small(tmp_path):
    (tmp_path / "report").mkdir()  # as an earlier call leaves it
    found = measure(tmp_path, 240, 2)
    assert found["page_mb"] < LARGEST_MB
    assert found["items"] == found["benchmarks"] * -(-240 // found["benchmarks"])
