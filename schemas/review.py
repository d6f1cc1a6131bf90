"""Reviews: what people say of published questions.

    <root>/reviews/<name>/<reviewer>.parquet    rows of REVIEW, the last one of a question counts

A question is known by a key of what it shows and says, not by its id or by the build that published
it: reviews hold for every later build that asks the same of the same photograph.
"""

import json
from collections.abc import Sequence
from enum import StrEnum, auto
from hashlib import sha256
from pathlib import Path

import polars as pl

from schemas.columns import columns, incomplete_column
from schemas.listing import listed
from schemas.printable import first_line
from schemas.refusal import what_helps

REVIEWS = "reviews"
"""The folder of reviews below the root."""


class ReviewVerdict(StrEnum):
    """`ambiguous`: several options hold, or words fit several things; `unanswerable`: the
    photograph does not show it. These two are of the question, right and wrong of its label."""

    RIGHT = auto()
    WRONG = auto()
    AMBIGUOUS = auto()
    UNANSWERABLE = auto()


class Exchange(StrEnum):
    """Programs of others for reviewing."""

    ARGILLA = "argilla"
    LABEL_STUDIO = "label-studio"


VALID = (ReviewVerdict.RIGHT, ReviewVerdict.WRONG)
"""Verdicts that a valid question has, whatever its label."""
LEFT_OUT = "reviewed-"
"""Begins the reasons of the ledger for which a question was left out because of its review; what
follows is the verdict, or DISPUTED."""
DISPUTED = "disputed"
"""In place of a verdict, where reviewers differ."""
REVIEW = columns(
    number=pl.Int64,
    key=pl.String,
    reviewer=pl.String,
    dataset=pl.String,
    question_id=pl.String,
    image_id=pl.String,
    category=pl.String,
    evidence=pl.String,
    question=pl.String,
    options=pl.List(pl.String),
    label=pl.String,
    answered=pl.String,
    verdict=pl.String,
    comment=pl.String,
)
"""What a reviewer did, in the order of `number`. `dataset` (NAME/DIGEST) and `question_id` say
where the question was seen; `label` is the text of its right option, `answered` that of the option
which the reviewer chose before seeing the label: "" where no option held, null before that and
where it was not asked for. A null `verdict` takes back the one before, or comes with an answer."""
MAY_BE_NULL = ("answered", "verdict", "comment")


def question_key(shown: str, question: str, options: Sequence[str], label: str) -> str:
    """What a review is about: the photograph (SHA-256 of its bytes, or else its image id), the
    words, the options in any order and which of them is right."""
    parts = [shown, question, sorted(options), label]
    return sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:32]


def shown_image(image_id: str, digest: str | None) -> str:
    """How `question_key` knows a photograph."""
    return digest or f"image {image_id}"


def reviews_of(root: Path, name: str) -> pl.DataFrame:
    """The verdicts that count, of all reviewers of a dataset's name; by reviewer and key.

    Raises ValueError, naming the file, where one cannot be read.
    """
    files = listed(root / REVIEWS / name, "*.parquet")
    rows = pl.concat([read_reviews(path) for path in files] or [pl.DataFrame(schema=REVIEW)])
    return (
        rows.sort("reviewer", "key", "number")
        .unique(["reviewer", "key"], keep="last", maintain_order=True)
        .filter(pl.col("verdict").is_not_null())
    )


def read_reviews(path: Path) -> pl.DataFrame:
    """All rows of a file; ValueError where it is damaged or holds something else."""
    try:
        rows = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ValueError(
            f"{path} cannot be read as reviews ({first_line(error)}): "
            + what_helps(error, "move it away, or bring back a copy")
        ) from None
    known = [verdict.value for verdict in ReviewVerdict]
    if rows.schema != REVIEW:
        raise ValueError(f"{path} has other columns than reviews have: move it away")
    if lacking := incomplete_column(rows, MAY_BE_NULL):
        raise ValueError(f"{path} has a row without {lacking}: move it away, or bring back a copy")
    if not rows["verdict"].drop_nulls().is_in(known).all():
        raise ValueError(f"{path} holds an unknown verdict: known are {', '.join(known)}")
    return rows


def outcomes(reviews: pl.DataFrame) -> pl.DataFrame:
    """`key` and `outcome` of each reviewed question, by key: the verdict of its reviewers, or
    DISPUTED where they differ."""
    return (
        reviews.group_by("key")
        .agg(pl.col("verdict").unique())
        .select(
            "key",
            outcome=pl.when(pl.col("verdict").list.len() == 1)
            .then(pl.col("verdict").list.first())
            .otherwise(pl.lit(DISPUTED)),
        )
        .sort("key")
    )
