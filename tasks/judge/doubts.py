"""Doubts: whether a judge's votes look as if it did not see the pictures, or did not look."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from schemas.completion.publish import LETTERS
from schemas.config.models import BlindRule, JudgeConfig

LEAST = 30
"""Questions below which chance decides whether a judge seems to look."""
ERRORS = 1.64
"""Standard errors that 95 of 100 means are at most above the true one."""
SAME = 0.9
"""Share of questions from which on votes with and without the picture count as the same ones."""
logger = logging.getLogger(__name__)


def doubts_of(judged_paths: Sequence[Path], config: JudgeConfig) -> list[str]:
    """What speaks against trusting the judge, as sentences without a subject; empty where nothing
    does. Only first votes are compared: which later ones are cast depends on them. With and without
    the picture they show the options in the same order. The second vote, which is always cast,
    shows them shifted by one place."""
    right = pl.col("options").list.get(pl.col("answer"))
    sighted, blind = (pl.col(name).list.first() for name in ("votes", "blind_votes"))
    second = pl.col("votes").list.get(1, null_on_oob=True)
    following = (_place_of(sighted) + 1) % pl.col("options").list.len()
    judged = (
        pl.scan_parquet(list(judged_paths))
        .filter(pl.col("verdict").is_not_null(), sighted.is_not_null())
        .select(
            chance=1 / pl.col("options").list.len(),
            is_right=(sighted == right).cast(pl.Float64),
            is_blind_right=(blind == right).cast(pl.Float64),
            is_same=(sighted == blind).cast(pl.Float64),
            is_same_letter=(_place_of(second) == following).cast(pl.Float64),
        )
        .collect()
    )
    both = judged.drop_nulls(["is_blind_right", "is_same"])
    is_on_all = config.blind is BlindRule.REPORT
    return [
        *_at_chance(judged),
        *_by_letter(judged["is_same_letter"].drop_nulls()),
        *_without_looking(both, is_on_all),
    ]


def _place_of(vote: pl.Expr) -> pl.Expr:
    """Which of the options a vote is for; null where it is for none."""
    options = pl.col("options").list
    places = range(len(LETTERS))
    found = (pl.when(options.get(place, null_on_oob=True) == vote).then(place) for place in places)
    return pl.coalesce(*found)


def tell_doubts(judged_paths: Sequence[Path], config: JudgeConfig) -> None:
    """Log them as warnings."""
    for doubt in doubts_of(judged_paths, config):
        logger.warning("%-12s warning: %s %s", "judge", config.chat.model, doubt)


def _at_chance(judged: pl.DataFrame) -> Iterator[str]:
    number = judged.height
    if number < LEAST:
        return
    right, chance = judged["is_right"], judged["chance"]
    spread = float((chance * (1 - chance)).sum()) ** 0.5
    if right.sum() <= chance.sum() + ERRORS * spread:
        yield (
            f"finds {_percent(right)} of {number:,} answers with its first vote, and a guesser "
            f"{_percent(chance)}: see that it is shown the pictures, let another model judge, or "
            "look at the answers"
        )


def _by_letter(same: pl.Series) -> Iterator[str]:
    """`same`: whether the second vote has the letter of the first, and so another option."""
    if same.len() >= LEAST and _mean(same) >= SAME:
        yield (
            f"votes for the same letter twice on {_percent(same)} of {same.len():,} questions, in "
            "whatever order they show the options: let another model judge"
        )


def _without_looking(both: pl.DataFrame, is_on_all: bool) -> Iterator[str]:
    """`is_on_all`: the judge was asked without the picture on all questions. Where it was only on
    those that it kept, its votes with the picture are right in any case."""
    number = both.height
    if number < LEAST:
        return
    gain = both["is_right"] - both["is_blind_right"]
    error = ERRORS * float(gain.std() or 0.0) / number**0.5  # type: ignore[arg-type]
    if _mean(both["is_same"]) >= SAME:
        found = f"votes on {_percent(both['is_same'])} of {number:,} questions as it does"
    elif is_on_all and _mean(gain) <= error:
        found = (
            f"is right in {_percent(both['is_right'])} of {number:,} questions, and in "
            f"{_percent(both['is_blind_right'])}"
        )
    else:
        return
    yield (
        f"{found} without the picture: see that it is shown the pictures, or ask what cannot be "
        "answered without them"
    )


def _mean(values: pl.Series) -> float:
    return float(values.mean() or 0.0)  # type: ignore[arg-type]


def _percent(values: pl.Series) -> str:
    return f"{100 * _mean(values):.1f} %"
