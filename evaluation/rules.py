"""Rules: the metrics of each benchmark, by its authors' rule and by the paper's.

A rule gets one row per item (`table_of`): the item's subset, category, group and facts, and
`right`. Groups that lack a member, as where only some items were asked, are left out of rules over
groups, and counted; of a figure of HallusionBench nothing says how many questions it has, and those
that were asked are taken for all. Sources of the rules: the benchmarks' cards and scoring code,
named per function.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl

from evaluation.metrics import Combine, Means, Metric, accuracy, by, parts, units, whole
from evaluation.spatialbench_rule import spatialbench
from schemas.benchmark import fact

Rule = Callable[[pl.DataFrame], list[Metric]]


def plain(table: pl.DataFrame) -> list[Metric]:
    return [accuracy(table, is_main=True), *by(table, "category")]


def subset_mean(table: pl.DataFrame) -> list[Metric]:
    """Every subset, and their mean."""
    main = Metric("mean of subsets", units(table, pl.col("subset")), table, is_main=True)
    return [main, *by(table, "subset"), *by(table, "category")]


def cv_bench(table: pl.DataFrame) -> list[Metric]:
    """1/2 ((ADE20K + COCO) / 2 + Omni3D) (card of nyu-visionx/CV-Bench)."""
    sources = units(table, pl.concat_str("subset", "source", separator=" "))
    metrics = [Metric("source mean", sources, table, _source_mean(sources), is_main=True)]
    for subset, part in parts(table, "subset"):
        by_source = units(part, pl.col("source"))
        metrics.append(Metric("source mean", by_source, part, subset=subset))
    return [*metrics, *by(table, "source"), *by(table, "category")]


def _source_mean(sources: pl.DataFrame) -> Combine:
    names = sources["stratum"].unique().sort().to_list()
    halves = [[k for k, name in enumerate(names) if name.startswith(part)] for part in ("2D", "3D")]

    def combine(means: Means) -> Means:
        found = [means[..., half].mean(axis=-1) for half in halves if half]
        return np.mean(found, axis=0)  # type: ignore[no-any-return]

    return combine


def circular(table: pl.DataFrame) -> list[Metric]:
    """3DSRBench: an item counts where every turn of its options is right, the mirrored picture
    apart; FlipEval: where the picture and its mirror image are (VLMEvalKit's _3DSRBench)."""
    turns = pl.col("num_options")
    first = table.filter(pl.col("variant") == "0")
    base = first.filter(pl.col("flip") == "0")
    has_turns = table["variant"].n_unique() > 1
    has_flips = table["flip"].n_unique() > 1
    items = whole(table, ["qid", "flip"], turns)
    is_circular = has_turns and items.height > 0
    vanilla = accuracy(base, "vanilla", is_main=not is_circular)
    metrics = [vanilla, *by(base, "category", "vanilla")]
    if is_circular:
        types = whole(table, ["qid", "flip"], turns, pl.col("type"))
        metrics.append(Metric("circular", items, table, is_main=True))
        metrics.append(Metric("circular, mean of types", types, table))
        for name, part in parts(table, "type"):
            of_type = whole(part, ["qid", "flip"], turns)
            metrics.append(Metric("circular", of_type, part, category=name))
    if has_flips:
        metrics.append(Metric("flip", whole(first, ["qid"], pl.lit(2)), first))
    if has_turns and has_flips:
        both = whole(table, ["qid"], 2 * turns)
        metrics.append(Metric("flip and circular", both, table))
    return metrics


def pairs(table: pl.DataFrame) -> list[Metric]:
    """MMVP: both pictures of a pair (tsb0601/MMVP)."""
    both = whole(table, ["pair"], pl.lit(2))
    is_paired = both.height > 0
    single = accuracy(table, "single", is_main=not is_paired)
    return [Metric("pairs", both, table, is_main=is_paired), single]


def hallusionbench(table: pl.DataFrame) -> list[Metric]:
    """aAcc: all questions; fAcc: all questions of a figure, without figure 0 of VS; qAcc: a
    question on all its figures. Figure 0 of VS is no figure, and who does not commit himself there
    is right (tianyi-lab/HallusionBench, utils.py)."""
    is_bare = (pl.col("category") == "VS") & (pl.col("figure_id") == "0")
    table = table.with_columns(right=pl.col("right") | (is_bare & pl.col("is_uncertain")))
    metrics = _over_figures(table, table.filter(~is_bare))
    for category, part in parts(table, "category"):
        metrics += _over_figures(part, part.filter(~is_bare), category)
    return metrics


def _over_figures(
    table: pl.DataFrame, figures: pl.DataFrame, category: str | None = None
) -> list[Metric]:
    keys = ["category", "subcategory", "set_id"]
    found = [accuracy(table, "aAcc", category=category, is_main=category is None)]
    for name, part, key in (("fAcc", figures, "figure_id"), ("qAcc", table, "question_id")):
        together = whole(part, [*keys, key], pl.len().over(*keys, key))
        found.append(Metric(name, together, part, category=category))
    return found


def robospatial_home(table: pl.DataFrame) -> list[Metric]:
    """Every split, those with yes or no averaged, and all together (chanhee-luke/RoboSpatial)."""
    asked = table.filter(pl.col("subset") != "context")
    yes_no = Metric("mean of yes/no", units(asked, pl.col("subset")), asked)
    return [accuracy(table, "total", is_main=True), yes_no, *by(table, "subset")]


def mme_realworld_lite(table: pl.DataFrame) -> list[Metric]:
    """Overall, Perception and Reasoning, and each domain."""
    return [accuracy(table, is_main=True), *by(table, "ability"), *by(table, "category")]


def levels(table: pl.DataFrame) -> list[Metric]:
    return [*plain(table), *by(table, "level")]


def _base_rows(table: pl.DataFrame) -> list[Metric]:
    """The paper's 2,625 rows: no mirrored picture, no turned options."""
    return plain(table.filter((pl.col("flip") == "0") & (pl.col("variant") == "0")))


def _without(subset: str, table: pl.DataFrame) -> list[Metric]:
    return plain(table.filter(pl.col("subset") != subset))


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
EVERYWHERE: Rule = plain
PAPER: dict[str, Rule] = dict.fromkeys(OFFICIAL, EVERYWHERE) | {
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
    """What rules read of items, facts as columns; what was said is to be added: `right`,
    `is_uncertain`, `said_number`."""
    known = items["facts"].to_list()
    facts = {
        name: pl.Series([fact(entry, name) for entry in known], dtype=pl.String) for name in FACTS
    }
    return items.select(
        "item_id",
        "subset",
        "category",
        group=pl.coalesce("group", "item_id"),
        num_options=pl.col("options").list.len(),
        ability=pl.col("category").str.split("/").list.first(),
        **facts,
    )
