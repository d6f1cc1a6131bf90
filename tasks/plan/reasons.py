"""Reasons: why a question that could be asked is not taken."""

from collections.abc import Mapping

import polars as pl

from tasks.plan.pairs import ONLY_BESIDE
from tasks.plan.quota import Cell

NEAR_DUPLICATE, IMAGE_FULL = "near-duplicate", "image-full"
NO_COUNTERPART, BEYOND_QUOTA = "no-counterpart", "beyond-quota"
NOT_TAKEN = (NEAR_DUPLICATE, IMAGE_FULL, NO_COUNTERPART, BEYOND_QUOTA)


def first_of_topic(rows: pl.DataFrame) -> pl.Series:
    """True for the first row of every image and topic: the others are near-duplicates."""
    return rows.select(pl.struct("image_id", "topic").is_first_distinct()).to_series()


def why_not_taken(rows: pl.DataFrame, wanted: Mapping[Cell, int], max_per_image: int) -> pl.Series:
    """Why each row was left out that is not `is_taken`; rows that are taken come first. A second
    row of an image and topic is a near-duplicate. Where its category has all that was wanted, a row
    is beyond the quota. Where not, its image is full, or it is asked only beside a counterpart and
    has none."""
    is_short = pl.col("category").replace_strict(_shortfalls(rows, wanted), default=0) > 0
    is_full = pl.col("is_taken").sum().over("image_id") >= max_per_image
    return rows.select(
        reason=pl.when(~first_of_topic(rows))
        .then(pl.lit(NEAR_DUPLICATE))
        .when(is_short & is_full)
        .then(pl.lit(IMAGE_FULL))
        .when(is_short & ONLY_BESIDE)
        .then(pl.lit(NO_COUNTERPART))
        .otherwise(pl.lit(BEYOND_QUOTA))
    ).to_series()


def _shortfalls(rows: pl.DataFrame, wanted: Mapping[Cell, int]) -> dict[str, int]:
    """How many questions each category lacks."""
    short: dict[str, int] = {}
    for (category, _), number in wanted.items():
        short[category] = short.get(category, 0) + number
    for category, number in rows.filter("is_taken").group_by("category").len().iter_rows():
        short[category] -= number
    return short
