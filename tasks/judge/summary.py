"""Summary of judging: what the judge kept, what a guesser would have kept, what it answers without
the picture, and where it contradicts what is proved or asserted."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from schemas.claim import Category
from schemas.config.models import BlindRule, JudgeConfig
from schemas.proof.evidence import SUPPORTING
from tasks.judge.doubts import doubts_of
from tasks.judge.votes import Verdict, blind_odds, guess_odds

MAX_REJECTED = 100
"""Rejected answers that the manifest and the validation page list: they are for people to read."""
BELIEVED = tuple(standing.value for standing in SUPPORTING)
"""Evidence that a judge's rejection contradicts."""
DIGITS = 6
"""Decimal places: sums of floats may differ in their last bits from run to run."""
IS_KEPT = pl.col("verdict") == Verdict.KEEP.value
NUM_OPTIONS = pl.col("options").list.len()
REJECTED = ("question_id", "category", "evidence", "writer", "question", "options")


def judge_summary(judged_paths: Sequence[Path], config: JudgeConfig) -> dict[str, Any]:
    """For the manifest; all tables are lists of rows, shares and odds are in [0, 1].

    verdicts   per category, `blind_answerable` among those kept
    guessing   per number of options: the odds of a guesser to be kept beside the share that was,
               unjudged questions left out of it
    blind      per category: the share of first blind votes that are right, and of questions that
               are answered in every rotation, each beside chance; asked are the questions that
               were kept so far, and all that were judged where the rule is REPORT
    agreement  per writer and evidence
    doubts     sentences that speak against trusting the judge (tasks.judge.doubts)
    rejected   the proved and asserted answers that the judge rejects, MAX_REJECTED of them at most
    """
    judged = pl.scan_parquet(list(judged_paths)).filter(pl.col("verdict").is_not_null())
    rejected = _rejected(judged)
    blind = [] if config.blind is BlindRule.OFF else _by_category(_blind(judged))
    return {
        "model": config.chat.model,
        "rule": config.rule.value,
        "blind_rule": config.blind.value,
        "verdicts": _by_category(_verdicts(judged, "category")),
        "guessing": _guessing(judged, config).to_dicts(),
        "blind": blind,
        "doubts": doubts_of(judged_paths, config),
        "agreement": _verdicts(judged, "writer", "evidence").to_dicts(),
        "num_rejected": rejected.select(pl.len()).collect().item(),
        "rejected": rejected.head(MAX_REJECTED).collect().to_dicts(),
        "usage": {
            "sighted": _usage(judged, "judge_usage"),
            "blind": _usage(judged, "blind_usage"),
        },
    }


def _by_category(rows: pl.DataFrame) -> list[dict[str, Any]]:
    order = [category.value for category in Category]
    return sorted(rows.to_dicts(), key=lambda row: order.index(row["category"]))


def _verdicts(judged: pl.LazyFrame, *by: str) -> pl.DataFrame:
    counts = [(pl.col("verdict") == found.value).sum().alias(found.value) for found in Verdict]
    return (
        judged.group_by(by)
        .agg(
            pl.len().alias("num_judged"),
            *counts,
            (IS_KEPT & pl.col("blind_answered")).sum().alias("blind_answerable"),
        )
        .sort(by)
        .collect()
    )


def _guessing(judged: pl.LazyFrame, config: JudgeConfig) -> pl.DataFrame:
    rows = (
        judged.filter(pl.col("verdict") != Verdict.UNJUDGED.value)
        .group_by(num_options=NUM_OPTIONS)
        .agg(num_judged=pl.len(), kept_share=IS_KEPT.mean().round(DIGITS))
        .sort("num_options")
        .collect()
    )
    odds = [guess_odds(config.rule, number) for number in rows["num_options"]]
    return rows.with_columns(guess_odds=pl.Series(odds, dtype=pl.Float64))


def _blind(judged: pl.LazyFrame) -> pl.DataFrame:
    # Later votes are only on questions whose earlier ones were right: the first alone is unbiased.
    first = pl.col("blind_votes").list.first()
    every = {number: blind_odds(number) for number in (2, 3, 4)}
    accuracy = pl.col("accuracy")
    return (
        judged.filter(first.is_not_null())
        .with_columns(
            is_right=first == pl.col("options").list.get(pl.col("answer")),
            num_options=NUM_OPTIONS,
        )
        .group_by("category")
        .agg(
            num_asked=pl.len(),
            accuracy=pl.col("is_right").mean(),
            chance=(1 / pl.col("num_options")).mean(),
            num_known=pl.col("blind_answered").count(),
            answered_share=pl.col("blind_answered").mean(),
            answered_chance=pl.col("num_options").replace_strict(every).mean(),
        )
        .with_columns(standard_error=(accuracy * (1 - accuracy) / pl.col("num_asked")).sqrt())
        .with_columns(pl.selectors.float().round(DIGITS))
        .collect()
    )


def _rejected(judged: pl.LazyFrame) -> pl.LazyFrame:
    is_rejected = pl.col("verdict").is_in([Verdict.DISAGREE.value, Verdict.AMBIGUOUS.value])
    return (
        judged.filter(is_rejected, pl.col("evidence").is_in(BELIEVED))
        .sort("evidence", "category", "question_id", descending=[True, False, False])
        .select(
            *REJECTED,
            answer=pl.col("options").list.get(pl.col("answer")),
            verdict="verdict",
            votes="votes",
            vote_reasons="vote_reasons",
        )
    )


def _usage(judged: pl.LazyFrame, column: str) -> dict[str, int]:
    totals: dict[str, int] = (
        judged.select(pl.col(column).struct.unnest().sum()).collect().row(0, named=True)
    )
    return totals
