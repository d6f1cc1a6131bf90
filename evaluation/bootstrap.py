"""Bootstrap: values of metrics, and how sure they are.

Groups are drawn with replacement (Efron 1979), the same ones for all metrics of a benchmark, and
every rule is computed again on each draw: means of sources, pairs and figures included.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import binomtest

from evaluation.metrics import Means, Metric

AT_ONCE = 4_000_000
"""Counts of drawn groups in memory at a time: 32 MB in float64."""
Z = 1.959964
"""Of the normal distribution, for 95 %."""


@dataclass(frozen=True, slots=True)
class Measured:
    """In percent; `value` is NaN where a metric has no unit, `standard_error` None where it cannot
    be computed, as of a single group."""

    value: float
    standard_error: float | None
    num_groups: int

    @property
    def interval(self) -> tuple[float, float] | tuple[None, None]:
        """At 95 %: of a normal distribution with the standard error. Where no draw differs from
        another, as of all groups being right, they show no error: Wilson's, of the groups."""
        if self.standard_error is None:
            return None, None
        if self.standard_error == 0 and 0 <= self.value <= 100:
            num_right = round(self.value * self.num_groups / 100)
            found = binomtest(num_right, self.num_groups).proportion_ci(0.95, method="wilson")
            return 100 * float(found.low), 100 * float(found.high)
        low, high = (self.value + sign * Z * self.standard_error for sign in (-1, 1))
        # A count that is far off is worth less than nothing.
        return low if self.value < 0 else max(low, 0.0), min(high, 100.0)


@dataclass(frozen=True, slots=True)
class Tables:
    """Sums and numbers of units: a row per group, a column per stratum, all metrics side by side.
    `slices` are the columns of each metric."""

    sums: Means
    counts: Means
    slices: list[slice]


def measure(metrics: Sequence[Metric], *, seed: int, num_bootstrap: int) -> list[Measured]:
    tables = tables_of(metrics)
    values = values_of(metrics, tables)
    num_groups = [int(tables.counts[:, columns].any(axis=1).sum()) for columns in tables.slices]
    drawn: list[list[Means]] = [[] for _ in metrics]
    for weights in draws(tables.sums.shape[0], seed=seed, num_bootstrap=num_bootstrap):
        with np.errstate(invalid="ignore", divide="ignore"):
            means = (weights @ tables.sums) / (weights @ tables.counts)
        for metric, columns, found in zip(metrics, tables.slices, drawn, strict=True):
            if columns.start < columns.stop:
                found.append(metric.combine(means[:, columns]))
    errors = [_spread(np.concatenate(found)) if found else None for found in drawn]
    return [
        Measured(value, error if number > 1 else None, number)
        for value, error, number in zip(values, errors, num_groups, strict=True)
    ]


def values_of(metrics: Sequence[Metric], tables: Tables) -> list[float]:
    """In percent."""
    means = tables.sums.sum(axis=0) / tables.counts.sum(axis=0)
    return [
        100.0 * float(metric.combine(means[columns])) if columns.start < columns.stop else np.nan
        for metric, columns in zip(metrics, tables.slices, strict=True)
    ]


def tables_of(metrics: Sequence[Metric]) -> Tables:
    groups = pl.concat([metric.units["group"] for metric in metrics]).unique().sort()
    rows = dict(zip(groups, range(groups.len()), strict=True))
    strata = [metric.strata for metric in metrics]
    stops = np.cumsum([len(names) for names in strata]).tolist()
    slices = [slice(stop - len(names), stop) for stop, names in zip(stops, strata, strict=True)]
    sums, counts = np.zeros((groups.len(), stops[-1])), np.zeros((groups.len(), stops[-1]))
    for metric, names, columns in zip(metrics, strata, slices, strict=True):
        places = {name: columns.start + place for place, name in enumerate(names)}
        row = [rows[name] for name in metric.units["group"]]
        column = [places[name] for name in metric.units["stratum"]]
        np.add.at(sums, (row, column), metric.units["value"].to_numpy())
        np.add.at(counts, (row, column), 1.0)
    return Tables(sums, counts, slices)


def draws(num_groups: int, *, seed: int, num_bootstrap: int) -> Iterator[NDArray[np.float64]]:
    """How often each group is drawn: resamples in rows, groups in columns, some resamples at a
    time."""
    if not num_groups:
        return
    random = np.random.default_rng(seed)
    step = max(1, AT_ONCE // num_groups)
    for start in range(0, num_bootstrap, step):
        size = min(step, num_bootstrap - start)
        chosen = random.integers(num_groups, size=(size, num_groups))
        chosen += np.arange(size)[:, None] * num_groups
        counts = np.bincount(chosen.ravel(), minlength=size * num_groups)
        yield counts.reshape(size, num_groups).astype(np.float64)


def _spread(found: Means) -> float | None:
    """The standard deviation in percent. A draw without any unit of a stratum has no value."""
    known = found[np.isfinite(found)]
    return 100.0 * float(known.std(ddof=1)) if known.size > 1 else None
