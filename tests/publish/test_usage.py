"""What each stage took: its jobs' seconds, and its models' calls, tokens and dollars."""

import json
from pathlib import Path

import pytest

from tasks.artifact import plan_artifact
from tasks.publish.usage import USAGE, usage_of
from tasks.took import seconds_of, timing

ROW = {
    "category": "size", "model": "m", "questions": 3, "samples": 2, "cost_per_sample": 0.1,
}  # fmt: skip


def cost_row(stage: str, calls: int, cost: float | None) -> dict[str, object]:
    tokens = {"input_tokens": 10 * calls, "cached_tokens": calls, "output_tokens": 2 * calls}
    return {**ROW, "stage": stage, "calls": calls, **tokens, "cost": cost}


def took(root: Path, stage: str, *seconds: float | None) -> list[Path]:
    """Artifacts of a stage, one per shard, of which it is noted how long they took."""
    paths = []
    for number, one in enumerate(seconds):
        shard = f"{number:07d}-{number + 1:07d}"
        artifact = plan_artifact(root, stage, version=1, config={}, inputs={}, shard=shard)
        artifact.path.parent.mkdir(parents=True, exist_ok=True)
        if one is not None:
            note = artifact.path.with_name(f"{artifact.path.stem}.took.json")
            note.write_text(json.dumps({"seconds": one}))
        paths.append(artifact.path)
    return paths


def test_seconds_are_those_of_all_shards_and_dollars_those_of_all_categories(tmp_path):
    made = {
        "plan": took(tmp_path, "plan", 0.5),
        "write": took(tmp_path, "write", 1.25, 2.0),
        "judge": took(tmp_path, "judge", 1.0, None),
    }
    costs = [cost_row("write", 3, 0.5), cost_row("write", 2, 0.25), cost_row("judge", 4, 1.0)]
    assert usage_of({"costs": costs, "num_samples": 2}, made) == {
        "stages": [
            {"stage": "plan", "jobs": 1, "seconds": 0.5},
            {"stage": "write", "jobs": 2, "seconds": 3.25, "model": "m", "calls": 5,
             "input_tokens": 50, "cached_tokens": 5, "output_tokens": 10, "cost": 0.75},
            {"stage": "judge", "jobs": 2, "seconds": None, "model": "m", "calls": 4,
             "input_tokens": 40, "cached_tokens": 4, "output_tokens": 8, "cost": 1.0},
        ],
        "total": {"seconds": 3.75, "calls": 9, "input_tokens": 90, "cached_tokens": 9,
                  "output_tokens": 18, "cost": 1.75},
    }  # fmt: skip


def test_a_price_that_is_not_known_is_not_added_up(tmp_path):
    costs = [cost_row("write", 3, 0.5), cost_row("judge", 4, None)]
    made = {"write": took(tmp_path, "write", 1.0), "judge": took(tmp_path, "judge", 1.0)}
    found = usage_of({"costs": costs, "num_samples": 2}, made)
    assert [entry["cost"] for entry in (*found["stages"], found["total"])] == [0.5, None, None]


def test_work_that_fails_leaves_no_note(tmp_path):
    artifact = plan_artifact(tmp_path, "plan", version=1, config={}, inputs={})
    with pytest.raises(RuntimeError), timing(artifact):
        raise RuntimeError
    assert seconds_of([artifact.path]) is None
    with timing(artifact):
        pass
    assert seconds_of([artifact.path]) == pytest.approx(0.0, abs=0.1)


def test_a_dataset_says_what_its_stages_took(drawn_dataset):
    found = json.loads((drawn_dataset / USAGE).read_text(encoding="utf-8"))
    manifest = json.loads((drawn_dataset / "manifest.json").read_text(encoding="utf-8"))
    assert [entry["stage"] for entry in found["stages"]] == list(manifest["stages"])
    assert all(entry["seconds"] > 0 for entry in found["stages"])
    assert USAGE not in manifest["files"]
