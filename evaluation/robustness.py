"""Robustness: whether a model answers an item and its variants alike, and how often it is right.

An answer is consistent where the item and the variant are both read, and the variant's answer
stands for the same as the item's: the letter of the same option, a text that is worth as much as
the gold would be, the same number, a point that is as right.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from evaluation.bootstrap import measure
from evaluation.metrics import Metric, units
from evaluation.verdicts import credit_of
from schemas.benchmark import LETTERS, OPTION, AnswerKind
from schemas.columns import columns, frame_of

ALL = "all"
"""In place of a variant: all of an item's variants together."""
TEXTS = ("question", "options", "text")
COMPARED = columns(
    model=pl.String,
    benchmark=pl.String,
    variant=pl.String,
    of_item=pl.String,
    item_id=pl.String,
    group=pl.String,
    said=pl.String,
    said_here=pl.String,
    is_right=pl.Boolean,
    is_right_here=pl.Boolean,
    is_consistent=pl.Boolean,
    question=pl.String,
    question_here=pl.String,
    options=pl.List(OPTION),
    options_here=pl.List(OPTION),
    text=pl.String,
    text_here=pl.String,
)
"""One row per variant: what was read of the reply to its item (`said`) and to itself, null where
nothing was, and the two replies."""
ROBUSTNESS = columns(
    model=pl.String,
    benchmark=pl.String,
    variant=pl.String,
    num_items=pl.Int64,
    accuracy=pl.Float64,
    accuracy_here=pl.Float64,
    consistency=pl.Float64,
    standard_error=pl.Float64,
    low=pl.Float64,
    high=pl.Float64,
    num_lost=pl.Int64,
    num_gained=pl.Int64,
    unread_share=pl.Float64,
)
"""Per variant, in percent: how many items have it, the share of these that are right as they are,
and as this variant; the share answered alike, with its standard error by a bootstrap over groups
and its 95 % interval (evaluation.bootstrap); how many are right only as they are (lost) and only
here (gained); and the share of variants of which nothing could be read. In the row ALL an item is
consistent, or right here, where it is so in all its variants."""


class Answered(NamedTuple):
    """Rows of ITEM or of variants, with those of REPLY and of PARSED to them."""

    items: pl.DataFrame
    replies: pl.DataFrame
    parsed: pl.DataFrame

    @property
    def rows(self) -> Iterator[dict[str, Any]]:
        said = self.replies.select("item_id", "text")
        read = self.parsed.select("item_id", "parsed", "is_right")
        asked = self.items.join(said, on="item_id", how="left", maintain_order="left")
        asked = asked.join(read, on="item_id", how="left", maintain_order="left")
        return asked.iter_rows(named=True)


def compare(answered: Answered, variants: Answered) -> pl.DataFrame:
    """COMPARED of one model and benchmark, without `model`, in the order of the variants."""
    known = {row["item_id"]: row for row in answered.rows}
    rows = []
    for row in variants.rows:
        item = known[row["of_item"]]
        rows.append(
            {
                "benchmark": row["benchmark"],
                "variant": row["variant"],
                "of_item": row["of_item"],
                "item_id": row["item_id"],
                "group": row["group"] or row["of_item"],
                "said": item["parsed"],
                "said_here": row["parsed"],
                "is_right": item["is_right"],
                "is_right_here": row["is_right"],
                "is_consistent": is_consistent(row, item),
                **{name: item[name] for name in TEXTS},
                **{f"{name}_here": row[name] for name in TEXTS},
            }
        )
    schema = pl.Schema({name: kind for name, kind in COMPARED.items() if name != "model"})
    return frame_of(rows, schema)


def is_consistent(variant: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Of a variant and its item, each with what was read of the reply to it."""
    said, here = item["parsed"], variant["parsed"]
    if said is None or here is None:
        return False
    kind = AnswerKind(variant["kind"])
    if kind is AnswerKind.CHOICE:
        return bool(variant["letters"][LETTERS.index(said)] == here)
    if kind is AnswerKind.TEXT:
        return said == here or credit_of({**variant, "answer": said}, here) == 1.0
    if kind is AnswerKind.NUMBER:
        return bool(said == here)
    return bool(item["is_right"] == variant["is_right"])


def robustness(compared: pl.DataFrame, *, seed: int, num_bootstrap: int) -> pl.DataFrame:
    """ROBUSTNESS of COMPARED, in its order, the row ALL of each model and benchmark last."""
    rows = []
    for (model, benchmark), part in compared.group_by("model", "benchmark", maintain_order=True):
        parts = [
            (str(name), of_name)
            for (name,), of_name in part.group_by("variant", maintain_order=True)
        ]
        if len(parts) > 1:
            parts.append((ALL, _together(part)))
        rows += _rows(str(model), str(benchmark), parts, seed, num_bootstrap)
    return frame_of(rows, ROBUSTNESS)


def _together(part: pl.DataFrame) -> pl.DataFrame:
    """One row per item."""
    is_unread = pl.col("said_here").is_null().any()
    return part.group_by("of_item", maintain_order=True).agg(
        pl.col("group", "is_right").first(),
        pl.col("is_consistent", "is_right_here").all(),
        said_here=pl.when(~is_unread).then(pl.lit("")),
    )


def _rows(
    model: str,
    benchmark: str,
    parts: Sequence[tuple[str, pl.DataFrame]],
    seed: int,
    num_bootstrap: int,
) -> list[dict[str, Any]]:
    """The same groups are drawn for all variants."""
    metrics = [
        Metric(name, units(part, value=pl.col("is_consistent")), part) for name, part in parts
    ]
    measured = measure(metrics, seed=seed, num_bootstrap=num_bootstrap)
    rows = []
    for (name, part), found in zip(parts, measured, strict=True):
        low, high = found.interval
        right, here = pl.col("is_right"), pl.col("is_right_here")
        counts = part.select(
            num_items=pl.len(),
            accuracy=100 * right.mean(),
            accuracy_here=100 * here.mean(),
            num_lost=(right & ~here).sum(),
            num_gained=(~right & here).sum(),
            unread_share=100 * pl.col("said_here").is_null().mean(),
        ).row(0, named=True)
        consistency = {
            "consistency": found.value,
            "standard_error": found.standard_error,
            "low": low,
            "high": high,
        }
        rows.append(
            {"model": model, "benchmark": benchmark, "variant": name, **counts, **consistency}
        )
    return rows
