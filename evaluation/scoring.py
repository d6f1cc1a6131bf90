"""Scoring: several scores from one set of replies.

`official` is the benchmark authors' rule on what our parser reads; `paper_compatible` is the
paper's aggregate on what the published parser reads. Further rules have the name of a parser
(`Benchmark.parsers`): the authors' rule on what that parser reads. Each comes with its standard
error, the share that could not be read, and the score of the best constant answer. A metric without
a unit to count (for example, no pair is complete) has no row; only the main metric then has one,
with NaN.
"""

from collections.abc import Collection
from itertools import chain

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark
from evaluation.benchmarks.registry import benchmark_of
from evaluation.bootstrap import measure, tables_of, values_of
from evaluation.constants import Said, silence
from evaluation.metrics import Metric
from evaluation.numbers import signed_number_in
from evaluation.rules import Rule, table_of
from evaluation.verdicts import credit_of
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
null in totals. `num_items` is how many items count, `num_left_out` how many do not, because
their pair, figure or turns are incomplete, `num_groups` how many groups are resampled; the shares
are of all items that the metric is about."""

SHARES = ("unparsed", "truncated", "error")
"""What SCORE states the share of: `is_<name>` of PARSED."""


def score(
    items: pl.DataFrame, parsed: pl.DataFrame, *, seed: int, num_bootstrap: int
) -> pl.DataFrame:
    """Rows of SCORE for one benchmark's items and what was read of the replies to them (PARSED).
    ValueError for an item that was not read, and for several or unknown benchmarks."""
    items = items.sort("item_id")  # sums of floats depend on their order
    name = _name_in(items)
    benchmark = benchmark_of(name)
    parsed = items.select("item_id").join(parsed, on="item_id", how="left", maintain_order="left")
    if parsed["is_right"].null_count():
        missing = parsed.filter(pl.col("is_right").is_null())["item_id"][0]
        raise ValueError(f"item {missing} of {name} was not read: parse all replies again")
    table = table_of(items, benchmark.facts).with_columns(
        *(parsed[f"is_{share}"] for share in SHARES),
        is_uncertain=parsed["method"].eq_missing("uncertain"),
        true_number=numbers(items, items["answer"], benchmark.numeric),
    )
    said = numbers(items, parsed["parsed"], benchmark.numeric)
    readings = [
        ("official", benchmark.official, table, parsed["credit"], said),
        ("paper_compatible", benchmark.paper_compatible, table, parsed["paper_is_right"], said),
    ]
    decided = table.with_columns(is_uncertain=False)  # parsers of others do not tell that apart
    for parser in benchmark.parsers:
        said = numbers(items, _read_by(parsed, parser, "parsed"), benchmark.numeric)
        credit = _read_by(parsed, parser, "credit")
        readings.append((parser, benchmark.official, decided, credit, said))
    rows = []
    # The rule decides what a constant answer scores, not the parser, and that takes long.
    known = {
        rule: constant_baselines(rule, benchmark, table, items)
        for rule in (benchmark.official, benchmark.paper_compatible)
    }
    for rule_name, rule, about, credit, said_number in readings:
        metrics = _metrics(rule, about, credit.cast(pl.Float64), said_number)
        baselines = known[rule]
        measured = measure(metrics, seed=seed, num_bootstrap=num_bootstrap)
        for metric, baseline, found in zip(metrics, baselines, measured, strict=True):
            counted = int(metric.units["size"].sum())
            rows.append(
                {
                    "benchmark": name,
                    "rule": rule_name,
                    "metric": metric.name,
                    "subset": metric.subset,
                    "category": metric.category,
                    "is_main": metric.is_main,
                    "value": found.value,
                    "standard_error": found.standard_error,
                    "num_items": counted,
                    "num_left_out": metric.asked.height - counted,
                    "num_groups": found.num_groups,
                    **{f"{share}_share": _share(metric.asked, f"is_{share}") for share in SHARES},
                    "constant_baseline": baseline,
                }
            )
    return frame_of(rows, SCORE)


def _name_in(items: pl.DataFrame) -> str:
    names = items["benchmark"].unique().sort().to_list()
    if len(names) != 1:
        raise ValueError(f"there are items of {names or 'no benchmark'}: score one at a time")
    return str(names[0])


def _read_by(parsed: pl.DataFrame, parser: str, field: str) -> pl.Series:
    """What a parser read, `parsed`, or what that is worth, `credit`."""
    of_parser = pl.col("readings").list.eval(
        pl.element().filter(pl.element().struct.field("parser") == parser).struct.field(field)
    )
    return parsed.select(of_parser.list.first()).to_series()


def _metrics(
    rule: Rule, table: pl.DataFrame, credit: pl.Series, said_number: pl.Series
) -> list[Metric]:
    """Those that have anything to count, and the main one."""
    right = credit == 1.0
    found = rule(table.with_columns(right=right, credit=credit, said_number=said_number))
    return [metric for metric in found if metric.units.height or metric.is_main]


def _share(asked: pl.DataFrame, column: str) -> float:
    return float(asked.select(pl.col(column).mean()).item() or 0.0)


def numbers(items: pl.DataFrame, said: pl.Series, numeric: Collection[str]) -> pl.Series:
    """The answer to each item of the categories `numeric` as a number: of a text, or of the option
    of a letter. Null elsewhere."""
    found: list[float | None] = [None] * items.height
    for place in items["category"].is_in(list(numeric)).fill_null(False).arg_true():
        texts = {option["letter"]: option["text"] for option in items["options"][place]}
        found[place] = signed_number_in(texts.get(said[place], said[place] or ""))
    return pl.Series(found, dtype=pl.Float64)


def _credits_of(items: pl.DataFrame, said: Said) -> pl.Series:
    """What a constant answer is worth to each item."""
    found = said.right.cast(pl.Float64).to_list()
    for place in (items["kind"] == AnswerKind.NUMBER.value).arg_true():
        if said.answer[place] is not None:
            found[place] = credit_of(items.row(place, named=True), said.answer[place])
    return pl.Series(found, dtype=pl.Float64)


def constant_baselines(
    rule: Rule, benchmark: Benchmark, table: pl.DataFrame, items: pl.DataFrame
) -> list[float]:
    """The score of the best constant answer, for every metric of a rule."""
    best: list[float] = []
    for said in chain.from_iterable(kind(items) for kind in (silence, *benchmark.constants)):
        said_number = numbers(items, said.answer, benchmark.numeric)
        metrics = _metrics(rule, table, _credits_of(items, said), said_number)
        values = values_of(metrics, tables_of(metrics))
        best = [max(pair) for pair in zip(best, values, strict=True)] if best else values
    return best
