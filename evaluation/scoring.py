"""Scoring: two honest scores from one set of replies.

`official` is the benchmark authors' rule on what our parser reads; `paper_compatible` is the
paper's aggregate on what the published parser reads. Beside each stand its standard error, what
could not be read, and what the best constant answer would have scored.
"""

from collections.abc import Iterator

import polars as pl

from evaluation.metrics import Metric, measure, value_of
from evaluation.rules import OFFICIAL, PAPER, Rule, table_of
from schemas.benchmark import AnswerKind
from schemas.columns import columns, frame_of

SCORE = columns(
    benchmark=pl.String,
    rule=pl.String,
    metric=pl.String,
    subset=pl.String,
    category=pl.String,
    is_main=pl.Boolean,
    value=pl.Float64,
    standard_error=pl.Float64,
    num_items=pl.Int64,
    num_groups=pl.Int64,
    unparsed_share=pl.Float64,
    truncated_share=pl.Float64,
    error_share=pl.Float64,
    constant_baseline=pl.Float64,
)
"""`value`, `standard_error` and `constant_baseline` are in percent; `subset` and `category` are
null in totals; `num_items` is how many items the benchmark has, and the shares are theirs."""

RULES = {"official": (OFFICIAL, "is_right"), "paper_compatible": (PAPER, "paper_is_right")}


def score(
    items: pl.DataFrame, parsed: pl.DataFrame, *, seed: int, num_bootstrap: int
) -> pl.DataFrame:
    """Rows of SCORE for one benchmark's items and what was read of the replies to them (PARSED)."""
    items = items.sort("item_id")  # sums of floats depend on their order
    parsed = items.select("item_id").join(parsed, on="item_id", how="left", maintain_order="left")
    (benchmark,) = items["benchmark"].unique()
    table = table_of(items).join(
        parsed.select(
            "item_id",
            "is_right",
            "paper_is_right",
            number=_number(items, parsed),
        ),
        on="item_id",
        how="left",
        maintain_order="left",
    )
    shares = {
        name: float(parsed[column].mean() or 0.0)  # type: ignore[arg-type]
        for name, column in (
            ("unparsed_share", "is_unparsed"),
            ("truncated_share", "is_truncated"),
            ("error_share", "is_error"),
        )
    }
    rows = []
    for rule, (rules, column) in RULES.items():
        metrics = rules[benchmark](table.with_columns(right=pl.col(column)))
        baselines = constant_baselines(items, table, rules[benchmark])
        for metric, baseline in zip(metrics, baselines, strict=True):
            found = measure(metric, seed=seed, num_bootstrap=num_bootstrap)
            rows.append(
                {
                    "benchmark": benchmark,
                    "rule": rule,
                    "metric": metric.name,
                    "subset": metric.subset,
                    "category": metric.category,
                    "is_main": metric.is_main,
                    "value": found.value,
                    "standard_error": found.standard_error,
                    "num_items": items.height,
                    "num_groups": found.num_groups,
                    **shares,
                    "constant_baseline": baseline,
                }
            )
    return frame_of(rows, SCORE)


def _number(items: pl.DataFrame, parsed: pl.DataFrame) -> pl.Series:
    """What was said as a number: a text, or the text of the option that was chosen."""
    texts = {
        (item_id, option["letter"]): option["text"]
        for item_id, options in items.select("item_id", "options").iter_rows()
        for option in options
    }
    said = parsed.select("item_id", "parsed").iter_rows()
    return pl.Series([texts.get(key, key[1]) for key in said], dtype=pl.String)


def constants(items: pl.DataFrame) -> Iterator[str]:
    """Answers that a replier might give to every item."""
    letters = items.filter(pl.col("kind") == AnswerKind.CHOICE.value)["options"]
    yield from sorted({option["letter"] for options in letters for option in options})
    texts = items.filter(pl.col("kind") == AnswerKind.TEXT.value)["answer"]
    yield from (
        texts.value_counts(sort=True)
        .sort("count", "answer", descending=[True, False])["answer"]
        .head(5)
    )


def constant_baselines(items: pl.DataFrame, table: pl.DataFrame, rule: Rule) -> list[float]:
    """For every metric of a rule the score of the best constant answer. Where options are yes and
    no, and their letters change places, the constant is the word."""
    answers = right_texts(items)
    best: list[float] = []
    candidates = [items["answer"] == constant for constant in constants(items)]
    candidates += [answers == word for word in answers.drop_nulls().unique().sort().head(8)]
    for right in candidates or [pl.Series([False] * items.height)]:
        values = list(map(value_of, _metrics(rule, table, right)))
        best = [max(pair) for pair in zip(best, values, strict=True)] if best else values
    return best


def right_texts(items: pl.DataFrame) -> pl.Series:
    """The text of the right option, in lower case, where items offer two at the most."""
    found = []
    for options, answer in items.select("options", "answer").iter_rows():
        texts = {option["letter"]: option["text"].lower() for option in options}
        found.append(texts.get(answer) if len(texts) == 2 else None)
    return pl.Series(found, dtype=pl.String)


def _metrics(rule: Rule, table: pl.DataFrame, right: pl.Series) -> list[Metric]:
    nothing_said = pl.lit(None, pl.String)
    return rule(table.with_columns(right=right.fill_null(False), number=nothing_said))
