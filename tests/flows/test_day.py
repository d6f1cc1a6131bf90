"""The commands of docs/day.md, one after the other, as a new user types them."""

import json

import polars as pl
import pytest

from bench.day import Day, browser, click_through, commands
from schemas.review import reviews_of
from tests.browser import in_browser
from tests.commands import call
from tests.servers.s3 import serving_s3

pytestmark = [pytest.mark.long, in_browser]
NUM_ITEMS, NUM_CLICKED = 100, 3


def test_a_day_goes_from_a_failed_gate_to_an_evaluated_model(prefect_server, tmp_path):
    pytest.importorskip("trl")
    day = Day(tmp_path, lambda words: call(*words))
    told = {}
    with serving_s3("wJalrXUtnFEMIexampleSECRETexample"):
        for words in commands():
            if words[0] == "review":
                with day.reviewing(words) as address, browser() as opened:
                    click_through(opened((390, 720)), address, NUM_CLICKED)
                continue
            done = day.do(words)
            told[" ".join(words)] = done.stdout.splitlines()
            is_first = len(told) == 1
            assert done.returncode == (1 if is_first else 0), done.stderr
            if is_first:
                assert "there_are_enough_samples" in done.stderr.splitlines()[-1]
            if "--export" in words:
                day.review_elsewhere()
    said = reviews_of(tmp_path, "street")
    assert dict(said.group_by("reviewer").len().iter_rows()) == {
        "ada": NUM_CLICKED, "bo-bcab8a": NUM_ITEMS, "cleo-5ae22d": NUM_ITEMS,
    }  # fmt: skip
    assert told["reviews street"][0].startswith(f"all: {NUM_ITEMS - 1} of {NUM_ITEMS} right")
    (approved,) = told["tag street approved"]
    assert told["push street@approved --to s3://bucket/street"] == ["s3://bucket/street"]
    page = (tmp_path / "datasets" / approved / "report.html").read_text(encoding="utf-8")
    assert 'id="reviews"' in page
    ledger = pl.read_parquet(tmp_path / "datasets" / approved / "ledger.parquet")
    assert ledger.filter(pl.col("reason").str.starts_with("reviewed-")).height == 1
    listed = json.loads(call("list", "--root", tmp_path, "--format", "json").stdout)
    (model,) = listed["models"]
    (evaluation,) = listed["evaluations"]
    assert model["dataset"] == approved
    assert evaluation["models"] == [model["name"]]
