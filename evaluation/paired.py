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
    models = answers["model"].unique(maintain_order=True).to_list()
    tables = {model: answers.filter(pl.col("model") == model) for model in models}
    found = []
    for model, other in combinations(models, 2):
        both = tables[model].join(tables[other], on="item_id", suffix="_other").sort("item_id")
        if both.is_empty():
            continue
        only_model = both.filter("is_right", ~pl.col("is_right_other")).height
        only_other = both.filter("is_right_other", ~pl.col("is_right")).height
        difference = (both["credit"] - both["credit_other"]).to_numpy() * 100.0
        low, high, num_groups = _interval(both["group"], difference, seed, num_bootstrap)
        found.append(
            {
                "benchmark": both["benchmark"][0],
                "model": model,
                "other": other,
                "num_items": both.height,
                "num_groups": num_groups,
                "difference": float(difference.mean()),
                "low": low,
                "high": high,
                "only_model": only_model,
                "only_other": only_other,
                "p_value": mcnemar(only_model, only_other),
            }
        )
    return found


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


def _interval(
    groups: pl.Series, difference: NDArray[np.float64], seed: int, num_bootstrap: int
) -> tuple[float | None, float | None, int]:
    """None twice for a single group."""
    places = groups.rank("dense").cast(pl.Int64).to_numpy() - 1
    number = int(places.max()) + 1
    sums, counts = np.zeros(number), np.zeros(number)
    np.add.at(sums, places, difference)
    np.add.at(counts, places, 1.0)
    if number < 2:
        return None, None, number
    drawn = [
        (weights @ sums) / (weights @ counts)
        for weights in draws(number, seed=seed, num_bootstrap=num_bootstrap)
    ]
    low, high = np.percentile(np.concatenate(drawn), INTERVAL)
    return float(low), float(high), number
