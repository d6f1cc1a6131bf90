"""Duplicates: one thing boxed twice becomes one object, also for its relationships."""

from functools import cache

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from schemas.columns import formatted
from schemas.config.margins import IngestConfig
from schemas.vocabulary.classes import load_vocabulary
from tasks.ingest.classes import classify
from tasks.ingest.ledger import Ledger
from tasks.ingest.object_columns import BOX, KEY
from tasks.ingest.same_things import same_things


def merge_duplicates(
    objects: pl.DataFrame, images: pl.DataFrame, config: IngestConfig, ledger: Ledger
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each thing as one object, and (image_id, object_id, kept_id) of the objects merged into
    others.

    Two boxes are one thing where their classes may be the same and they are nearly equal, or where
    one class is a more general word for the other and they overlap much or nest. Names without a
    class must be equal. Scenes known to be exhaustive are left as they are. Of the boxes of
    one thing the largest stays.
    """
    rows = _number_things(_label(objects), images, config)
    crowded = rows.filter("is_crowded").sort(
        "thing", "area", "object_id", descending=[False, True, False]
    )
    if crowded.is_empty():
        empty = pl.DataFrame(
            schema={**{key: objects.schema[key] for key in KEY}, "kept_id": pl.Int64}
        )
        return objects, empty
    merged = _merge(crowded)
    same = crowded.join(merged.select("thing", "kept_id"), on="thing").select(*KEY, "kept_id")
    gone = same.filter(pl.col("object_id") != pl.col("kept_id"))
    ledger.note(
        gone,
        "object",
        "object_id",
        "repair",
        "duplicate-object",
        formatted("the same thing as object {}", "kept_id"),
    )
    alone = rows.filter(~pl.col("is_crowded"))
    every = pl.concat([alone.select(objects.columns), merged.select(objects.columns)])
    return every, gone


@cache
def _class_roots() -> pl.DataFrame:
    """class_name and root, its most general class."""
    vocabulary = load_vocabulary()
    names = list(vocabulary.classes)
    roots = [vocabulary.lineage(name)[-1] for name in names]
    return pl.DataFrame({"class_name": names, "root": roots})


def _label(objects: pl.DataFrame) -> pl.DataFrame:
    """With row, label (the class, or the names of a thing without one), root and area."""
    return (
        objects.join(_class_roots(), on="class_name", how="left", maintain_order="left")
        .with_columns(
            label=pl.coalesce("class_name", "key"),
            root=pl.coalesce("root", "key"),
            area=(pl.col("x2") - pl.col("x1")) * (pl.col("y2") - pl.col("y1")),
        )
        .with_row_index("row")
    )


def _number_things(rows: pl.DataFrame, images: pl.DataFrame, config: IngestConfig) -> pl.DataFrame:
    """With `thing`, one number for all boxes of a thing; is_crowded, where it has several; and
    is_doubtful, where a box is not nearly equal to another of its thing."""
    open_world = images.filter(~pl.col("is_exhaustive"))
    sides = rows.select("row", "image_id", "label", "root", *BOX, "area").join(
        open_world, on="image_id", how="semi"
    )
    pairs = same_things(sides, config)
    edges = coo_array(
        (np.ones(pairs.height), (pairs["row"].to_numpy(), pairs["row_b"].to_numpy())),
        shape=(rows.height, rows.height),
    )
    things = connected_components(edges, directed=False)[1] if rows.height else np.empty(0, int)
    loose = pairs.filter(pl.col("iou") < (1 + config.merge_iou) / 2)
    doubtful = pl.concat([loose["row"], loose["row_b"]]).unique()
    return rows.with_columns(
        thing=pl.Series(things, dtype=pl.Int64),
        is_crowded=pl.Series(np.bincount(things)[things] > 1),
        is_doubtful=pl.col("row").is_in(doubtful.implode()),
    )


def _merge(crowded: pl.DataFrame) -> pl.DataFrame:
    """One object per thing: its first box, all its names and attributes, and kept_id."""
    merged = crowded.group_by("thing", maintain_order=True).agg(
        names=pl.col("names").list.explode().unique(maintain_order=True),
        kept_id=pl.col("object_id").first(),
        is_doubtful=pl.col("is_doubtful").any(),
        attributes=pl.col("attributes")
        .list.explode(empty_as_null=False)
        .drop_nulls()
        .unique(maintain_order=True),
    )
    kept = crowded.unique("thing", keep="first", maintain_order=True).select(
        *KEY, *BOX, "depth", "facing", *(name for name in ("score",) if name in crowded), "thing"
    )
    return classify(kept.join(merged, on="thing", maintain_order="left"))


def redirect(relationships: pl.DataFrame, same: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    for side in ("subject", "object"):
        relationships = (
            relationships.join(
                same.rename({"object_id": side}),
                on=["image_id", side],
                how="left",
                maintain_order="left",
            )
            .with_columns(pl.coalesce("kept_id", side).alias(side))
            .drop("kept_id")
        )
    triplet = formatted("{} {} {}", "subject", "predicate", "object")
    name = "relationship"
    relationships = ledger.drop(
        relationships,
        pl.col("subject") != pl.col("object"),
        name,
        "relationship_id",
        "self-loop",
        triplet,
    )
    return ledger.drop(
        relationships,
        pl.struct("image_id", "subject", "predicate", "object").is_first_distinct(),
        name,
        "relationship_id",
        "duplicate-relationship",
        triplet,
    )
