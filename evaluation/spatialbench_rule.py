"""SpatialBench: a rule per category (BAAI-DCAI/SpatialBot, bunny/eval/eval_spatialbench.py).

Existence: pairs, both questions right. Reach and size: of each pair the right answers, and one more
point where both are, over 3. Positional: items. Counting: 1 - the mean relative error, and no less
than 0; what is no number has an error of 1. Their mean is ours: the authors give none.
"""

import numpy as np
import polars as pl

from evaluation.metrics import ALL, Combine, Means, Metric, accuracy, parts, units, whole

COUNTING = "counting"
MAX_ERROR = 1e6
TWO = pl.lit(2)


def spatialbench(table: pl.DataFrame) -> list[Metric]:
    found = [_category(category, part) for category, part in parts(table, "category")]
    strata = [
        one.units.with_columns(stratum=pl.format("{}/{}", pl.lit(one.category), "stratum"))
        for one in found
    ]
    combine = _mean_of(found)
    return [Metric("mean of categories", pl.concat(strata), table, combine, is_main=True), *found]


def _category(category: str, part: pl.DataFrame) -> Metric:
    if category == COUNTING:
        return Metric("relative error", counted(part), part, _at_least_0, category=category)
    pairs = whole(part.filter(pl.col("pair").is_not_null()), ["pair"], TWO, pl.lit("pairs"))
    if pairs.height and category == "existence":
        return Metric("pairs", pairs, part, category=category)
    if pairs.height and category in ("reach", "size"):
        in_pairs = part.filter(pl.len().over("pair") == 2, pl.col("pair").is_not_null())
        # A unit of pairs counts its items already.
        items = units(in_pairs, pl.lit("items")).with_columns(size=pl.lit(0, pl.UInt32))
        both = pl.concat([items, pairs])
        return Metric("items and pairs", both, part, _thirds, category=category)
    return accuracy(part, category=category)


def _thirds(means: Means) -> Means:
    """Strata: items, pairs."""
    return (2.0 * means[..., 0] + means[..., 1]) / 3.0


def _at_least_0(means: Means) -> Means:
    return np.maximum(means[..., 0], 0.0)


def _mean_of(found: list[Metric]) -> Combine:
    sizes = [len(metric.strata) for metric in found]
    stops = np.cumsum(sizes)

    def combine(means: Means) -> Means:
        values = [
            metric.combine(means[..., stop - size : stop])
            for metric, size, stop in zip(found, sizes, stops, strict=True)
        ]
        return np.mean(values, axis=0)  # type: ignore[no-any-return]

    return combine


def counted(table: pl.DataFrame) -> pl.DataFrame:
    """Of every item 1 - |said - true| / true, which is negative for what is far off."""
    true = pl.max_horizontal(pl.col("true_number"), pl.lit(1.0))
    error = ((pl.col("said_number") - pl.col("true_number")).abs() / true).fill_null(1.0)
    return units(table, ALL, 1.0 - error.clip(0.0, MAX_ERROR))
