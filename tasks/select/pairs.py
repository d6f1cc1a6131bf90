"""Pairs at the end: which are whole, and what becomes of one whose counterpart is lost."""

from collections.abc import Iterator, Mapping

import polars as pl

from schemas.ledger import ledger_of, repaired

SAME_WORDS = (pl.len() == 2) & (pl.col("words").n_unique() == 1) & (pl.col("right").n_unique() == 2)
"""Whether the questions of one pair_id say the same and have different right options."""


def sound_pairs(questions: pl.DataFrame) -> pl.Series:
    """The pair_id of each question, null where its counterpart is not there or says something
    else."""
    whole = questions.select(
        pair_id=pl.when(SAME_WORDS.over("pair_id") & pl.col("pair_id").is_not_null()).then(
            "pair_id"
        )
    )
    return whole.to_series()


def pairs_in_one_split(samples: pl.DataFrame) -> pl.Series:
    """The pair_id of each sample, null where not both samples of the pair are in one split."""
    whole = samples.select(pair_id=pl.when(pl.len().over("pair_id", "split") == 2).then("pair_id"))
    return whole.to_series()


def parted(
    samples: pl.DataFrame, questions: pl.DataFrame, reasons: Mapping[str, str]
) -> pl.DataFrame:
    """Ledger rows for samples whose question had a pair_id and which have none. `questions` has
    question_id and pair_id of all questions, `reasons` says why questions became no samples."""
    planned = questions.filter(pl.col("pair_id").is_not_null())
    mates: dict[str, list[str]] = {}
    for question_id, pair_id in planned.select("question_id", "pair_id").sort("question_id").rows():
        mates.setdefault(pair_id, []).append(question_id)
    had = dict(planned.select("question_id", "pair_id").rows())

    def rows() -> Iterator[dict[str, str]]:
        for image_id, key in (
            samples.filter(pl.col("pair_id").is_null())
            .select("image_id", "question_id")
            .iter_rows()
        ):
            if key in had:
                mate = next((one for one in mates[had[key]] if one != key), "its counterpart")
                why = reasons.get(mate, "it says something else, or is in the other split")
                yield repaired(image_id, key, "pair-parted", f"{mate}: {why}")

    return ledger_of(list(rows()), "select")
