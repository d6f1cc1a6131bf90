"""The rows that stages hand on between scene graphs and samples."""

from enum import StrEnum, auto

import polars as pl

from schemas.columns import columns


class Level(StrEnum):
    EASY = auto()
    MEDIUM = auto()
    HARD = auto()


SUBGRAPH = columns(
    question_id=pl.String,
    image_id=pl.String,
    category=pl.String,
    asks=pl.String,
    facet=pl.String,
    claim=pl.String,
    alternatives=pl.List(pl.String),
    objects=pl.List(pl.Int64),
    names=pl.List(pl.String),
    relationships=pl.List(pl.Int64),
    evidence=pl.String,
    margin=pl.Float64,
    detail=pl.String,
    salience=pl.Float64,
    level=pl.String,
    rating=pl.Int32,
    topic=pl.String,
)
"""`claim` and `alternatives` are JSON (schemas.claim); `names` are those of `objects`; `topic` is
the same for questions of one image that are near-duplicates."""

PLAN = columns(
    question_id=pl.String,
    image_id=pl.String,
    category=pl.String,
    level=pl.String,
    reason=pl.String,
)
"""`reason` is null for the questions to write."""

QUESTION = columns(
    **{name: dtype for name, dtype in SUBGRAPH.items() if name != "alternatives"},
    question=pl.String,
    options=pl.List(pl.String),
    option_claims=pl.List(pl.String),
    answer=pl.Int32,
    writer=pl.String,
)
"""`answer` is the index of the right option; `option_claims` say what each option stands for."""

VERIFIED = columns(**QUESTION, reason=pl.String, reason_detail=pl.String)
"""`reason` is null for the questions that hold."""
