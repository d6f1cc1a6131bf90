"""Trajectory: what one training reaches at several of its updates.

accuracy       the benchmark's main figure, by its authors' rule
format         replies in the format that training pays for: all tags in order, a readable scene
contradiction  replies whose own scene contradicts their answer, of those that can be executed
grounding      gold objects that are found, of all
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from evaluation.bootstrap import Measured, measure
from evaluation.grounding_tables import MEASURED
from evaluation.metrics import Metric, units
from schemas.columns import columns, frame_of
from schemas.completion.parsing import POLICY_TAGS, read_scene, read_tags
from schemas.proof.own_scene import Faithfulness

FIGURES = ("accuracy", "format", "contradiction", "grounding")
TRAJECTORY = columns(
    trajectory=pl.String,
    benchmark=pl.String,
    update=pl.Int64,
    model=pl.String,
    figure=pl.String,
    value=pl.Float64,
    standard_error=pl.Float64,
    low=pl.Float64,
    high=pl.Float64,
    num_items=pl.Int64,
)
"""One row per figure, in percent, sorted by trajectory, benchmark, update and figure; a figure that
has nothing to count has no row. `standard_error` is that of a bootstrap over groups, and `low` to
`high` the 95 % interval (evaluation.bootstrap); all three are null where there is a single group.
`num_items` is how many items count, of `grounding` how many objects."""


class At(NamedTuple):
    """A model that is a training at one of its updates."""

    trajectory: str
    update: int
    model: str


def is_well_formed(text: str | None) -> bool:
    """Whether a reply earns the format reward (training.rewards)."""
    parts = read_tags(text, POLICY_TAGS) if text is not None else None
    if parts is None:
        return False
    try:
        read_scene(parts[1])
    except ValueError:
        return False
    return True


def trajectory(
    scores: pl.DataFrame,
    answers: pl.DataFrame,
    grounding: pl.DataFrame,
    models: Sequence[At],
    *,
    seed: int,
    num_bootstrap: int,
) -> pl.DataFrame:
    """Rows of TRAJECTORY from rows of SCORE, of items with the replies to them and of GROUNDING,
    each with the column `model`."""
    rows = []
    main = scores.filter(
        pl.col("is_main"), pl.col("rule") == "official", pl.col("value").is_not_nan()
    )
    for at in models:
        for score in main.filter(pl.col("model") == at.model).iter_rows(named=True):
            about = pl.col("model") == at.model, pl.col("benchmark") == score["benchmark"]
            known = score["value"], score["standard_error"], score["num_groups"]
            found = {"accuracy": (Measured(*known), score["num_items"])}
            metrics = _metrics(answers.filter(*about), grounding.filter(*about))
            measured = measure(metrics, seed=seed, num_bootstrap=num_bootstrap)
            for metric, one in zip(metrics, measured, strict=True):
                found[metric.name] = one, metric.units.height
            for figure, (one, number) in found.items():
                place = at.trajectory, score["benchmark"], at.update, at.model, figure
                row = (*place, one.value, one.standard_error, *one.interval, number)
                rows.append(dict(zip(TRAJECTORY, row, strict=True)))
    order = pl.col("figure").cast(pl.Enum(FIGURES))
    return frame_of(rows, TRAJECTORY).sort("trajectory", "benchmark", "update", order)


def _metrics(answers: pl.DataFrame, grounding: pl.DataFrame) -> list[Metric]:
    """Those that have anything to count; `answers` has every item of a benchmark."""
    groups = answers.select("item_id", group=pl.coalesce("group", "item_id"))
    formed = [is_well_formed(text) for text in answers["text"]]
    table = groups.with_columns(right=pl.Series(formed, dtype=pl.Boolean))
    scenes = grounding.filter(MEASURED).join(groups, on="item_id", maintain_order="left")
    executed = scenes.filter(pl.col("faithfulness").is_not_null())
    contradicts = pl.col("faithfulness") == Faithfulness.CONTRADICTS.value
    # Each gold object is a unit, so that the mean is one over objects.
    wanted = scenes.select("group", "num_found", pl.col("num_gold").fill_null(0))
    objects = wanted[np.repeat(np.arange(wanted.height), wanted["num_gold"])]
    found = [
        Metric("format", units(table), table),
        Metric("contradiction", units(executed, value=contradicts), executed),
        Metric(
            "grounding", units(objects, value=pl.col("num_found") / pl.col("num_gold")), objects
        ),
    ]
    return [metric for metric in found if metric.units.height]
