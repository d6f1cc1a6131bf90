"""Scoring: several scores from one set of replies.

`official` is the benchmark authors' rule on what our parser reads; `paper_compatible` is the
paper's aggregate on what the published parser reads. Further rules have the name of a parser
(`Benchmark.parsers`): the authors' rule on what that parser reads. Each comes with its standard
error, the share that could not be read, and the score of the best constant answer. A metric without
a unit to count (for example, no pair is complete) has no row; only the main metric then has one,
with NaN.
"""

import polars as pl

from evaluation.baselines import BASELINE
from evaluation.benchmarks.registry import benchmark_in
from evaluation.bootstrap import measure
from evaluation.rules import metrics_of, numbers_said, table_of
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
    items: pl.DataFrame,
    parsed: pl.DataFrame,
    baselines: pl.DataFrame,
    *,
    seed: int,
    num_bootstrap: int,
) -> pl.DataFrame:
    """Rows of SCORE for one benchmark's items, what was read of the replies to them (PARSED), and
    what constant answers score (BASELINE). ValueError for an item that was not read, and for
    several or unknown benchmarks."""
    items = items.sort("item_id")  # sums of floats depend on their order
    benchmark = benchmark_in(items)
    name = benchmark.name
    parsed = items.select("item_id").join(parsed, on="item_id", how="left", maintain_order="left")
    if parsed["is_right"].null_count():
        missing = parsed.filter(pl.col("is_right").is_null())["item_id"][0]
        raise ValueError(f"item {missing} of {name} was not read: parse all replies again")
    table = table_of(items, benchmark.facts).with_columns(
        *(parsed[f"is_{share}"] for share in SHARES),
        is_uncertain=parsed["method"].eq_missing("uncertain"),
        true_number=numbers_said(items, items["answer"], benchmark.numeric),
    )
    said = numbers_said(items, parsed["parsed"], benchmark.numeric)
    readings = [
        ("official", benchmark.official, table, parsed["credit"], said),
        ("paper_compatible", benchmark.paper_compatible, table, parsed["paper_is_right"], said),
    ]
    decided = table.with_columns(is_uncertain=False)  # parsers of others do not tell that apart
    for parser in benchmark.parsers:
        said = numbers_said(items, _read_by(parsed, parser, "parsed"), benchmark.numeric)
        credit = _read_by(parsed, parser, "credit")
        readings.append((parser, benchmark.official, decided, credit, said))
    best = {tuple(key): value for *key, value in baselines.select(*BASELINE).iter_rows()}
    rows = []
    for rule_name, rule, about, credit, said_number in readings:
        metrics = metrics_of(rule, about, credit.cast(pl.Float64), said_number)
        # The rule decides what a constant answer scores, not the parser.
        told = rule_name if rule_name == "paper_compatible" else "official"
        measured = measure(metrics, seed=seed, num_bootstrap=num_bootstrap)
        for metric, found in zip(metrics, measured, strict=True):
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
                    "constant_baseline": best[told, metric.name, metric.subset, metric.category],
                }
            )
    return frame_of(rows, SCORE)


def _read_by(parsed: pl.DataFrame, parser: str, field: str) -> pl.Series:
    """What a parser read, `parsed`, or what that is worth, `credit`."""
    of_parser = pl.col("readings").list.eval(
        pl.element().filter(pl.element().struct.field("parser") == parser).struct.field(field)
    )
    return parsed.select(of_parser.list.first()).to_series()


def _share(asked: pl.DataFrame, column: str) -> float:
    return float(asked.select(pl.col(column).mean()).item() or 0.0)
