"""The rows that stages exchange between scene graphs and samples."""

from enum import StrEnum, auto

import polars as pl

from schemas.columns import columns


class Level(StrEnum):
    EASY = auto()
    MEDIUM = auto()
    HARD = auto()


LEVELS = tuple(level.value for level in Level)
"""The easiest first."""


SUBGRAPH = columns(
    question_id=pl.String,
    image_id=pl.String,
    category=pl.String,
    asks=pl.String,
    facet=pl.String,
    claim=pl.String,
    alternatives=pl.List(pl.String),
    num_offered=pl.Int64,
    offered=pl.List(pl.String),
    context=pl.List(pl.String),
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
"""`claim` and `alternatives` are JSON (schemas.claim), `num_offered` how many alternatives a
question offers by itself (a pair may offer another one), the first ones; `offered` is what claim
and alternatives say as options, the right one first, empty where the scene does not decide it;
`context` is what else the question says.
`names` are those of `objects`; `topic` is the same for questions of one image that are
near-duplicates."""

UNDECIDED = "undecided-"
"""The facets of questions that only somebody who looks at the image can answer start so."""

ONLY_PAIRED = "/usual"
"""The facets of questions that are asked only beside a counterpart end so: all have one answer."""

USAGE = pl.Struct(
    {
        "calls": pl.Int64,
        "input_tokens": pl.Int64,
        "cached_tokens": pl.Int64,
        "output_tokens": pl.Int64,
    }
)
"""What requests to a model took (schemas.chat.Usage)."""

PLAN = columns(
    question_id=pl.String,
    image_id=pl.String,
    category=pl.String,
    level=pl.String,
    pair_id=pl.String,
    alternative=pl.Int64,
    reason=pl.String,
)
"""`reason` is null for the questions to write; two of these have the same `pair_id` where their
words and options are the same and their right options differ, else it is null. `alternative` is the
place of the alternative (of SUBGRAPH) that is offered alone; null where as many are as the
question offers by itself."""

PLANNED_BY = {
    "alternatives",
    "num_offered",
    "offered",
    "context",
}  # columns that only the writer needs
QUESTION = columns(
    **{name: dtype for name, dtype in SUBGRAPH.items() if name not in PLANNED_BY},
    pair_id=pl.String,
    question=pl.String,
    options=pl.List(pl.String),
    option_claims=pl.List(pl.String),
    answer=pl.Int32,
    writer=pl.String,
    writer_level=pl.String,
    write_usage=USAGE,
    write_replies=pl.List(pl.String),
    reason=pl.String,
    reason_detail=pl.String,
)
"""`answer` is the index of the right option; `option_claims` say what each option stands for;
`writer` is the model's name or "template"; `writer_level` is how hard the model finds the question,
`write_replies` are the digests of its replies: these and `write_usage` are null for the template
writer. Where `reason` says why a model wrote no question, `question` and `answer` are null and
`options` empty."""

VERIFIED = columns(**QUESTION, reading=pl.String)
"""`reason` is null for the questions that hold. Their `evidence`, `margin` and `detail` come from
executing the claims; "unknown" is for a judge to decide. `reading` is "read" where the words surely
say what the claims say, "unread" where only a judge can decide, null for lost questions."""

JUDGED = columns(
    **VERIFIED,
    votes=pl.List(pl.String),
    vote_reasons=pl.List(pl.String),
    blind_votes=pl.List(pl.String),
    verdict=pl.String,
    blind_answered=pl.Boolean,
    judge=pl.String,
    judge_usage=USAGE,
    blind_usage=USAGE,
    judge_replies=pl.List(pl.String),
)
"""`votes` are texts of options, "ambiguous", or null where nothing usable came back, in the order
they were cast; `verdict` is null for questions that were not judged, `blind_answered` where the
blind votes leave it open; `judge_replies` are digests of the reply store."""
MISSING = "no reply came: the next build asks again"
"""The `reason_detail` of unjudged questions that a later run may get votes on."""


def as_judged(questions: pl.DataFrame) -> pl.DataFrame:
    """Verified questions with the columns of judged ones, null."""
    missing = [
        pl.lit(None, dtype).alias(name)
        for name, dtype in JUDGED.items()
        if name not in questions.columns
    ]
    return questions.with_columns(missing)
