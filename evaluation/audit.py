"""Audit: what scores hide. Replies that parsers read differently, items that nobody or a model
without the pictures gets, labels known to be wrong, and ranks that a rule decides."""

from collections.abc import Collection, Iterator
from itertools import combinations
from typing import Any

import polars as pl

from evaluation.benchmarks.registry import BENCHMARKS
from schemas.columns import columns, frame_of

OFFICIAL, PAPER = "official", "paper_compatible"
DIFFERENCE = columns(
    benchmark=pl.String,
    model=pl.String,
    item_id=pl.String,
    parser=pl.String,
    answer=pl.String,
    ours=pl.String,
    theirs=pl.String,
    credit=pl.Float64,
    their_credit=pl.Float64,
    text=pl.String,
)
"""A reply that our parser and another one give different credit; `ours` and `theirs` are what each
read, null for nothing; `text` is the end of the reply, at most TAIL characters."""
TAIL = 400
"""Where answers are. Whole replies are in a table of their own."""
ITEM_AUDIT = columns(
    benchmark=pl.String,
    item_id=pl.String,
    num_models=pl.Int64,
    num_right=pl.Int64,
    is_blind_right=pl.Boolean,
    is_label_wrong=pl.Boolean,
)
"""`num_models` and `num_right` count models that see the pictures; `is_blind_right` is null where
no model without them was asked; `is_label_wrong` where the published label is known to be wrong."""
RANK = columns(
    benchmark=pl.String, rule=pl.String, model=pl.String, other=pl.String,
    difference=pl.Float64, difference_by_rule=pl.Float64,
)  # fmt: skip
"""Two models whose order by `rule` is the reverse of that by the official rule on what our parser
reads; differences in percent points, model less other."""


def differences(answers: pl.DataFrame) -> pl.DataFrame:
    """Rows of DIFFERENCE, in the order of the answers (one row per model and item)."""
    return frame_of(list(_differences(answers)), DIFFERENCE)


def _differences(answers: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for row in answers.iter_rows(named=True):
        if row["text"] is None:
            continue
        paper = {
            "parser": PAPER,
            "parsed": row["paper_parsed"],
            "credit": float(row["paper_is_right"]),
        }
        for reading in (*row["readings"], paper):
            if abs(reading["credit"] - row["credit"]) > 1e-9:
                yield {
                    **{key: row[key] for key in ("benchmark", "model", "item_id", "answer")},
                    "parser": reading["parser"],
                    "ours": row["parsed"],
                    "theirs": reading["parsed"],
                    "credit": row["credit"],
                    "their_credit": reading["credit"],
                    "text": row["text"][-TAIL:],
                }


def item_audit(answers: pl.DataFrame, blind: Collection[str]) -> pl.DataFrame:
    """Rows of ITEM_AUDIT, in the order of the answers; `blind` are the models without pictures."""
    is_blind = pl.col("model").is_in(list(blind))
    found = answers.group_by("benchmark", "item_id", maintain_order=True).agg(
        source=pl.col("source_benchmark").first(),
        num_models=(~is_blind).sum().cast(pl.Int64),
        num_right=(pl.col("is_right") & ~is_blind).sum().cast(pl.Int64),
        is_blind_right=pl.when(is_blind.any()).then((pl.col("is_right") & is_blind).any()),
    )
    flipped = [
        bool(source in BENCHMARKS and item in BENCHMARKS[source].flipped)
        for source, item in found.select("source", "item_id").iter_rows()
    ]
    return found.with_columns(is_label_wrong=pl.Series(flipped, dtype=pl.Boolean)).select(
        ITEM_AUDIT.names()
    )


def label_problems(answers: pl.DataFrame) -> dict[str, str]:
    """By benchmark what is wrong with the labels of many of its items together."""
    found = {}
    for (benchmark, source), part in answers.group_by(
        "benchmark", "source_benchmark", maintain_order=True
    ):
        items = part.unique("item_id", maintain_order=True)
        known = BENCHMARKS.get(str(source))
        if known and (problem := known.check_corrected(items)):
            found[str(benchmark)] = problem
    return found


def rank_changes(scores: pl.DataFrame) -> pl.DataFrame:
    """Rows of RANK from rows of SCORE with the model."""
    rows = []
    main = scores.filter("is_main", pl.col("value").is_finite())
    for (benchmark,), part in main.group_by("benchmark", maintain_order=True):
        by_rule = {
            str(rule): dict(table.select("model", "value").iter_rows())
            for (rule,), table in part.group_by("rule", maintain_order=True)
        }
        ours = by_rule.pop(OFFICIAL, {})
        for rule, values in by_rule.items():
            for model, other in combinations([name for name in ours if name in values], 2):
                here, there = ours[model] - ours[other], values[model] - values[other]
                if here * there < 0:
                    rows.append(
                        dict(zip(RANK, (benchmark, rule, model, other, here, there), strict=True))
                    )
    return frame_of(rows, RANK)
