"""Losses: what was left out, for the ledger, and why nothing is left where that is so."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.chat import Failure
from schemas.config.build import PipelineConfig
from schemas.config.models import Strategy
from schemas.config.source_kind import SourceKind
from schemas.ledger import LEDGER
from schemas.review import LEFT_OUT
from tasks.leakage.exclude import REASON as IN_BENCHMARK
from tasks.plan.reasons import (
    BEYOND_QUOTA,
    IMAGE_FULL,
    NEAR_DUPLICATE,
    NO_COUNTERPART,
    NOT_TAKEN,
)

MAX_NAME = 60
"""Characters of a thing's name that are told."""
LEFT = pl.DataFrame(schema={"category": pl.String, "reason": pl.String})


class Way(NamedTuple):
    """What may help, and whether a configuration has not gone that way yet."""

    told: str
    is_open: Callable[[PipelineConfig], bool] = lambda config: True


LET_JUDGE = Way("name a judge, which decides what is not proved", lambda config: not config.judge)
LOOSEN_PROOF = Way("loosen proof")
MORE_IMAGES = (
    Way(
        "raise source.render.num_scenes",
        lambda config: config.source.kind is SourceKind.RENDERED,
    ),
    Way(
        "name a larger source.path",
        lambda config: config.source.kind is not SourceKind.RENDERED,
    ),
)
OTHER_WRITER = Way("let another model write")
OTHER_MODEL = Way("let another model do it")
CORRECT_FILE = Way(
    "correct the file that override.write names", lambda config: bool(config.override.write)
)
LOOK_AT_REPLIES = Way("look at the model's replies")
ADVICE = {
    "write": (LOOK_AT_REPLIES, OTHER_WRITER),
    "verify": (LOOK_AT_REPLIES, OTHER_WRITER, LOOSEN_PROOF),
    "judge": (Way("look at the judge's votes"), Way("let another model judge")),
    "select": (Way("loosen quota"),),
}
"""What to do where a stage lost the questions of a model."""
TEMPLATE_ADVICE = ADVICE | {"verify": (LOOSEN_PROOF, LET_JUDGE)}
"""The same where templates wrote them."""
ADVICE_ON = {
    Failure.NO_REPLY: (Way("see that the server answers, and run the same command again"),),
    Failure.TRUNCATED: (Way("raise max_tokens"),),
    Failure.REJECTED: (Way("correct the model"), Way("what it is asked with")),
    Failure.FILTERED: (OTHER_MODEL,),
    Failure.REFUSED: (OTHER_MODEL,),
    "writer-cannot-tell": (
        Way(
            "let the writer see the photographs (write.show_photograph)",
            lambda config: not config.write.show_photograph,
        ),
        Way(
            'set write.strategy = "planned"',
            lambda config: config.write.strategy is not Strategy.PLANNED,
        ),
        OTHER_WRITER,
    ),
    "text-unfit": (
        CORRECT_FILE,
        Way("let another model write", lambda config: not config.override.write),
    ),
    "answer-unproved": (LET_JUDGE, LOOSEN_PROOF),
    "option-possible": (LET_JUDGE, LOOSEN_PROOF),
    "judge-unjudged": (
        Way("see that the judge's server answers"),
        Way("raise its max_tokens"),
        Way("let another model judge"),
    ),
    "judge-ambiguous": (Way("see that the judge is shown the photographs, and look at its votes"),),
    BEYOND_QUOTA: (Way("raise quota.num_samples"), Way("the share of its category in quota")),
    NO_COUNTERPART: MORE_IMAGES,
    NEAR_DUPLICATE: MORE_IMAGES,
    IMAGE_FULL: (Way("raise quota.max_per_image"), *MORE_IMAGES),
    IN_BENCHMARK: (
        Way("take the list that should not hold them out of select.exclude"),
        Way("name another source"),
    ),
    "blind-answerable": (Way('set judge.blind = "report" or "downweight"'),),
}
"""What to do about a reason, whatever else the stage lost."""


