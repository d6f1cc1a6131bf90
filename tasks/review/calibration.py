"""Calibration: how many labels are right by what let them through: the tier of their evidence, and
the judge's rule and votes.

Reviews know the evidence. The votes are those of the dataset in which the question was reviewed:
the one that leaves it out does not have them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from schemas.dataset_folder import read_manifest, sample_files
from schemas.proof.evidence import Standing
from schemas.review import ReviewVerdict
from tasks.review.precision import wilson

VOTES = ("question_id", "answer_text_only", "votes")
"""Columns of samples that are read."""
NOT_KNOWN = "not known: the dataset in which they were reviewed is gone"


class Calibration(NamedTuple):
    """Of the reviewed questions of which `kind` (evidence or judge) says `told`; `low` and `high`
    bound the share of right labels at 95 % (Wilson)."""

    kind: str
    told: str
    reviewed: int
    right: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.right / self.reviewed


def calibrations(reviewed: pl.DataFrame, reviews: pl.DataFrame, root: Path) -> list[Calibration]:
    """Evidence first, the surest tier first; the judge's where one was asked. `reviewed` has key,
    evidence and outcome, `reviews` the rows of schemas.review.REVIEW that it is made of."""
    judged = reviewed.join(votes_of(reviews, root), on="key", how="left", maintain_order="left")
    tiers = [tier.value for tier in Standing]
    found = list(_by("evidence", reviewed.select("outcome", told="evidence"), tiers))
    if judged["told"].drop_nulls().len():
        known = judged.select("outcome", pl.col("told").fill_null(NOT_KNOWN))
        found += _by("judge", known, sorted(set(known["told"])))
    return found


def _by(kind: str, rows: pl.DataFrame, order: list[str]) -> Iterator[Calibration]:
    for told in order:
        some = rows.filter(told=told)
        if some.height:
            right = some.filter(outcome=ReviewVerdict.RIGHT.value).height
            yield Calibration(kind, told, some.height, right, *wilson(right, some.height))


def votes_of(reviews: pl.DataFrame, root: Path) -> pl.DataFrame:
    """`key` and `told` of reviewed questions: the judge's rule, and how many of its votes were for
    the label; questions that no judge was asked about are left out."""
    parts = [pl.DataFrame(schema={"key": pl.String, "told": pl.String})]
    for dataset in sorted(set(reviews["dataset"].drop_nulls())):
        folder = root / "datasets" / dataset
        try:
            judge = read_manifest(folder)["config"].get("judge")
        except ValueError:
            continue
        if isinstance(judge, dict) and "rule" in judge:
            parts.append(_votes(folder, str(judge["rule"]), reviews.filter(dataset=dataset)))
    return pl.concat(parts).unique("key", keep="first", maintain_order=True)


def _votes(folder: Path, rule: str, reviews: pl.DataFrame) -> pl.DataFrame:
    votes = (
        pl.scan_parquet(sample_files(folder)).select(VOTES).filter(pl.col("votes").list.len() > 0)
    )
    is_right = (pl.col("votes") == pl.col("answer_text_only")).fill_null(False)
    counted = votes.explode("votes").group_by("question_id").agg(is_right.sum(), asked=pl.len())
    told = pl.format("{}, {} of {} votes", pl.lit(rule), "votes", "asked")
    asked = counted.select("question_id", told=told).collect()
    keys = reviews.select("key", "question_id").unique(maintain_order=True)
    return keys.join(asked, on="question_id", maintain_order="left").select("key", "told")


def calibration_told(found: Calibration) -> str:
    """In one line, for people."""
    return (
        f"{found.kind} {found.told}: {found.right} of {found.reviewed} right "
        f"({100 * found.low:.0f} to {100 * found.high:.0f} % at 95 %)"
    )
