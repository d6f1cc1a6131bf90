"""Boxes and frames: whole pixels, not empty, inside the image."""

import polars as pl

from schemas.columns import formatted
from tasks.ingest.ledger import Ledger
from tasks.ingest.object_columns import BOX
from tasks.sources.tables import MAX_SIDE

MAX_PIXEL = 1e6
"""Pixels: no image reaches farther, so a larger coordinate is a broken number."""


def is_readable(*edges: pl.Expr) -> pl.Expr:
    return pl.all_horizontal(
        (edge.is_finite() & (edge.abs() < MAX_PIXEL)).fill_null(False) for edge in edges
    )


def with_frames(images: pl.DataFrame, objects: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    readable = objects.filter(is_readable(*map(pl.col, BOX)))
    extent = readable.group_by("image_id").agg(
        right=pl.col("x2").max().ceil().cast(pl.Int64),
        bottom=pl.col("y2").max().ceil().cast(pl.Int64),
    )
    sides = pl.col("width", "height")
    joined = images.join(extent, on="image_id", how="left", maintain_order="left").with_columns(
        has_frame=pl.all_horizontal(((sides > 0) & (sides < MAX_SIDE)).fill_null(False))
    )
    inferred = joined.filter(~pl.col("has_frame"), pl.col("right") > 0, pl.col("bottom") > 0)
    ledger.note(
        inferred,
        "image",
        "image_id",
        "repair",
        "frame-inferred",
        formatted("boxes reach {} x {}", "right", "bottom"),
    )
    return joined.with_columns(
        width=pl.when("has_frame").then("width").otherwise("right"),
        height=pl.when("has_frame").then("height").otherwise("bottom"),
    ).drop("right", "bottom")


def clean_boxes(objects: pl.DataFrame, images: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    frames = images.select("image_id", "width", "height")
    objects = objects.join(frames, on="image_id", how="left", maintain_order="left")
    box = formatted(
        "{}, {}, {}, {}", *(pl.col(edge).cast(pl.String).fill_null("?") for edge in BOX)
    )

    def drop(rows: pl.DataFrame, keep: pl.Expr, reason: str) -> pl.DataFrame:
        return ledger.drop(rows, keep, "object", "object_id", reason, box)

    readable = is_readable(*map(pl.col, BOX)) & pl.col("width").is_not_null()
    objects = drop(objects, readable, "box-unreadable")
    objects = objects.with_columns(pl.col(BOX).round().cast(pl.Int64))
    not_empty = (pl.col("x2") > pl.col("x1")) & (pl.col("y2") > pl.col("y1"))
    objects = drop(objects, not_empty, "box-empty")
    clipped = objects.with_columns(
        cx1=pl.col("x1").clip(0, "width"),
        cy1=pl.col("y1").clip(0, "height"),
        cx2=pl.col("x2").clip(0, "width"),
        cy2=pl.col("y2").clip(0, "height"),
    )
    inside = (pl.col("cx2") > pl.col("cx1")) & (pl.col("cy2") > pl.col("cy1"))
    clipped = drop(clipped, inside, "box-outside")
    cut = pl.any_horizontal(pl.col(edge) != pl.col(f"c{edge}") for edge in BOX)
    ledger.note(clipped.filter(cut), "object", "object_id", "repair", "box-clipped", box)
    return clipped.with_columns(pl.col(f"c{edge}").alias(edge) for edge in BOX).drop(
        *(f"c{edge}" for edge in BOX), "width", "height"
    )
