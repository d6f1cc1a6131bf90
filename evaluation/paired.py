"""Paired: whether one model is better than another on the same items.

McNemar's exact test counts items that only one of two models has right, as if items were
independent; the bootstrap draws whole groups (pairs, figures, pictures), as everywhere. Many pairs
of models are many tests: p-values are adjusted by Holm's method over all of them.
"""

from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import binomtest

from evaluation.bootstrap import draws
from schemas.columns import columns, frame_of

PAIRED = columns(
    benchmark=pl.String,
    model=pl.String,
    other=pl.String,
    num_items=pl.Int64,
    num_groups=pl.Int64,
    difference=pl.Float64,
    low=pl.Float64,
    high=pl.Float64,
    only_model=pl.Int64,
    only_other=pl.Int64,
    p_value=pl.Float64,
    adjusted_p_value=pl.Float64,
)
"""`difference` is that of the mean credits in percent points, model less other, `low` to `high` its
95 % interval; `only_model` and `only_other` are the items that one alone has right, null
`p_value` where there are none."""
INTERVAL = (2.5, 97.5)


def paired(answers: pl.DataFrame, *, seed: int, num_bootstrap: int) -> pl.DataFrame:
    """Rows of PAIRED for every two models on every benchmark, from one row per model and item with
    the columns `model`, `benchmark`, `item_id`, `group`, `is_right` and `credit`."""
    rows = []
    for benchmark in answers["benchmark"].unique(maintain_order=True):
        rows += _of_benchmark(answers.filter(pl.col("benchmark") == benchmark), seed, num_bootstrap)
    adjusted = holm([row["p_value"] for row in rows])
    found = [row | {"adjusted_p_value": p} for row, p in zip(rows, adjusted, strict=True)]
    return frame_of(found, PAIRED)


def _of_benchmark(answers: pl.DataFrame, seed: int, num_bootstrap: int) -> list[dict[str, Any]]:
    """The groups of all items are drawn, the same ones for every pair of models."""
    models = answers["model"].unique(maintain_order=True).to_list()
    tables = {model: answers.filter(pl.col("model") == model) for model in models}
    groups = answers["group"].unique().sort()
    places = dict(zip(groups, range(groups.len()), strict=True))
    found, sums, counts = [], [], []
    for model, other in combinations(models, 2):
        both = tables[model].join(tables[other], on="item_id", suffix="_other").sort("item_id")
        if both.is_empty():
            continue
        only_model = both.filter("is_right", ~pl.col("is_right_other")).height
        only_other = both.filter("is_right_other", ~pl.col("is_right")).height
        difference = (both["credit"] - both["credit_other"]).to_numpy() * 100.0
        at = [places[group] for group in both["group"]]
        sums.append(np.bincount(at, difference, groups.len()))
        counts.append(np.bincount(at, minlength=groups.len()).astype(np.float64))
        found.append(
            {
                "benchmark": both["benchmark"][0],
                "model": model,
                "other": other,
                "num_items": both.height,
                "num_groups": int(np.count_nonzero(counts[-1])),
                "difference": float(difference.mean()),
                "only_model": only_model,
                "only_other": only_other,
                "p_value": mcnemar(only_model, only_other),
            }
        )
    if not found:
        return []
    low, high = _intervals(np.stack(sums, 1), np.stack(counts, 1), seed, num_bootstrap)
    return [
        row | ({"low": below, "high": above} if row["num_groups"] > 1 else {})
        for row, below, above in zip(found, low, high, strict=True)
    ]


def mcnemar(only_one: int, only_other: int) -> float | None:
    """The two-sided exact p-value, None without an item that only one has right."""
    number = only_one + only_other
    return float(binomtest(only_one, number).pvalue) if number else None


def holm(p_values: list[float | None]) -> list[float | None]:
    """Adjusted for as many tests as there are (Holm 1979); None stays None."""
    order = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    found: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, place) in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * p))
        found[place] = highest
    return found


def _intervals(
    sums: NDArray[np.float64], counts: NDArray[np.float64], seed: int, num_bootstrap: int
) -> tuple[list[float], list[float]]:
    """The ends of the interval of every column; rows are groups. A draw that has none of a pair's
    groups has no value for that pair."""
    with np.errstate(invalid="ignore"):
        drawn = np.concatenate(
            [
                (weights @ sums) / (weights @ counts)
                for weights in draws(len(sums), seed=seed, num_bootstrap=num_bootstrap)
            ]
        )
    low, high = np.nanpercentile(drawn, INTERVAL, axis=0)
    return low.tolist(), high.tolist()
