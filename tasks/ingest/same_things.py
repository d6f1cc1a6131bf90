"""Same things: which boxes of an image show one thing."""

from functools import cache
from math import log

import polars as pl

from schemas.config.margins import IngestConfig
from schemas.vocabulary.classes import load_vocabulary
from tasks.ingest.object_columns import BOX


@cache
def _agreement(label: str, other: str) -> str | None:
    """Whether one thing may be annotated as both: `kin` where one class is a more general word for
    the other, `alike` where they are sometimes confused; names without a class must be equal."""
    vocabulary = load_vocabulary()
    if label == other:
        return "kin"
    if label not in vocabulary.classes or other not in vocabulary.classes:
        return None
    if vocabulary.is_kind_of(label, other) or vocabulary.is_kind_of(other, label):
        return "kin"
    return "alike" if vocabulary.may_be_same(label, other) else None


def _agreements(pairs: pl.DataFrame) -> pl.DataFrame:
    """label, label_b and agreement of the distinct pairs of labels."""
    labels = pairs.select("label", "label_b").unique().sort("label", "label_b")
    found = [_agreement(label, other) for label, other in labels.iter_rows()]
    return labels.with_columns(agreement=pl.Series(found, dtype=pl.String))


def _overlaps(sides: pl.DataFrame, others: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """row, row_b, labels, iou and nested (share of the smaller box) of pairs that overlap."""
    wide = pl.min_horizontal("x2", "x2_b") - pl.max_horizontal("x1", "x1_b")
    high = pl.min_horizontal("y2", "y2_b") - pl.max_horizontal("y1", "y1_b")
    return (
        sides.lazy()
        .join(others.lazy(), on=on, suffix="_b")
        .filter(
            pl.col("row") < pl.col("row_b"),
            pl.col("x1") < pl.col("x2_b"),
            pl.col("x1_b") < pl.col("x2"),
            pl.col("y1") < pl.col("y2_b"),
            pl.col("y1_b") < pl.col("y2"),
        )
        .with_columns(shared=wide * high)
        .select(
            "row",
            "row_b",
            "label",
            "label_b",
            iou=pl.col("shared") / (pl.col("area") + pl.col("area_b") - pl.col("shared")),
            nested=pl.col("shared") / pl.min_horizontal("area", "area_b"),
        )
        .collect()
    )


def same_things(sides: pl.DataFrame, config: IngestConfig) -> pl.DataFrame:
    """row, row_b and iou of all pairs of boxes that are one thing; see `merge_duplicates`."""
    # Joins on numbers are several times faster than joins on text.
    sides = sides.with_columns(
        pl.col("image_id", "root").cast(pl.Categorical).to_physical(), pl.col(BOX).cast(pl.Float64)
    )
    agreeing = _overlaps(sides, sides, ["image_id", "root"]).filter(
        (pl.col("iou") > config.merge_iou) | (pl.col("nested") > config.nested_share)
    )
    # Boxes whose IoU is above t have areas within a factor of t, so that their logarithms, cut
    # into steps of -log t, lie in one step or the next.
    step = -log(min(max(config.same_box_iou, 1e-20), 0.99))
    stepped = sides.with_columns(step=(pl.col("area").log() / step).floor().cast(pl.Int32))
    nearby = pl.concat(stepped.with_columns(step=pl.col("step") + shift) for shift in (-1, 0, 1))
    alike = _overlaps(stepped, nearby, ["image_id", "step"]).filter(
        pl.col("iou") > config.same_box_iou
    )
    found = pl.concat(
        [
            agreeing.with_columns(must_be_kin=pl.lit(True)),
            alike.with_columns(must_be_kin=pl.lit(False)),
        ]
    )
    agreement = pl.col("agreement")
    return (
        found.join(_agreements(found), on=["label", "label_b"])
        .filter((agreement == "kin") | ((agreement == "alike") & ~pl.col("must_be_kin")))
        .select("row", "row_b", "iou")
        .unique(["row", "row_b"])
        .sort("row", "row_b")
    )
