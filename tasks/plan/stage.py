"""Plan: which candidate questions are asked, so that quotas are met with a reserve.

Reads all subgraphs, and of the images which are the same photograph (and which cannot be used or
are a benchmark's); writes one row per candidate with the reason why it is not asked, null where it
is asked, with the id of the pair in which it is asked, and with its only other option where it
offers two because its counterpart does. The choice depends on the candidates
alone, not on how they were cut into shards.
"""

import logging
from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path

import numpy as np
import polars as pl

from schemas.config.build import PipelineConfig
from schemas.config.dataset import QuotaConfig
from schemas.mirror import IS_MIRRORED
from schemas.question import ONLY_PAIRED, PLAN, UNDECIDED
from tasks.plan.balance import family_of, tellings
from tasks.plan.even import choose_evenly
from tasks.plan.groups import group_images, image_facts, is_on_val_side, stable_hash
from tasks.plan.option_words import rows_of, with_vocabulary
from tasks.plan.pairs import (
    ONLY_BESIDE,
    Offers,
    beside_mirror_images,
    counterparts,
    pair_ids,
    said_alike,
    with_pairs_in_two,
)
from tasks.plan.quota import Cell, num_that_fit, plan_quotas, told_to_fit
from tasks.plan.reasons import IMAGE_FULL, why_not_taken
from tasks.processes import end_workers
from tasks.select.losses import MORE_IMAGES, ways_told, why_none_planned, why_unusable
from tasks.stage import Build, BuildFailedError, Job, Stage
from tasks.writing import write_artifact

VERSION = 14
PLENTY = 3
"""Questions that can be paired, per question wanted, from which on even pairs suffice: three
quarters of them can still be, where the right options are 60, 20, 12 and 8 of 100, and images and
topics keep some from being taken."""
COLUMNS = (
    *("question_id", "image_id", "category", "level", "facet", "topic"),
    *("evidence", "num_offered", "offered", "context"),
)
TOLD = ("question_id", "image_id", "category", "level", "facet", "topic", "reason")
logger = logging.getLogger(__name__)


def by_preference(rows: pl.DataFrame, wanted: Mapping[Cell, int], seed: int) -> pl.DataFrame:
    """Rows in the order in which they are to be chosen. Questions that the scene decides come
    before those that only the picture decides; images, families of facets, and facets within a
    family take turns. Within these, a seeded hash that is the same on every machine decides; a row
    comes the later, the more its words give the answer away (by `offered` and `context`)."""
    rows = rows.with_columns(tie=_stable_hash(pl.col("question_id"), seed))
    telling = tellings(rows, wanted)
    share = (pl.col("tie").cast(pl.Float64) + 0.5) / 2.0**64
    order = (
        rows.select(
            *("image_id", "category", "level", "facet", "tie"),
            # sigmoid(b - telling) exceeds the share exactly where b exceeds the draw.
            draw=(share / (1.0 - share)).log() + telling,
            is_open=pl.col("facet").str.starts_with(UNDECIDED),
        )
        .with_row_index("row")
        .sort("image_id", "category", "is_open", "draw", "tie")
        .with_columns(turn=pl.int_range(pl.len()).over("image_id", "category"))
        .sort("turn", "draw", "tie")
        .with_columns(facet_turn=pl.int_range(pl.len()).over("category", "level", "facet"))
        .sort("facet_turn", "turn", "draw", "tie")
        .with_columns(family_turn=pl.int_range(pl.len()).over("category", "level", family_of()))
        .sort("is_open", "family_turn", "facet_turn", "turn", "draw", "tie")["row"]
    )
    return rows.drop("tie")[order]


def _stable_hash(column: pl.Expr, seed: int) -> pl.Expr:
    """64 bits of the text's digest: polars' own hash may change between versions."""

    def digests(texts: pl.Series) -> pl.Series:
        return pl.Series([stable_hash(seed, text) for text in texts], dtype=pl.UInt64)

    return column.map_batches(digests, return_dtype=pl.UInt64)


def plan_questions(
    candidates: pl.DataFrame,
    images: pl.DataFrame,
    quota: QuotaConfig,
    seed: int,
    *,
    val_share: float = 0.0,
    is_paired: bool = True,
) -> pl.DataFrame:
    """One row of PLAN per candidate, sorted by question id. `images` has image_id, group_id of the
    photograph, and the reason of those whose photographs cannot or must not be used; where
    `is_paired`, questions are chosen in pairs if they can be."""
    wanted = quotas_to_write(quota)
    candidates = with_vocabulary(candidates).with_columns(
        all_offered="offered", offered=pl.col("offered").list.head(pl.col("num_offered") + 1)
    )
    rows = by_preference(candidates, wanted, seed).join(
        images, on="image_id", how="left", maintain_order="left"
    )
    del candidates  # of millions of rows no copy is held that is not read again
    told, rows = rows.select(TOLD), rows.filter(pl.col("reason").is_null())
    offers = offers_of(rows, wanted, val_share, seed) if is_paired else _alone(rows)
    del rows
    taken = choose_evenly(offers, wanted, quota.max_per_image)
    planned = offers.rows.select(
        *("question_id", "alternative"),
        pair_ids(offers.rows["question_id"].to_list(), offers.mates, taken),
        is_planned=pl.lit(True),
    ).filter(pl.Series(taken))
    del offers
    rows = (
        told.join(planned, on="question_id", how="left", maintain_order="left")
        .with_columns(is_taken=pl.col("is_planned").fill_null(False))
        .sort("is_taken", descending=True, maintain_order=True)
    )
    why_not = why_not_taken(rows, wanted, quota.max_per_image)
    return (
        rows.with_columns(reason=pl.coalesce("reason", pl.when(~pl.col("is_taken")).then(why_not)))
        .select(PLAN.names())
        .sort("question_id")
    )


