"""Plan: which candidate questions are asked, so that quotas are met with a reserve.

Reads all subgraphs (and which photographs cannot be used or are a benchmark's); writes one row per
candidate with the reason why it is not asked, null where it is asked. The choice depends on the
candidates alone, not on how they were cut into shards.
"""

import logging
from collections.abc import Mapping
from hashlib import blake2b
from math import ceil
from pathlib import Path

import polars as pl

from schemas.config.build import QuotaConfig
from schemas.question import PLAN, UNDECIDED
from tasks.artifact import write_artifact
from tasks.plan.balance import family_of, tellings
from tasks.plan.quota import Cell, choose, plan_quotas
from tasks.stage import Job, Stage

VERSION = 3
COLUMNS = ("question_id", "image_id", "category", "level", "facet", "topic", "offered", "context")
logger = logging.getLogger(__name__)


def by_preference(rows: pl.DataFrame, wanted: Mapping[Cell, int], seed: int) -> pl.DataFrame:
    """Rows in the order in which they are to be chosen. Questions that the scene decides come
    before those that only the picture decides; images, families of facets, and facets within a
    family take turns. Within these, a seeded hash that is the same on every machine decides; a row
    comes the later, the more its words give the answer away (by `offered` and `context`, which are
    left out)."""
    rows = rows.with_columns(tie=_stable_hash(pl.col("question_id"), seed))
    telling = tellings(rows, wanted)
    share = (pl.col("tie").cast(pl.Float64) + 0.5) / 2.0**64
    return (
        # sigmoid(b - telling) exceeds the share exactly where b exceeds the draw.
        rows.drop("offered", "context")
        .with_columns(
            draw=(share / (1.0 - share)).log() + telling,
            is_open=pl.col("facet").str.starts_with(UNDECIDED),
        )
        .sort("image_id", "category", "is_open", "draw", "tie")
        .with_columns(turn=pl.int_range(pl.len()).over("image_id", "category"))
        .sort("turn", "draw", "tie")
        .with_columns(facet_turn=pl.int_range(pl.len()).over("category", "level", "facet"))
        .sort("facet_turn", "turn", "draw", "tie")
        .with_columns(family_turn=pl.int_range(pl.len()).over("category", "level", family_of()))
        .sort("is_open", "family_turn", "facet_turn", "turn", "draw", "tie")
        .drop("turn", "facet_turn", "family_turn", "draw", "tie", "is_open")
    )


def _stable_hash(column: pl.Expr, seed: int) -> pl.Expr:
    """64 bits of the text's digest: polars' own hash may change between versions."""

    def digests(texts: pl.Series) -> pl.Series:
        return pl.Series([stable_hash(seed, text) for text in texts], dtype=pl.UInt64)

    return column.map_batches(digests, return_dtype=pl.UInt64)


def stable_hash(seed: int, text: str) -> int:
    """64 bits that depend only on seed and text."""
    return int.from_bytes(blake2b(f"{seed}:{text}".encode(), digest_size=8).digest())


def first_of_topic(rows: pl.DataFrame) -> pl.Series:
    """True for the first row of every image and topic: the others are near-duplicates."""
    return rows.select(pl.struct("image_id", "topic").is_first_distinct()).to_series()


def plan_questions(
    candidates: pl.DataFrame, unusable: pl.DataFrame, config: QuotaConfig, seed: int
) -> pl.DataFrame:
    """One row of PLAN per candidate, sorted by question id. `unusable` holds image_id and reason
    of images whose photographs cannot or must not be used."""
    wanted = quotas_to_write(config)
    rows = by_preference(candidates, wanted, seed).join(
        unusable, on="image_id", how="left", maintain_order="left"
    )
    rows = rows.with_columns(
        reason=pl.when(pl.col("reason").is_null() & ~first_of_topic(rows))
        .then(pl.lit("near-duplicate"))
        .otherwise("reason")
    )
    open_rows = rows.filter(pl.col("reason").is_null())
    chosen = open_rows.filter(choose(open_rows, wanted, config.max_per_image))
    planned = chosen.select("question_id", is_chosen=pl.lit(True))
    return (
        rows.join(planned, on="question_id", how="left")
        .with_columns(
            reason=pl.when(pl.col("reason").is_null() & pl.col("is_chosen").is_null())
            .then(pl.lit("beyond-quota"))
            .otherwise("reason")
        )
        .select(PLAN.names())
        .sort("question_id")
    )


def quotas_to_write(config: QuotaConfig) -> Mapping[Cell, int]:
    """Quotas, enlarged by the share that later stages may lose."""
    wanted = plan_quotas(config, config.num_samples)
    return {cell: ceil(number * config.oversample) for cell, number in wanted.items()}


def plan(job: Job) -> Path:
    candidates = pl.scan_parquet(list(job.paths("extract"))).select(COLUMNS).collect()
    unusable = pl.DataFrame(schema={"image_id": pl.String, "reason": pl.String})
    for paths in filter(None, (job.paths("photographs"), job.paths("exclude"))):
        reasons = pl.scan_parquet(list(paths)).select("image_id", "reason")
        unusable.vstack(reasons.filter(pl.col("reason").is_not_null()).collect(), in_place=True)
    planned = plan_questions(candidates, unusable, job.config.quota, job.config.seed)
    num_chosen = planned["reason"].is_null().sum()
    logger.info("plan: %d of %d candidates are to be written", num_chosen, planned.height)
    return write_artifact(planned, job.artifact)


STAGE = Stage(
    name="plan",
    version=VERSION,
    unit="candidates weighed",
    work=plan,
    reads=("extract", "photographs", "exclude"),
    uses_vocabulary=True,
    settings=lambda config: {"quota": config.quota, "seed": config.seed},
)
