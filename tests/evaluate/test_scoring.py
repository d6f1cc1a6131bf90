"""Scoring: one of several evaluations makes what all of them need."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schemas.benchmark import ITEM, REPLY
from schemas.columns import frame_of
from tasks.artifact import Artifact, plan_artifact
from tasks.evaluate import scoring
from tasks.evaluate.scoring import constants_of, read_benchmark, score_benchmark
from tasks.turns import sole_maker
from tasks.writing import write_artifact
from tests.evaluation.test_verdicts import item

ITEMS = frame_of([item("mmvp", "A", ["left", "right"])], ITEM)
REPLIES = frame_of(
    [dict.fromkeys(REPLY) | {"benchmark": "mmvp", "item_id": "i", "text": "A"}], REPLY
)


def asked(root: Path) -> list[Path]:
    """Items and replies as stages have left them below a root."""
    rows = {"benchmark": ITEMS, "infer": REPLIES}
    return [
        write_artifact(frame, plan_artifact(root, stage, version=1, config={}, inputs={}))
        for stage, frame in rows.items()
    ]


@pytest.mark.parametrize("table", ["TABLE", "SCALES", "SYNONYMS"])
def test_replies_are_read_anew_where_a_table_of_words_has_changed(table, tmp_path, monkeypatch):
    paths = asked(tmp_path)
    before = read_benchmark(*paths, tmp_path)
    changed = tmp_path / "words.toml"
    changed.write_bytes(getattr(scoring, table).read_bytes() + b"# once more")
    monkeypatch.setattr(scoring, table, changed)
    assert read_benchmark(*paths, tmp_path) != before


@pytest.mark.parametrize("stage", ["parse", "baseline", "score"])
def test_of_two_evaluations_at_once_one_scores_and_the_other_waits(stage, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    paths = asked(one)
    scored = score_benchmark.fn(*paths, 7, 50, one)
    made = {"parse": scored.parsed, "baseline": constants_of(paths[0], one), "score": scored.scores}
    there = two / made[stage].relative_to(one)
    with ThreadPoolExecutor(1) as pool:
        with sole_maker(Artifact(there, "")):
            job = pool.submit(score_benchmark.fn, *asked(two), 7, 50, two)
            time.sleep(1.0)
            assert not job.done() and not there.exists()
            for path in made[stage].parent.glob(f"{made[stage].stem}*"):
                shutil.copy2(path, there.parent)
            written = there.stat().st_mtime_ns
        assert job.result().scores == two / scored.scores.relative_to(one)
    assert there.stat().st_mtime_ns == written
