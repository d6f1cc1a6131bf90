"""Trajectories: the figures of a training over its updates, with their intervals."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.baselines import constant_baselines
from evaluation.bootstrap import Measured
from evaluation.scoring import score
from evaluation.trajectory import TRAJECTORY, At, is_well_formed, trajectory
from evaluation.verdicts import read_replies
from schemas.benchmark import ITEM, REPLY
from schemas.columns import frame_of
from tasks.evaluate.rewarding import ground_replies
from tests.evaluations import (
    CAT,
    DOG,
    GOLD_SCENE,
    PERFECT,
    completion,
    item,
    reply,
    scene,
)
from training.rewards import score_completion

BLIND = completion(scene({"dog.1": DOG}), "(A) left")
"""Right, and half of the gold objects."""
ITEMS = [item(number, ["0" * 64]) for number in range(4)]
GOLD = f"<scene>{GOLD_SCENE}</scene>\n<answer>(A) left</answer>"


def found(replies: dict[str, list[str | None]], *models: At, items=ITEMS) -> pl.DataFrame:
    tables: dict[str, list[pl.DataFrame]] = {"scores": [], "answers": [], "grounding": []}
    frame = frame_of(items, ITEM)
    baselines = constant_baselines(frame)
    for model, texts in replies.items():
        said = frame_of([reply(*one) for one in zip(items, texts, strict=True)], REPLY)
        parsed = read_replies(frame, said)
        name = pl.lit(model).alias("model")
        answers = frame.join(said.drop("benchmark"), on="item_id")
        scored = score(frame, parsed, baselines, seed=1, num_bootstrap=50)
        tables["scores"].append(scored.with_columns(name))
        tables["answers"].append(answers.with_columns(name))
        tables["grounding"].append(ground_replies(frame, said, parsed).with_columns(name))
    scores, answers, grounding = (pl.concat(tables[name]) for name in tables)
    return trajectory(scores, answers, grounding, models, seed=1, num_bootstrap=50)


def test_the_figures_of_every_update_are_counted_over_items_and_objects():
    rows = found(
        {
            "late": [PERFECT, PERFECT, PERFECT, BLIND],
            "early": ["(A)", None, BLIND, completion(scene({"dog.1": CAT}), "(B) right")],
            "other": [PERFECT] * 4,
        },
        At("mine", 20, "late"),
        At("mine", 3, "early"),
    )
    assert rows.schema == TRAJECTORY
    assert rows.select("update", "figure", "value", "num_items").rows() == [
        (3, "accuracy", 50.0, 4),
        (3, "format", 50.0, 4),
        # Two scenes of the three replies find one of the six gold objects.
        (3, "grounding", pytest.approx(100 / 6), 6),
        (20, "accuracy", 100.0, 4),
        (20, "format", 100.0, 4),
        (20, "grounding", 87.5, 8),
    ]
    assert rows["trajectory"].unique().to_list() == ["mine"]
    early = rows.filter(update=3, figure="accuracy").row(0, named=True)
    assert 0 < early["standard_error"] < 50
    assert early["low"] == pytest.approx(max(50 - 1.959964 * early["standard_error"], 0))
    assert early["high"] == pytest.approx(min(50 + 1.959964 * early["standard_error"], 100))


@pytest.mark.parametrize(
    ("value", "error", "groups", "interval"),
    [
        (50.0, 10.0, 9, (30.40036, 69.59964)),
        (5.0, 10.0, 9, (0.0, 24.59964)),
        (95.0, 10.0, 9, (75.40036, 100.0)),
        (-20.0, 5.0, 9, (-29.79982, -10.20018)),
        (100.0, 0.0, 4, (51.0109, 100.0)),  # Wilson's, of 4 of 4
        (0.0, 0.0, 4, (0.0, 48.9891)),
        (50.0, None, 1, (None, None)),
    ],
)
def test_intervals_stay_possible_and_are_never_of_no_width(value, error, groups, interval):
    found = Measured(value, error, groups).interval
    assert found == pytest.approx(interval, abs=1e-3)


def test_a_benchmark_without_gold_scenes_has_accuracy_and_format_alone():
    star = [item(n, ["0" * 64], "mmstar", facts={"l2_category": "x"}) for n in range(2)]
    rows = found({"m": ["A", PERFECT]}, At("mine", 1, "m"), items=star)
    assert rows.select("figure", "value").rows() == [("accuracy", 100.0), ("format", 50.0)]


def test_a_single_group_has_no_interval():
    alone = [one | {"group": "same"} for one in ITEMS]
    rows = found({"m": [PERFECT] * 4}, At("mine", 1, "m"), items=alone)
    assert rows.select("standard_error", "low", "high").null_count().row(0) == (3, 3, 3)


def test_no_checkpoint_is_an_empty_table():
    assert found({"m": [PERFECT] * 4}).schema == TRAJECTORY


PIECES = ["<observe>", "</observe>", "<scene>", "</scene>", "<think>", "</think>", "<answer>",
          "</answer>", GOLD_SCENE, "(A) left", "{}", "x"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_what_is_well_formed_earns_the_format_reward(text):
    assert is_well_formed(text) == bool(score_completion(text, GOLD, 200, 100).format)


def test_a_perfect_reply_is_well_formed_and_none_is_not():
    assert is_well_formed(PERFECT)
    assert not is_well_formed(None)
