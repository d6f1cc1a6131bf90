"""Funnel: how many rows each stage kept and lost, by reason and by category."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from schemas.columns import columns
from schemas.mirror import IS_MIRRORED
from tasks.artifact import ledger_path_of

FUNNEL = columns(
    stage=pl.String,
    outcome=pl.String,
    reason=pl.String,
    category=pl.String,
    rows=pl.Int64,
)
"""`outcome` is kept, lost, repaired or doubted; `category` is null where rows are not questions."""


def count_scenes(index: Path, scenes: Sequence[Path]) -> pl.DataFrame:
    """What ingest kept, dropped and repaired: images, objects and relationships."""
    ledgers = [ledger_path_of(path) for path in (index, *scenes)]
    what = pl.when(IS_MIRRORED).then(pl.lit("mirror images")).otherwise(pl.lit("scenes"))
    kept = (
        pl.scan_parquet(list(scenes))
        .group_by(reason=what)
        .agg(rows=pl.len().cast(pl.Int64))
        .select(
            stage=pl.lit("ingest"),
            outcome=pl.lit("kept"),
            reason="reason",
            category=pl.lit(None, pl.String),
            rows="rows",
        )
        .sort("reason", descending=True)
    )
    changed = (
        pl.scan_parquet(ledgers)
        .group_by("action", "reason")
        .agg(rows=pl.len().cast(pl.Int64))
        .select(
            stage=pl.lit("ingest"),
            outcome=pl.col("action").replace({"drop": "lost", "repair": "repaired"}),
            reason="reason",
            category=pl.lit(None, pl.String),
            rows="rows",
        )
        .sort("outcome", "reason")
    )
    return pl.concat([kept, changed]).collect()


def count_testimony(paths: Sequence[Path]) -> pl.DataFrame:
    """The photographs that witnesses know, and what they doubt there."""
    if not paths:
        return pl.DataFrame(schema=FUNNEL)
    doubts = pl.scan_parquet([ledger_path_of(path) for path in paths])
    known = pl.scan_parquet(list(paths)).select("image_id")
    counted = [
        known.with_columns(outcome=pl.lit("kept"), reason=pl.lit("photographs with a witness")),
        doubts.select("image_id", "reason", outcome=pl.lit("doubted")).select(
            "image_id", "outcome", "reason"
        ),
    ]
    return (
        pl.concat(counted)
        .group_by("outcome", "reason")
        .agg(rows=pl.len().cast(pl.Int64))
        .with_columns(stage=pl.lit("witness"), category=pl.lit(None, pl.String))
        .select(FUNNEL.names())
        .sort("outcome", "reason", descending=[True, False])
        .collect()
    )


def count_photographs(stage: str, paths: Sequence[Path], kept: str) -> pl.DataFrame:
    """The number of pictures by reason; `kept` is the name for rows without a reason."""
    if not paths:
        return pl.DataFrame(schema=FUNNEL)
    frame = pl.scan_parquet(list(paths))
    return _count(frame.with_columns(category=pl.lit(None, pl.String)), stage, kept)


def count_questions(
    stage: str, paths: Sequence[Path], kept: str, before: Sequence[Path] = ()
) -> pl.DataFrame:
    """Rows of a stage by reason and category; `kept` is the name for rows without a reason.
    Questions that the stage `before` lost are left out."""
    if not paths:
        return pl.DataFrame(schema=FUNNEL)
    frame = _with_reason(paths)
    if before:
        lost = _with_reason(before).filter(pl.col("reason").is_not_null()).select("question_id")
        frame = frame.join(lost, on="question_id", how="anti")
    return _count(frame, stage, kept)


def _with_reason(paths: Sequence[Path]) -> pl.LazyFrame:
    frame = pl.scan_parquet(list(paths))
    if "reason" in frame.collect_schema().names():
        return frame
    return frame.with_columns(reason=pl.lit(None, pl.String))


def count_unselected(ledger: Path) -> pl.DataFrame:
    """Questions that select left out, by reason and by the category in the question's id."""
    frame = pl.scan_parquet(ledger).filter(pl.col("stage") == "select", pl.col("action") == "drop")
    category = pl.col("item").str.extract(r"-([a-z_]+)-[0-9a-f]+$")
    return _count(frame.with_columns(category=category), "select", "")


def _count(frame: pl.LazyFrame, stage: str, kept: str) -> pl.DataFrame:
    return (
        frame.group_by("reason", "category")
        .agg(rows=pl.len().cast(pl.Int64))
        .select(
            stage=pl.lit(stage),
            outcome=pl.when(pl.col("reason").is_null())
            .then(pl.lit("kept"))
            .otherwise(pl.lit("lost")),
            reason=pl.col("reason").fill_null(kept),
            category="category",
            rows="rows",
        )
        .sort("outcome", "reason", "category")
        .collect()
    )


def by_reason(funnel: pl.DataFrame) -> pl.DataFrame:
    """Stage, outcome, reason and rows, categories added up, in the order of the stages."""
    return funnel.group_by("stage", "outcome", "reason", maintain_order=True).agg(
        pl.col("rows").sum()
    )


def stages_counted(funnel: pl.DataFrame) -> list[str]:
    """The stages that handled questions, in their order."""
    of_questions = funnel.filter(pl.col("category").is_not_null())
    return of_questions["stage"].unique(maintain_order=True).to_list()


def by_category(funnel: pl.DataFrame) -> pl.DataFrame:
    """One row per category: the questions kept after each stage that handles questions."""
    rows = funnel.filter(pl.col("category").is_not_null(), pl.col("outcome") == "kept")
    return rows.pivot("stage", index="category", values="rows", aggregate_function="sum").fill_null(
        0
    )
