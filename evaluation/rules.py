"""Rules: the metrics of each benchmark, by its authors' rule and by the paper's.

A rule gets one row per item (`table_of`): the item's subset, category, group and facts, and
`right`. Groups that lack a member, as where only some items were asked, are left out of rules over
groups. Sources of the rules: the benchmarks' cards and scoring code, named per function.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl

from evaluation.metrics import Combine, Means, Metric
from schemas.benchmark import fact

Rule = Callable[[pl.DataFrame], list[Metric]]
ALL = pl.lit("all")


def units(table: pl.DataFrame, stratum: pl.Expr = ALL, value: str = "right") -> pl.DataFrame:
    """Every row as a unit."""
    return table.select("group", stratum=stratum, value=pl.col(value).cast(pl.Float64))


def whole(
    table: pl.DataFrame, keys: list[str], size: pl.Expr | int, stratum: pl.Expr = ALL
) -> pl.DataFrame:
    """Rows that share `keys` as one unit, right where all of them are; those of another size than
    `size` are left out."""
    expected = size if isinstance(size, pl.Expr) else pl.lit(size)
    return (
        table.with_columns(stratum=stratum, size=expected)
        .group_by(*keys, maintain_order=True)
        .agg(
            pl.col("group", "stratum", "size").first(),
            value=pl.col("right").all().cast(pl.Float64),
            found=pl.len(),
        )
        .filter(pl.col("found") == pl.col("size"))
        .select("group", "stratum", "value")
    )


def accuracy(table: pl.DataFrame, name: str = "accuracy", *, is_main: bool = True) -> Metric:
    return Metric(name, units(table), is_main=is_main)


def by(table: pl.DataFrame, column: str, name: str = "accuracy") -> list[Metric]:
    """The accuracy of every value of a column: `subset`, `category`, or a fact, told as one."""
    found = []
    for value in table[column].drop_nulls().unique().sort():
        part = units(table.filter(pl.col(column) == value))
        told = {"subset": value} if column == "subset" else {"category": value}
        found.append(Metric(name, part, **told))
    return found


def plain(table: pl.DataFrame) -> list[Metric]:
    return [accuracy(table), *by(table, "category")]


def subset_mean(table: pl.DataFrame) -> list[Metric]:
    """Every subset, and their mean."""
    return [
        Metric("mean of subsets", units(table, pl.col("subset")), is_main=True),
        *by(table, "subset"),
        *by(table, "category"),
    ]


def cv_bench(table: pl.DataFrame) -> list[Metric]:
    """1/2 ((ADE20K + COCO) / 2 + Omni3D) (card of nyu-visionx/CV-Bench)."""
    sources = pl.concat_str("subset", "source", separator=" ")
    flat = table.filter(pl.col("subset") == "2D")
    deep = table.filter(pl.col("subset") == "3D")
    metrics = [Metric("source mean", units(table, sources), _source_mean(table), is_main=True)]
    if flat.height:
        metrics.append(Metric("source mean", units(flat, pl.col("source")), subset="2D"))
    if deep.height:
        metrics.append(Metric("source mean", units(deep, pl.col("source")), subset="3D"))
    return [*metrics, *by(table, "category")]


def _source_mean(table: pl.DataFrame) -> Combine:
    strata = table.select(pl.concat_str("subset", "source", separator=" ")).to_series()
    names = strata.unique().sort().to_list()
    halves = [[k for k, name in enumerate(names) if name.startswith(part)] for part in ("2D", "3D")]

    def combine(means: Means) -> Means:
        found = [means[..., half].mean(axis=-1) for half in halves if half]
        return np.mean(found, axis=0)  # type: ignore[no-any-return]

    return combine


def circular(table: pl.DataFrame) -> list[Metric]:
    """3DSRBench: an item counts where every turn of its options is right, the mirrored picture
    apart; FlipEval: where the picture and its mirror image are (compute_3dsrbench_results)."""
    turns = pl.col("num_options")
    first = table.filter(pl.col("variant") == "0")
    types = pl.col("type")
    has_turns = table["variant"].n_unique() > 1
    has_flips = table["flip"].n_unique() > 1
    metrics = [accuracy(first.filter(pl.col("flip") == "0"), "vanilla", is_main=not has_turns)]
    if has_turns:
        items = whole(table, ["qid", "flip"], turns, types)
        metrics.append(Metric("circular", items.with_columns(stratum=ALL), is_main=True))
        metrics.append(Metric("circular, mean of types", items))
        for name in items["stratum"].unique().sort():
            part = items.filter(pl.col("stratum") == name)
            metrics.append(Metric("circular", part, category=name))
    if has_flips:
        metrics.append(Metric("flip", whole(first, ["qid"], 2)))
    if has_turns and has_flips:
        metrics.append(Metric("flip and circular", whole(table, ["qid"], 2 * turns)))
    return [metric for metric in metrics if metric.units.height]


def pairs(table: pl.DataFrame) -> list[Metric]:
    """MMVP: both pictures of a pair (tsb0601/MMVP)."""
    return [
        Metric("pairs", whole(table, ["pair"], 2), is_main=True),
        accuracy(table, "single", is_main=False),
    ]


def spatialbench(table: pl.DataFrame) -> list[Metric]:
    """By category (SpatialBot's scripts): existence by pairs; reach and size (accuracy + 2 pairs) /
    3; counting 1 - relative error; positional by item. Their mean is ours, the authors give none.
    """
    found = []
    for category in table["category"].unique().sort():
        part = table.filter(pl.col("category") == category)
        paired = whole(part.filter(pl.col("pair").is_not_null()), ["pair"], 2, pl.lit("pairs"))
        if category == "existence" and paired.height:
            found.append(Metric("pairs", paired, category=category))
        elif category in ("reach", "size") and paired.height:
            both = pl.concat([units(part, pl.lit("items")), paired])
            found.append(Metric("items and pairs", both, _thirds, category=category))
        elif category == "counting":
            found.append(Metric("relative error", counted(part), category=category))
        else:
            found.append(Metric("accuracy", units(part), category=category))
    parts = [
        one.units.with_columns(stratum=pl.format("{}/{}", pl.lit(one.category), "stratum"))
        for one in found
    ]
    main = Metric("mean of categories", pl.concat(parts), _category_mean(found), is_main=True)
    return [main, *found]


def _thirds(means: Means) -> Means:
    """Strata: items, pairs."""
    return (means[..., 0] + 2.0 * means[..., 1]) / 3.0


def _category_mean(found: list[Metric]) -> Combine:
    sizes = [metric.units["stratum"].n_unique() for metric in found]
    starts = np.cumsum([0, *sizes])

    def combine(means: Means) -> Means:
        parts = [
            metric.combine(means[..., start : start + size])
            for metric, start, size in zip(found, starts, sizes, strict=False)
        ]
        return np.mean(parts, axis=0)  # type: ignore[no-any-return]

    return combine


def counted(table: pl.DataFrame) -> pl.DataFrame:
    """1 - |said - true| / true, 0 at the least; right is 1, what is no number 0."""
    said, true = (pl.col(name).cast(pl.Float64, strict=False) for name in ("number", "answer"))
    near = (1.0 - (said - true).abs() / pl.max_horizontal(true, pl.lit(1.0))).clip(0.0, 1.0)
    value = pl.when(pl.col("right")).then(1.0).otherwise(near.fill_null(0.0))
    return table.select("group", stratum=ALL, value=value)


def hallusionbench(table: pl.DataFrame) -> list[Metric]:
    """aAcc: all questions; fAcc: all questions of a figure, without figure 0 of VS; qAcc: a
    question on all its figures (tianyi-lab/HallusionBench)."""
    keys = ["category", "subcategory", "set_id"]
    is_bare = (pl.col("category") == "VS") & (pl.col("figure_id") == "0")
    figures = table.filter(~is_bare)
    return [
        accuracy(table, "aAcc"),
        Metric("fAcc", whole(figures, [*keys, "figure_id"], pl.len().over(*keys, "figure_id"))),
        Metric("qAcc", whole(table, [*keys, "question_id"], pl.len().over(*keys, "question_id"))),
        *by(table, "category", "aAcc"),
    ]


def robospatial_home(table: pl.DataFrame) -> list[Metric]:
    """Every split, those with yes or no averaged, and all together (chanhee-luke/RoboSpatial)."""
    asked = table.filter(pl.col("subset") != "context")
    metrics = [accuracy(table, "total"), *by(table, "subset")]
    if asked.height:
        metrics.append(Metric("mean of yes/no", units(asked, pl.col("subset"))))
    return metrics


def mme_realworld_lite(table: pl.DataFrame) -> list[Metric]:
    """Overall, Perception and Reasoning, and each domain."""
    return [accuracy(table), *by(table, "ability"), *by(table, "category")]


def levels(table: pl.DataFrame) -> list[Metric]:
    return [*plain(table), *by(table, "level")]


def _base_rows(table: pl.DataFrame) -> list[Metric]:
    """The paper's 2,625 rows: no mirrored picture, no turned options."""
    return plain(table.filter((pl.col("flip") == "0") & (pl.col("variant") == "0")))


def _without(subset: str, table: pl.DataFrame) -> list[Metric]:
    return plain(table.filter(pl.col("subset") != subset))


PLAIN: Rule = plain
OFFICIAL: dict[str, Rule] = {
    "cv_bench": cv_bench,
    "blink": subset_mean,
    "3dsrbench": circular,
    "mmvp": pairs,
    "spatialbench": spatialbench,
    "spatialreasoner_eval": plain,
    "realworldqa": plain,
    "robospatial_home": robospatial_home,
    "vstar_bench": plain,
    "mmstar": plain,
    "mme_realworld_lite": mme_realworld_lite,
    "hallusionbench": hallusionbench,
    "stvqa_val": levels,
}
PAPER: dict[str, Rule] = dict.fromkeys(OFFICIAL, PLAIN) | {
    "cv_bench": subset_mean,
    "blink": subset_mean,
    "3dsrbench": _base_rows,
    "robospatial_home": partial(_without, "context"),
    "stvqa_val": levels,
}
FACTS = (
    "source", "qid", "flip", "variant", "type", "pair", "subcategory", "set_id", "figure_id",
    "question_id", "level",
)  # fmt: skip
"""The facts of items that rules read."""


def table_of(items: pl.DataFrame) -> pl.DataFrame:
    """What rules read of items, facts as columns, without `right`."""
    facts = {
        name: pl.Series([fact(entry, name) for entry in items["facts"]], dtype=pl.String)
        for name in FACTS
    }
    return items.select(
        "item_id",
        "subset",
        "category",
        "answer",
        group=pl.coalesce("group", "item_id"),
        num_options=pl.col("options").list.len(),
        ability=pl.col("category").str.split("/").list.first(),
        **facts,
    )
