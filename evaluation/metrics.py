"""Metrics: means of means over units, and how sure they are.

A metric has units (items, pairs, figures ...), each with a value from 0 to 1, a stratum, and a
group that is resampled as a whole; it is a function of the strata's means. Its standard error is
that of a bootstrap over groups (Efron 1979), all resamples at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.columns import columns

UNIT = columns(group=pl.String, stratum=pl.String, value=pl.Float64)
Means = NDArray[np.float64]
Combine = Callable[[Means], Means]


def mean(means: Means) -> Means:
    """Of all strata alike; means are along the last axis."""
    found: Means = means.mean(axis=-1)
    return found


@dataclass(frozen=True, slots=True)
class Metric:
    """`units` are rows of UNIT; `combine` gets the means of the strata in alphabetical order, along
    the last axis. `is_main` is the benchmark's own headline figure."""

    name: str
    units: pl.DataFrame
    combine: Combine = mean
    subset: str | None = None
    category: str | None = None
    is_main: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """In percent; `standard_error` is null where it cannot be told: of a single group."""

    value: float
    standard_error: float | None
    num_groups: int


def value_of(metric: Metric) -> float:
    """In percent."""
    means = metric.units.group_by("stratum").agg(pl.col("value").mean()).sort("stratum")["value"]
    return 100.0 * float(metric.combine(means.to_numpy()))


def measure(metric: Metric, *, seed: int, num_bootstrap: int) -> Measured:
    groups = metric.units["group"].unique().sort()
    value = value_of(metric)
    if groups.len() < 2:
        return Measured(value, None, groups.len())
    strata = metric.units["stratum"].unique().sort()
    sums, counts = _tables(metric.units, groups, strata)
    random = np.random.default_rng(seed)
    shares = np.full(groups.len(), 1.0 / groups.len())
    weights = random.multinomial(groups.len(), shares, size=num_bootstrap).astype(np.float64)
    drawn = weights @ counts
    with np.errstate(invalid="ignore"):
        found = metric.combine(weights @ sums / drawn)
    # A resample without any unit of a stratum has no value.
    spread = float(np.nanstd(found, ddof=1)) if np.isfinite(found).sum() > 1 else None
    return Measured(value, None if spread is None else 100.0 * spread, groups.len())


def _tables(
    units: pl.DataFrame, groups: pl.Series, strata: pl.Series
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Sums and numbers of units by group and stratum."""
    rows = units.select(
        row=pl.col("group").replace_strict(groups, range(groups.len()), return_dtype=pl.Int64),
        column=pl.col("stratum").replace_strict(strata, range(strata.len()), return_dtype=pl.Int64),
        value="value",
    )
    shape = (groups.len(), strata.len())
    sums, counts = np.zeros(shape), np.zeros(shape)
    place = rows["row"].to_numpy(), rows["column"].to_numpy()
    np.add.at(sums, place, rows["value"].to_numpy())
    np.add.at(counts, place, 1.0)
    return sums, counts
