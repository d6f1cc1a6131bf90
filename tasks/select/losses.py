"""Losses: what was left out, for the ledger, and why nothing is left where that is so."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from schemas.chat import Failure
from schemas.ledger import LEDGER
from schemas.review import LEFT_OUT
from tasks.plan.reasons import IMAGE_FULL, NOT_TAKEN

ADVICE = {
    "write": "look at the model's replies, or let another one write",
    "verify": "look at the model's replies, let another one write, or loosen proof",
    "judge": "look at the judge's votes, or let another model judge",
    "select": "loosen quota",
}
"""What to do where a stage lost the questions of a model."""
TEMPLATE_ADVICE = ADVICE | {"verify": "loosen proof, or name a judge, which decides in doubt"}
"""The same where templates wrote them."""
ADVICE_ON = {
    Failure.NO_REPLY: "see that the server answers, and run the same command again",
    Failure.TRUNCATED: "raise max_tokens",
    Failure.REJECTED: "correct the model, or what it is asked with",
    Failure.FILTERED: "let another model do it",
    Failure.REFUSED: "let another model do it",
    "writer-cannot-tell": "let the writer see the photographs (write.show_photograph), let another "
    'model write, or set write.strategy = "planned"',
    "answer-unproved": "name a judge, which decides what is not proved, or loosen proof",
    "option-possible": "name a judge, which decides what is not proved, or loosen proof",
    "judge-unjudged": "see that the judge's server answers, raise its max_tokens, or let another "
    "model judge",
    "judge-ambiguous": "see that the judge is shown the photographs, and look at its votes",
    IMAGE_FULL: "raise quota.max_per_image, or bring more images",
    "blind-answerable": 'set judge.blind = "report" or "downweight"',
}
"""What to do about a reason, whatever else the stage lost."""


def select_ledger(lost: pl.DataFrame) -> pl.DataFrame:
    return (
        lost.select(
            stage=pl.when(
                pl.col("reason").is_in(NOT_TAKEN) | pl.col("reason").str.starts_with(LEFT_OUT)
            )
            .then(pl.lit("select"))
            .when(pl.col("question").is_null())
            .then(pl.lit("write"))
            .when(pl.col("verdict").is_not_null())
            .then(pl.lit("judge"))
            .otherwise(pl.lit("verify")),
            image_id="image_id",
            item="question_id",
            action=pl.lit("drop"),
            reason="reason",
            detail=pl.col("reason_detail"),
        )
        .cast(LEDGER)
        .sort("item")
    )


def why_none(lost: pl.DataFrame, photograph_paths: Sequence[Path]) -> str:
    """The stage that lost most of the questions, or the photographs where none was asked; its
    commonest reason, an example, and what to do."""
    if lost.height:
        losses = select_ledger(lost)
        stage, in_stage = _commonest(losses, "stage")
        of_stage = losses.filter(stage=stage)
        reason, number = _commonest(of_stage, "reason")
        item, detail = of_stage.filter(reason=reason).select("item", "detail").row(0)
        said = f"{number:,} of them by" if number < in_stage else "by"
        return (
            f"{in_stage:,} of {losses.height:,} are lost in {stage}, {said} {reason} "
            f"(first {item}: {detail}): {_advice(stage, reason, lost)}"
        )
    if photograph_paths:
        photographs = pl.read_parquet(list(photograph_paths))
        unusable = photographs.filter(pl.col("reason").is_not_null())
        if unusable.height:
            reason, number = _commonest(unusable, "reason")
            image_id, detail = unusable.filter(reason=reason).select("image_id", "detail").row(0)
            return (
                f"{number:,} of {photographs.height:,} photographs are lost by {reason} "
                f"(first {image_id}: {detail}): correct source.photographs or the source, or set "
                'images = "omit"'
            )
    return "the scenes allow none: loosen extract, proof or quota, or name a larger source"


def _advice(stage: str, reason: str, lost: pl.DataFrame) -> str:
    is_template = lost["writer"].eq("template").any()
    return ADVICE_ON.get(reason) or (TEMPLATE_ADVICE if is_template else ADVICE)[stage]


def _commonest(losses: pl.DataFrame, column: str) -> tuple[Any, int]:
    """The value that most rows have, and their number."""
    counted = losses.group_by(column).agg(rows=pl.len())
    found: tuple[Any, int] = counted.sort("rows", column, descending=[True, False]).row(0)
    return found