def select_ledger(lost: pl.DataFrame) -> pl.DataFrame:
    """A row for each question that was lost (rows of tasks.select.weighed.WEIGHED)."""
    return (
        lost.select(
            stage=pl.when(
                pl.col("reason").is_in(NOT_TAKEN) | pl.col("reason").str.starts_with(LEFT_OUT)
            )
            .then(pl.lit("select"))
            .when(~pl.col("is_written"))
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


def why_none(
    lost: pl.DataFrame,
    photograph_paths: Sequence[Path],
    config: PipelineConfig,
    planned_paths: Sequence[Path] = (),
    scene_paths: Sequence[Path] = (),
) -> str:
    """Why no question is left, whether any was asked or not, and what to do."""
    if lost.height:
        return why_lost(lost, config)
    return why_none_planned(photograph_paths, config, planned_paths, scene_paths)


def why_lost(lost: pl.DataFrame, config: PipelineConfig) -> str:
    """The stage that lost most of the questions, its commonest reason, an example, and what to
    do."""
    losses = select_ledger(lost)
    stage, in_stage = _commonest(losses, "stage")
    of_stage = losses.filter(stage=stage)
    reason, number = _commonest(of_stage, "reason")
    item, detail = of_stage.filter(reason=reason).select("item", "detail").row(0)
    said = f"{number:,} of them by" if number < in_stage else "by"
    return (
        f"{in_stage:,} of {losses.height:,} are lost in {stage}, {said} {reason} "
        f"(first {item}: {detail}): {_advice(stage, reason, lost, config)}"
    )


def why_none_planned(
    photograph_paths: Sequence[Path],
    config: PipelineConfig,
    planned_paths: Sequence[Path] = (),
    scene_paths: Sequence[Path] = (),
) -> str:
    """Of the plan, the photographs or the scenes the commonest reason, and what to do."""
    left_out = pl.concat(
        [pl.read_parquet(path, columns=["category", "reason"]) for path in planned_paths] or [LEFT]
    ).filter(pl.col("reason").is_in((*NOT_TAKEN, IN_BENCHMARK)))
    if left_out.height:
        reason, number = _commonest(left_out, "reason")
        category, _ = _commonest(left_out.filter(reason=reason), "category")
        said = f"{number:,} of them by" if number < left_out.height else "by"
        return (
            f"none of {left_out.height:,} candidates is asked, {said} {reason} "
            f"(mostly {category}): {ways_told(ADVICE_ON[reason], config)}"
        )
    more = ways_told(MORE_IMAGES, config)
    none = f"the scenes allow none: loosen extract, proof or quota, or {more}"
    return why_unusable(photograph_paths) or _why_nameless(scene_paths) or none


def _why_nameless(scene_paths: Sequence[Path]) -> str | None:
    """Where the vocabulary knows no name of all things: their commonest one, and what to do."""
    if not scene_paths:
        return None
    scenes = pl.read_parquet(list(scene_paths), columns=["objects"])
    things = scenes["objects"].explode().drop_nulls().struct.unnest()
    if things.is_empty() or things["class_name"].is_not_null().any():
        return None
    name, _ = _commonest(things, "name")
    return (
        "data/vocabulary/classes.toml knows none of the names of things (mostly "
        f"{str(name)[:MAX_NAME]!r}): translate them, or add their classes there"
    )


def why_unusable(photograph_paths: Sequence[Path]) -> str | None:
    """The commonest reason by which photographs are lost, an example, and what to do; None where
    none is lost."""
    if not photograph_paths:
        return None
    photographs = pl.read_parquet(list(photograph_paths))
    unusable = photographs.filter(pl.col("reason").is_not_null())
    if unusable.is_empty():
        return None
    reason, number = _commonest(unusable, "reason")
    image_id, detail = unusable.filter(reason=reason).select("image_id", "detail").row(0)
    return (
        f"{number:,} of {photographs.height:,} photographs are lost by {reason} "
        f"(first {image_id}: {detail}): correct source.photographs or the source, or, where no "
        'model looks at them, set images = "omit"'
    )


def _advice(stage: str, reason: str, lost: pl.DataFrame, config: PipelineConfig) -> str:
    is_template = lost["writer"].eq("template").any()
    ways = ADVICE_ON.get(reason) or (TEMPLATE_ADVICE if is_template else ADVICE)[stage]
    if config.override.write and stage == "verify":
        ways = (CORRECT_FILE, *(way for way in ways if way in (LET_JUDGE, LOOSEN_PROOF)))
    return ways_told(ways, config)


def ways_told(ways: Sequence[Way], config: PipelineConfig) -> str:
    """In words, those that a configuration has not gone yet."""
    *first, last = [way.told for way in ways if way.is_open(config)]
    return f"{', '.join(first)}, or {last}" if first else last


def _commonest(losses: pl.DataFrame, column: str) -> tuple[Any, int]:
    """The value that most rows have, and their number."""
    counted = losses.group_by(column).agg(rows=pl.len())
    found: tuple[Any, int] = counted.sort("rows", column, descending=[True, False]).row(0)
    return found
