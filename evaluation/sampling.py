"""Sampling: some items of a benchmark in place of all.

Every group of items has the same chance to be drawn, and every category has its share, up to one
group: a score on a sample estimates the score on all. A sample is part of every larger one of the
same seed.
"""

from hashlib import sha256

import polars as pl

STRATUM = ["subset", "category"]


def sample_items(items: pl.DataFrame, number: int, seed: int) -> pl.DataFrame:
    """At most `number` items (rows of ITEM), in their order: whole groups, at least one."""
    if items.height <= number:
        return items
    known = items.sort("item_id").select(*STRATUM, group=pl.coalesce("group", "item_id"))
    groups = known.group_by("group", maintain_order=True).agg(pl.first(*STRATUM), size=pl.len())
    strata = groups.select(pl.concat_str(STRATUM, separator="\n", ignore_nulls=True)).to_series()
    groups = groups.with_columns(
        stratum=strata,
        start=pl.Series([_fraction(f"{seed}:stratum:{name}") for name in strata]),
        chance=pl.Series([_fraction(f"{seed}:{name}") for name in groups["group"]]),
    )
    # Systematic sampling: the n-th group of N in a stratum stands at (n + start) / N. Up to any
    # place, a stratum has its share of groups, rounded up with the right probability.
    rank = pl.col("chance").rank("ordinal").over("stratum") - 1
    place = (rank + pl.col("start")) / pl.len().over("stratum")
    order = groups.with_columns(place=place).sort("place", "chance", "group")
    is_first = pl.int_range(pl.len()) == 0
    drawn = order.filter((pl.col("size").cum_sum() <= number) | is_first)["group"]
    return items.filter(pl.coalesce("group", "item_id").is_in(drawn.to_list()))


def num_left_out(items: pl.DataFrame, some: pl.DataFrame) -> int:
    """Of how many categories no item was drawn."""
    return items.select(STRATUM).n_unique() - some.select(STRATUM).n_unique()


def _fraction(text: str) -> float:
    """From 0 to 1, without 1."""
    return int(sha256(text.encode()).hexdigest()[:13], 16) / 16**13
