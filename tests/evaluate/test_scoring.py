"""Scoring: one of several evaluations makes what all of them need."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schemas.benchmark import ITEM, REPLY
from schemas.columns import frame_of
from tasks.artifact import Artifact, plan_artifact
from tasks.evaluate.scoring import constants_of, score_benchmark
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
