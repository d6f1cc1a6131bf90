"""The flat tables that every source is read into, before any cleaning."""

from dataclasses import dataclass

import polars as pl

IMAGES = pl.Schema(
    {
        "image_id": pl.String,
        "width": pl.Int64,
        "height": pl.Int64,
        "coco_id": pl.Int64,
        "photograph": pl.String,
        "is_exhaustive": pl.Boolean,
    }
)
OBJECTS = pl.Schema(
    {
        "image_id": pl.String,
        "object_id": pl.Int64,
        "names": pl.List(pl.String),
        "x1": pl.Float64,
        "y1": pl.Float64,
        "x2": pl.Float64,
        "y2": pl.Float64,
        "attributes": pl.List(pl.String),
        "depth": pl.Float64,
        "facing": pl.String,
    }
)
END = {"id": pl.Int64, "name": pl.String, "box": pl.List(pl.Float64)}
RELATIONSHIPS = pl.Schema(
    {
        "image_id": pl.String,
        "relationship_id": pl.Int64,
        "predicate": pl.String,
        **{f"subject_{key}": dtype for key, dtype in END.items()},
        **{f"object_{key}": dtype for key, dtype in END.items()},
    }
)
LEDGER = pl.Schema(
    {
        "stage": pl.String,
        "image_id": pl.String,
        "item": pl.String,
        "action": pl.String,
        "reason": pl.String,
        "detail": pl.String,
    }
)


@dataclass(frozen=True, slots=True)
class RawScenes:
    """Annotations as found. A relationship end's name and box are null where the source gives it
    none; `boxes_from_ends` says that those boxes are better than the objects' own."""

    images: pl.DataFrame
    objects: pl.DataFrame
    relationships: pl.DataFrame
    ledger: pl.DataFrame
    boxes_from_ends: bool = False


def ledger_of(rows: list[dict[str, str]], stage: str = "ingest") -> pl.DataFrame:
    """Ledger rows from image_id, item, action (drop or repair), reason and detail."""
    return pl.DataFrame(rows, schema=LEDGER).with_columns(stage=pl.lit(stage))
