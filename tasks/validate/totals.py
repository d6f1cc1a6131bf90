"""Totals: numbers over all samples that the configuration requires, and the ranges wanted."""

from collections import Counter
from functools import partial
from math import ceil, floor

import polars as pl

from schemas.columns import formatted
from schemas.config.dataset import QuotaConfig, SelectConfig
from schemas.config.gates import ROUNDING, GatesConfig
from tasks.plan.quota import plan_quotas
from tasks.validate.shortcuts import ALL

USUAL = GatesConfig()
SHORT = (
    "; bring more images (source.path or source.render.num_scenes), lower quota.num_samples, raise "
    "quota.max_per_image, or let fewer pass: gates.min_quota_share"
)
"""What to do where too few samples were found."""
READ = ("category", "level", "split", "num_options", "answer_text_only")
"""Columns of the checks view that are counted."""
TOTAL = pl.Schema(
    {
        "family": pl.String,
        "name": pl.String,
        "found": pl.Int64,
        "low": pl.Int64,
        "high": pl.Int64,
        "finding": pl.String,
    }
)


def count_totals(
    view: pl.DataFrame, quota: QuotaConfig, select: SelectConfig, gates: GatesConfig = USUAL
) -> pl.DataFrame:
    """One row per number that the configuration requires: what was found, and the range wanted.
    `view` has the columns READ of the checks view.
    Totals may differ a little from what is wanted: splits keep whole photographs together."""
    num_wanted, found = quota.num_samples, view.height
    least = gates.least(num_wanted)
    around = partial(_around, tolerance=gates.tolerance)
    totals = [
        ("least", "all samples", found, least, max(num_wanted, found)),
        ("all", "all samples", found, *around(num_wanted)),
    ]
    cells = plan_quotas(quota, quota.num_samples)
    for place, family in enumerate(("category", "level")):
        for name in dict.fromkeys(cell[place] for cell in cells):
            wanted = sum(number for cell, number in cells.items() if cell[place] == name)
            found = view.filter(pl.col(family) == name).height
            totals.append((family, name, found, *around(wanted)))
    num_val = select.val_share * view.height
    slack = max(2.0, gates.tolerance * view.height) + ROUNDING
    found = view.filter(split="val").height
    totals.append(("split", "val", found, ceil(num_val - slack), floor(num_val + slack)))
    answers = view.filter(pl.col("num_options").max().over("category") > 2)
    for (category_name,), rows in answers.group_by("category", maintain_order=True):
        ((text, found),) = Counter(sorted(rows["answer_text_only"])).most_common(1)
        most = gates.most(rows.height)
        totals.append(("answer", f"{category_name} answered “{text}”", found, 0, most))
    frame = pl.DataFrame(totals, ("family", "name", "found", "low", "high"), orient="row")
    range_wanted = (
        pl.when(pl.col("low") == pl.col("high"))
        .then(formatted("{}", "high"))
        .otherwise(formatted("{} to {}", "low", "high"))
    )
    finding = formatted("{}: {} found, {} wanted", "name", "found", range_wanted)
    is_short = (pl.col("family") == "least") & (pl.col("found") < pl.col("low"))
    finding += pl.when(is_short).then(pl.lit(SHORT)).otherwise(pl.lit(""))
    return frame.with_columns(finding=finding)


def _around(wanted: float, *, tolerance: float) -> tuple[int, int]:
    slack = max(1.0, tolerance * wanted) + ROUNDING
    return max(0, ceil(wanted - slack)), floor(wanted + slack)


def count_shortcuts(shortcuts: pl.DataFrame) -> pl.DataFrame:
    """One row like those of `count_totals` per category that tasks.validate.shortcuts could score:
    `found` is 1 where it can be answered from the words alone."""
    label = pl.col("category").replace(ALL, "all categories together")
    percent = [(100 * pl.col(name)).round(1) for name in ("accuracy", "chance")]
    return shortcuts.filter(pl.col("is_shortcut").is_not_null()).select(
        family=pl.lit("shortcut"),
        name=label,
        found=pl.col("is_shortcut").cast(pl.Int64),
        low=pl.lit(0, pl.Int64),
        high=pl.lit(0, pl.Int64),
        finding=formatted("{}: {} % right from the words alone, {} % by chance", label, *percent),
    )


def by_family(totals: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The totals of each family that is checked; a data set may have none of some."""
    from tasks.validate.expectations import TOTALS

    return {family: totals.filter(family=family) for family in TOTALS}
