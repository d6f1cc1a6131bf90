"""Rules: the metrics of a benchmark, and the rules that several share.

A rule gets one row per item (`table_of`) with the columns `subset`, `category`, `group`,
`num_options`, the benchmark's facts, and what was said: `right`, `credit` (from 0 to 1; 1 where
`right`), `is_uncertain`, `said_number`, `true_number`. Rules over groups leave out groups that lack
a member (for example, because only some items were asked), and count them. A rule of a single
benchmark is in the benchmark's own file.
"""

from collections.abc import Callable, Sequence

import polars as pl

from evaluation.metrics import Metric, accuracy, by, parts, units
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
