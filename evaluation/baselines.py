"""Baselines: what the best constant answer scores, by every metric of a benchmark.

They depend on the items alone, not on a model, and all constants are tried by all metrics, which
takes longer than scoring a model.
"""

from itertools import chain

import polars as pl

from evaluation.benchmarks.registry import benchmark_in
from evaluation.bootstrap import tables_of, values_of
from evaluation.constants import Said, silence
from evaluation.rules import metrics_of, numbers_said, table_of
from evaluation.verdicts import credit_of
from schemas.benchmark import AnswerKind
from schemas.columns import columns, frame_of

BASELINE = columns(
    rule=pl.String,
    metric=pl.String,
    subset=pl.String,
    category=pl.String,
    value=pl.Float64,
)
"""`rule` is official or paper_compatible; `value` is in percent."""


def constant_baselines(items: pl.DataFrame) -> pl.DataFrame:
    """Rows of BASELINE for one benchmark's items (rows of ITEM): per metric the score of the
    constant answer that is best by it. ValueError for several or unknown benchmarks."""
    items = items.sort("item_id")  # sums of floats depend on their order
    benchmark = benchmark_in(items)
    table = table_of(items, benchmark.facts).with_columns(
        is_uncertain=False, true_number=numbers_said(items, items["answer"], benchmark.numeric)
    )
    rules = {"official": benchmark.official, "paper_compatible": benchmark.paper_compatible}
    best: dict[tuple[str | None, ...], float] = {}
    for said in chain.from_iterable(kind(items) for kind in (silence, *benchmark.constants)):
        credit = _credits_of(items, said)
        said_number = numbers_said(items, said.answer, benchmark.numeric)
        for name, rule in rules.items():
            metrics = metrics_of(rule, table, credit, said_number)
            for metric, value in zip(metrics, values_of(metrics, tables_of(metrics)), strict=True):
                key = (name, metric.name, metric.subset, metric.category)
                best[key] = max(best.get(key, value), value)
    return frame_of([dict(zip(BASELINE, (*key, best[key]), strict=True)) for key in best], BASELINE)


def _credits_of(items: pl.DataFrame, said: Said) -> pl.Series:
    """What a constant answer is worth to each item."""
    found = said.right.cast(pl.Float64).to_list()
    for place in (items["kind"] == AnswerKind.NUMBER.value).arg_true():
        if said.answer[place] is not None:
            found[place] = credit_of(items.row(place, named=True), said.answer[place])
    return pl.Series(found, dtype=pl.Float64)
