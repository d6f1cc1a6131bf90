"""Rules: the metrics of a benchmark, and the rules that several share.

A rule gets one row per item (`table_of`) with the columns `subset`, `category`, `group`,
`num_options`, the benchmark's facts, and what was said: `right`, `credit` (from 0 to 1; 1 where
`right`), `is_uncertain`, `said_number`, `true_number`. Rules over groups leave out groups that lack
a member (for example, because only some items were asked), and count them. A rule of a single
benchmark is in the benchmark's own file.
"""

from collections.abc import Callable, Collection, Sequence

import polars as pl

from evaluation.metrics import Metric, accuracy, by, parts, units
from evaluation.numbers import signed_number_in
from schemas.benchmark import fact

Rule = Callable[[pl.DataFrame], list[Metric]]


def plain(table: pl.DataFrame) -> list[Metric]:
    """The accuracy over all items, and that of every category."""
    return [accuracy(table, is_main=True), *by(table, "category")]


def subset_mean(table: pl.DataFrame) -> list[Metric]:
    """The mean of the subsets' accuracies, equally weighted."""
    main = Metric("mean of subsets", units(table, pl.col("subset")), table, is_main=True)
    return [main, *by(table, "subset"), *by(table, "category")]


def task_mean(table: pl.DataFrame) -> list[Metric]:
    """The mean of the categories' credits, equally weighted, and those of each."""
    credit = pl.col("credit")
    main = Metric("mean of tasks", units(table, pl.col("category"), credit), table, is_main=True)
    by_task = [
        Metric("credit", units(part, value=credit), part, category=name)
        for name, part in parts(table, "category")
    ]
    return [main, *by_task]


def table_of(items: pl.DataFrame, facts: Sequence[str]) -> pl.DataFrame:
    """What rules read from rows of ITEM, with these facts as columns. evaluation.scoring adds what
    was said."""
    known = items["facts"].to_list()
    return items.select(
        "item_id",
        "subset",
        "category",
        group=pl.coalesce("group", "item_id"),
        num_options=pl.col("options").list.len(),
        **{
            name: pl.Series([fact(entry, name) for entry in known], dtype=pl.String)
            for name in facts
        },
    )


def numbers_said(items: pl.DataFrame, said: pl.Series, numeric: Collection[str]) -> pl.Series:
    """The answer to each item of the categories `numeric` as a number: of a text, or of the option
    of a letter. Null elsewhere."""
    found: list[float | None] = [None] * items.height
    for place in items["category"].is_in(list(numeric)).fill_null(False).arg_true():
        texts = {option["letter"]: option["text"] for option in items["options"][place]}
        found[place] = signed_number_in(texts.get(said[place], said[place] or ""))
    return pl.Series(found, dtype=pl.Float64)


def metrics_of(
    rule: Rule, table: pl.DataFrame, credit: pl.Series, said_number: pl.Series
) -> list[Metric]:
    """Those that have anything to count, and the main one."""
    right = credit == 1.0
    found = rule(table.with_columns(right=right, credit=credit, said_number=said_number))
    return [metric for metric in found if metric.units.height or metric.is_main]
