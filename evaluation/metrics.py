"""Metrics: means over units, and means of such means.

A unit is what counts once: an item, a pair, a figure, a question in all its turns. It has a value
from 0 to 1 (less for a count that is far off), a stratum whose mean is taken first, and the group
that a bootstrap resamples.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.columns import columns

UNIT = columns(group=pl.String, stratum=pl.String, value=pl.Float64, size=pl.UInt32)
Means = NDArray[np.float64]
Combine = Callable[[Means], Means]
ALL = pl.lit("all")


def mean(means: Means) -> Means:
    """The mean of all strata, equally weighted; `means` has them along the last axis."""
    found: Means = means.mean(axis=-1)
    return found


@dataclass(frozen=True, slots=True)
class Metric:
    """`units` are rows of UNIT, `size` being the number of items in each; `asked` are all items
    that the metric is about, those of incomplete groups among them; `combine` gets the means of the
    strata in alphabetical order, along the last axis. `is_main` is the benchmark's headline."""

    name: str
    units: pl.DataFrame
    asked: pl.DataFrame
    combine: Combine = mean
    subset: str | None = None
    category: str | None = None
    is_main: bool = False

    @property
    def strata(self) -> list[str]:
        return self.units["stratum"].unique().sort().to_list()


def units(
    table: pl.DataFrame, stratum: pl.Expr = ALL, value: pl.Expr | None = None
) -> pl.DataFrame:
    """Every item as a unit, right or wrong unless another value is given."""
    value = pl.col("right") if value is None else value
    return table.select(
        "group", stratum=stratum, value=value.cast(pl.Float64), size=pl.lit(1, pl.UInt32)
    )


def whole(
    table: pl.DataFrame, keys: list[str], size: pl.Expr, stratum: pl.Expr = ALL
) -> pl.DataFrame:
    """Items that share `keys` as one unit, right where all of them are; groups with another number
    of items than `size` are left out."""
    return (
        table.with_columns(stratum=stratum, expected=size)
        .group_by(*keys, maintain_order=True)
        .agg(
            pl.col("group", "stratum", "expected").first(),
            value=pl.col("right").all().cast(pl.Float64),
            size=pl.len().cast(pl.UInt32),
        )
        .filter(pl.col("size") == pl.col("expected"))
        .select("group", "stratum", "value", "size")
    )


def accuracy(
    table: pl.DataFrame,
    name: str = "accuracy",
    *,
    subset: str | None = None,
    category: str | None = None,
    is_main: bool = False,
) -> Metric:
    return Metric(name, units(table), table, subset=subset, category=category, is_main=is_main)


def by(table: pl.DataFrame, column: str, name: str = "accuracy") -> list[Metric]:
    """The accuracy for every value of a column: `subset`, `category`, or a fact, which is reported
    as a category."""
    found = []
    for value, part in parts(table, column):
        is_subset = column == "subset"
        subset, category = (value, None) if is_subset else (None, value)
        found.append(accuracy(part, name, subset=subset, category=category))
    return found


def parts(table: pl.DataFrame, column: str) -> list[tuple[str, pl.DataFrame]]:
    """The items of every value of a column, in alphabetical order."""
    values = table[column].drop_nulls().unique().sort().to_list()
    return [(value, table.filter(pl.col(column) == value)) for value in values]