def offers_of(
    rows: pl.DataFrame, wanted: Mapping[Cell, int], val_share: float, seed: int
) -> Offers:
    """Rows with their counterparts among those whose photograph is on the same side, without those
    that are asked only beside one and have none."""
    groups = rows["group_id"].unique().to_list()
    sides = {group: is_on_val_side(group, val_share, seed) for group in groups}
    rows = rows.with_columns(
        said=said_alike(rows),
        photograph="group_id",
        side=pl.col("group_id").replace_strict(sides, return_dtype=pl.Boolean),
    )
    # A photograph is more of a counterpart than a mirror image, which is none but its own's.
    rows = rows.with_columns(words=pl.when(~IS_MIRRORED).then("said"))
    is_alone = pl.Series(counterparts(rows) < 0)
    rows = rows.filter(~(is_alone & pl.col("facet").str.ends_with(ONLY_PAIRED)))
    mates = counterparts(rows)
    paired = rows.filter(pl.Series(mates >= 0))["category"].value_counts()
    plenty = [name for name, number in paired.rows() if number > PLENTY * _wanted_of(name, wanted)]
    mates = counterparts(rows, plenty) if plenty else mates
    return with_pairs_in_two(*beside_mirror_images(rows, mates))


def _wanted_of(category: str, wanted: Mapping[Cell, int]) -> int:
    return sum(number for (name, _), number in wanted.items() if name == category)


def _alone(rows: pl.DataFrame) -> Offers:
    rows = rows.filter(~ONLY_BESIDE)
    rows = rows.with_columns(alternative=pl.lit(None, pl.Int64))
    return Offers.whole(rows, np.full(rows.height, -1))


def quotas_to_write(config: QuotaConfig) -> Mapping[Cell, int]:
    """Quotas, enlarged by the share that later stages may lose."""
    wanted = plan_quotas(config, config.num_samples)
    return {cell: ceil(number * config.oversample) for cell, number in wanted.items()}


def plan(job: Job) -> Path:
    config = job.config
    end_workers()  # here, where all candidates are in memory at once, theirs is missed
    rows = plan_questions(
        rows_of([pl.scan_parquet(path).select(COLUMNS) for path in job.paths("extract")]),
        _images(job),
        config.quota,
        config.seed,
        val_share=config.select.val_share,
        is_paired=config.asks_in_pairs,
    )
    num_chosen = rows["reason"].is_null().sum()
    logger.info("plan: %d of %d candidates are to be written", num_chosen, rows.height)
    return write_artifact(rows, job.artifact)


def _images(job: Job) -> pl.DataFrame:
    """image_id, group_id and reason of every image."""
    groups = group_images(image_facts(job.paths("ingest"), job.paths("photographs")))
    return groups.join(unusable_images(job), on="image_id", how="left")


def unusable_images(job: Job) -> pl.DataFrame:
    """image_id and reason of the images whose photographs cannot be used or are a benchmark's."""
    unusable = pl.DataFrame(schema={"image_id": pl.String, "reason": pl.String})
    for paths in filter(None, (job.paths("photographs"), job.paths("exclude"))):
        reasons = pl.scan_parquet(list(paths)).select("image_id", "reason")
        unusable.vstack(reasons.filter(pl.col("reason").is_not_null()).collect(), in_place=True)
    return unusable.unique("image_id", keep="first", maintain_order=True)


def planned(paths: Sequence[Path]) -> pl.DataFrame:
    """The rows of PLAN that are asked."""
    return pl.read_parquet([*paths]).filter(pl.col("reason").is_null())


def check(build: Build) -> None:
    """BuildFailedError where models would be paid for a dataset that is too small for its gate,
    ValueError where there is nothing to ask them."""
    config, paths = build.config, build.made["plan"]
    if not config.chats or config.override.write:
        return
    asked, wanted = planned(paths)["category"], config.quota.num_samples
    photographs = build.made.get("photographs", ())
    if asked.is_empty():
        why = why_none_planned(photographs, config, paths, build.made["ingest"])
        raise ValueError(f"no question is planned: {why}")
    needed = config.gates.needed(wanted)
    if (fitting := num_that_fit(asked, config.quota)) < needed:
        lost = why_unusable(photographs)
        raise BuildFailedError(
            f"the plan has {told_to_fit(len(asked), fitting)}, and {needed:,} samples of "
            f"{wanted:,} are wanted at least: {_larger(paths, config)}, or lower "
            f"quota.num_samples or gates.min_quota_share; {f'{lost}; ' if lost else ''}no model "
            "was asked"
        )


def _larger(paths: Sequence[Path], config: PipelineConfig) -> str:
    """What makes a plan larger."""
    is_full = pl.scan_parquet([*paths]).select((pl.col("reason") == IMAGE_FULL).any())
    more = ", raise quota.max_per_image" if is_full.collect().item() else ""
    return f"{ways_told(MORE_IMAGES, config)}{more}"


STAGE = Stage(
    name="plan",
    version=VERSION,
    unit="candidates weighed",
    work=plan,
    check=check,
    reads=("extract", "ingest", "photographs", "exclude"),
    uses_vocabulary=True,
    settings=lambda config: {
        "quota": config.quota,
        "seed": config.seed,
        "val_share": str(config.select.val_share),
        "is_paired": config.asks_in_pairs,
    },
)
