"""Weighed: what of a question decides whether it becomes a sample, without its long texts."""

import polars as pl

from schemas.claim import decode_claim
from schemas.columns import columns
from schemas.question import as_judged
from tasks.plan.balance import offered_and_context
from tasks.select.letters import ordered

READ = ("objects", "names", "asks", "option_claims", "answer")
"""Columns from which the words of a question and its options are derived."""
TEXTS = pl.List(pl.String)
WEIGHED = columns(
    question_id=pl.String,
    image_id=pl.String,
    category=pl.String,
    level=pl.String,
    facet=pl.String,
    topic=pl.String,
    pair_id=pl.String,
    writer=pl.String,
    reason=pl.String,
    reason_detail=pl.String,
    verdict=pl.String,
    blind_answered=pl.Boolean,
    answer=pl.Int32,
    num_options=pl.Int64,
    is_written=pl.Boolean,
    words=pl.UInt64,
    right=pl.UInt64,
    offered=TEXTS,
    context=TEXTS,
)
"""`words` is equal for questions with the same words and options, `right` for those with the same
right option: hashes that are compared within one run and kept nowhere. `offered` are the words of
the options, the right one first, and `context` the other words of a question that holds: null for
others."""


def weighed(questions: pl.DataFrame) -> pl.DataFrame:
    """Rows of WEIGHED for verified or judged questions, in their order."""
    rows = as_judged(questions).with_row_index("row")
    options = pl.col("options")
    asked = pl.concat_list("question", options.list.sort()).list.join("\n")
    slim = rows.select(
        pl.exclude("words", "right", "offered", "context"),
        num_options=options.list.len().cast(pl.Int64),
        is_written=pl.col("question").is_not_null(),
        words=asked.hash(),
        right=options.list.get(pl.col("answer"), null_on_oob=True).hash(),
    )
    said = _with_words(rows.filter(pl.col("reason").is_null()))
    return slim.join(said, on="row", how="left", maintain_order="left").select(WEIGHED.names())


def _with_words(questions: pl.DataFrame) -> pl.DataFrame:
    """The words of the options, the right one first, and the other words of each question."""
    offered, context = [], []
    for row in questions.select(READ).iter_rows(named=True):
        names = dict(zip(row["objects"], row["names"], strict=True))
        order = ordered(len(row["option_claims"]), {0: row["answer"]})
        claims = [decode_claim(row["option_claims"][number]) for number in order]
        options, said = offered_and_context(claims, row["asks"], names)
        offered.append(options)
        context.append(said)
    return questions.select(
        "row",
        offered=pl.Series(offered, dtype=TEXTS),
        context=pl.Series(context, dtype=TEXTS),
    )
