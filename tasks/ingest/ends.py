"""Ends: objects that the object list lacks, or boxes less accurately, taken from relationships."""

import polars as pl

from schemas.columns import formatted
from tasks.ingest.boxes import is_readable
from tasks.ingest.ledger import Ledger
from tasks.ingest.object_columns import BOX, KEY


def _ends(relationships: pl.DataFrame) -> pl.DataFrame:
    """One row per relationship end: image_id, relationship_id, object_id, name, box."""
    sides = [
        relationships.select(
            "image_id",
            "relationship_id",
            object_id=f"{side}_id",
            name=f"{side}_name",
            box=f"{side}_box",
        )
        for side in ("subject", "object")
    ]
    return pl.concat(sides)


def with_restored(
    objects: pl.DataFrame, relationships: pl.DataFrame, ledger: Ledger
) -> pl.DataFrame:
    restored = (
        _ends(relationships)
        .filter(
            pl.col("object_id").is_not_null(),
            pl.col("box").is_not_null(),
            pl.col("name").is_not_null(),
        )
        .join(objects, on=KEY, how="anti")
        .unique(KEY, keep="first", maintain_order=True)
    )
    ledger.note(
        restored,
        "object",
        "object_id",
        "repair",
        "object-restored",
        formatted("taken from relationship {}", "relationship_id"),
    )
    boxes = [pl.col("box").arr.get(place).alias(edge) for place, edge in enumerate(BOX)]
    rows = restored.select(*KEY, *boxes, names=pl.concat_list("name"))
    return pl.concat([objects, rows], how="diagonal")


def with_end_boxes(
    objects: pl.DataFrame, relationships: pl.DataFrame, images: pl.DataFrame, ledger: Ledger
) -> pl.DataFrame:
    if not images["boxes_from_ends"].any():
        return objects
    x1, y1, x2, y2 = (pl.col("box").arr.get(place) for place in range(4))
    ends = (
        _ends(relationships.join(images.filter("boxes_from_ends"), on="image_id", how="semi"))
        .filter(is_readable(x1, y1, x2, y2), x2 > x1, y2 > y1)
        .unique(KEY, keep="first", maintain_order=True)
        .select(*KEY, "relationship_id", "box")
    )
    joined = objects.join(ends, on=KEY, how="left", maintain_order="left")
    own = pl.concat_arr(BOX)
    differs = pl.col("box").is_not_null() & (pl.col("box") != own)
    ledger.note(
        joined.filter(differs),
        "object",
        "object_id",
        "repair",
        "box-from-relationship",
        formatted("taken from relationship {}", "relationship_id"),
    )
    return joined.with_columns(
        pl.coalesce(pl.col("box").arr.get(place), edge).alias(edge)
        for place, edge in enumerate(BOX)
    ).drop("relationship_id", "box")
