"""Scoring: one of several evaluations makes what all of them need."""

import time
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from tasks.artifact import plan_artifact
from tasks.evaluate import scoring
from tasks.writing import write_artifact


@pytest.mark.parametrize("made", ["read_replies", "constant_baselines", "score"])
def test_of_two_evaluations_at_once_one_scores_and_the_other_waits(made, tmp_path, monkeypatch):
    rows = pl.DataFrame({"item_id": ["a"]})
    paths = [
        write_artifact(rows, plan_artifact(tmp_path, stage, version=1, config={}, inputs={}))
        for stage in ("benchmark", "infer")
    ]
    calls: list[str] = []

    def slowly(name):
        def make(*_, **__):
            calls.append(name)
            time.sleep(0.3)
            return rows

        return make

    for name in ("read_replies", "constant_baselines", "score"):
        monkeypatch.setattr(scoring, name, slowly(name))
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(scoring.score_benchmark.fn, *paths, 7, 50, tmp_path) for _ in range(2)]
        assert len({job.result() for job in jobs}) == 1
    assert calls.count(made) == 1
