"""The flat tables that every source is read into, before any cleaning."""

from dataclasses import dataclass

import polars as pl

from schemas.columns import columns

MAX_SIDE = 100_000
"""Pixels of a side: a larger stated size is broken. JPEG allows at most 65,535."""
IMAGES = columns(
    image_id=pl.String,
    width=pl.Int64,
    height=pl.Int64,
    coco_id=pl.Int64,
    photograph=pl.String,
    is_exhaustive=pl.Boolean,
    boxes_from_ends=pl.Boolean,
)
OBJECTS = columns(
    image_id=pl.String,
    object_id=pl.Int64,
    names=pl.List(pl.String),
    x1=pl.Float64,
    y1=pl.Float64,
    x2=pl.Float64,
    y2=pl.Float64,
    attributes=pl.List(pl.String),
    depth=pl.Float64,
    facing=pl.String,
)
SCORED_OBJECTS = columns(**OBJECTS, score=pl.Float64)
"""Of a source whose boxes a detector found: how sure it is, in [0, 1]; null for other boxes."""
RELATIONSHIPS = columns(
    image_id=pl.String,
    relationship_id=pl.Int64,
    predicate=pl.String,
    subject_id=pl.Int64,
    subject_name=pl.String,
    subject_box=pl.Array(pl.Float64, 4),
    object_id=pl.Int64,
    object_name=pl.String,
    object_box=pl.Array(pl.Float64, 4),
)


@dataclass(frozen=True, slots=True)
class RawScenes:
    """Annotations as found, one row of `images` per image id. The name and box at a relationship's
    end are null where the source gives none; an image's `boxes_from_ends` says that these boxes are
    better than those of the objects. `objects` are OBJECTS, or SCORED_OBJECTS of a detector."""

    images: pl.DataFrame
    objects: pl.DataFrame
    relationships: pl.DataFrame
    ledger: pl.DataFrame
