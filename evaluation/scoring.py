"""Scoring: two honest scores from one set of replies.

`official` is the benchmark authors' rule on what our parser reads; `paper_compatible` is the
paper's aggregate on what the published parser reads. Beside each stand its standard error, what
could not be read, and what the best constant answer would have scored. A metric without a unit to
count, as of pairs where none is complete, has no row; the main one has a row at any rate, with NaN.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from evaluation.bootstrap import measure, tables_of, values_of
from evaluation.metrics import Metric
from evaluation.option_texts import number_in
from evaluation.rules import OFFICIAL, PAPER, Rule, table_of
from evaluation.spatialbench_rule import COUNTING
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
    num_left_out=pl.Int64,
    num_groups=pl.Int64,
    unparsed_share=pl.Float64,
    truncated_share=pl.Float64,
    error_share=pl.Float64,
    constant_baseline=pl.Float64,
)
"""`value`, `standard_error` and `constant_baseline` are in percent; `subset` and `category` are
null in totals. `num_items` is how many items count, `num_left_out` how many do not, since their
pair, figure or turns are incomplete, `num_groups` how many groups are resampled; the shares are of
all items that the metric is about."""

RULES = {"official": (OFFICIAL, "is_right"), "paper_compatible": (PAPER, "paper_is_right")}
SHARES = ("unparsed", "truncated", "error")
MAX_CONSTANTS = 8


@dataclass(frozen=True, slots=True)
class Said:
    """What a replier said of every item: whether it is right, and the number that it is."""

    right: pl.Series
    number: pl.Series


def score(
    items: pl.DataFrame, parsed: pl.DataFrame, *, seed: int, num_bootstrap: int
) -> pl.DataFrame:
    """Rows of SCORE for one benchmark's items and what was read of the replies to them (PARSED).
    ValueError for items without what was read, of several benchmarks, or of one without rules."""
    items = items.sort("item_id")  # sums of floats depend on their order
    benchmark = _benchmark_of(items)
    parsed = items.select("item_id").join(parsed, on="item_id", how="left", maintain_order="left")
    if parsed["is_right"].null_count():
        missing = parsed.filter(pl.col("is_right").is_null())["item_id"][0]
        raise ValueError(f"item {missing} of {benchmark} was not read: parse all replies again")
    table = table_of(items).with_columns(
        *(parsed[f"is_{name}"] for name in SHARES),
        is_uncertain=parsed["method"].eq_missing("uncertain"),
        true_number=_numbers(items, items["answer"]),
    )
    number = _numbers(items, parsed["parsed"])
    rows = []
    for rule, (rules, column) in RULES.items():
        metrics = _metrics(rules[benchmark], table, Said(parsed[column], number))
        baselines = constant_baselines(rules[benchmark], table, items)
        measured = measure(metrics, seed=seed, num_bootstrap=num_bootstrap)
        for metric, baseline, found in zip(metrics, baselines, measured, strict=True):
            counted = int(metric.units["size"].sum())
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
                    "num_items": counted,
                    "num_left_out": metric.asked.height - counted,
                    "num_groups": found.num_groups,
                    **{f"{name}_share": _share(metric.asked, f"is_{name}") for name in SHARES},
                    "constant_baseline": baseline,
                }
            )
    return frame_of(rows, SCORE)


def _benchmark_of(items: pl.DataFrame) -> str:
    names = items["benchmark"].unique().sort().to_list()
    if len(names) != 1:
        raise ValueError(f"there are items of {names or 'no benchmark'}: score one at a time")
    if names[0] not in OFFICIAL:
        raise ValueError(
            f"there is no rule for {names[0]}: there are {', '.join(sorted(OFFICIAL))}"
        )
    return str(names[0])


def _metrics(rule: Rule, table: pl.DataFrame, said: Said) -> list[Metric]:
    """Those that have anything to count, and the main one."""
    found = rule(table.with_columns(right=said.right, said_number=said.number))
    return [metric for metric in found if metric.units.height or metric.is_main]


def _share(asked: pl.DataFrame, column: str) -> float:
    return float(asked[column].mean() or 0.0)  # type: ignore[arg-type]


def _numbers(items: pl.DataFrame, said: pl.Series) -> pl.Series:
    """What was said of each item as a number: a text, or the text of an option by its letter. Null
    where no rule asks for it."""
    found: list[float | None] = [None] * items.height
    counts = (items["benchmark"] == "spatialbench") & (items["category"] == COUNTING)
    for place in counts.fill_null(False).arg_true():
        texts = {option["letter"]: option["text"] for option in items["options"][place]}
        found[place] = number_in(texts.get(said[place], said[place] or ""))
    return pl.Series(found, dtype=pl.Float64)


def constant_baselines(rule: Rule, table: pl.DataFrame, items: pl.DataFrame) -> list[float]:
    """For every metric of a rule the score of the best constant answer: a letter, a text, or a word
    whichever letter it stands at, as where options are yes and no and change places."""
    best: list[float] = []
    for said in constants(items):
        metrics = _metrics(rule, table, said)
        values = values_of(metrics, tables_of(metrics))
        best = [max(pair) for pair in zip(best, values, strict=True)] if best else values
    return best


def constants(items: pl.DataFrame) -> Iterator[Said]:
    """What repliers say who give one answer to every item."""
    nothing = pl.Series([None] * items.height, dtype=pl.Float64)
    yield Said(pl.Series([False] * items.height), nothing)
    letters = items["options"].explode().struct.field("letter").drop_nulls().unique().sort()
    for answer in [*letters, *_frequent(_texts(items))]:
        said = pl.Series([answer] * items.height)
        yield Said(items["answer"] == answer, _numbers(items, said))
    words = _words(items)
    for word in _frequent(words):
        yield Said(words.eq_missing(word), nothing)


def _texts(items: pl.DataFrame) -> pl.Series:
    """Answers of items that ask for a text."""
    return items.filter(pl.col("kind") == AnswerKind.TEXT.value)["answer"]


def _words(items: pl.DataFrame) -> pl.Series:
    """The text of the right option, in lower case, where an item offers two; else null."""
    found = []
    for options, answer in items.select("options", "answer").iter_rows():
        texts = {option["letter"]: option["text"].lower() for option in options}
        found.append(texts.get(answer) if len(texts) == 2 else None)
    return pl.Series(found, dtype=pl.String)


def _frequent(texts: pl.Series) -> list[str]:
    counts = texts.drop_nulls().alias("text").value_counts()
    return (
        counts.sort("count", "text", descending=[True, False])["text"].head(MAX_CONSTANTS).to_list()
    )
