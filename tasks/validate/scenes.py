"""Scene checks: what is wrong with a sample's gold scene and with the whole scene.

The scenes' objects and relationships become long frames, one row each, so that polars compares
millions of boxes at once. The wrong ones of a sample are returned as one text.
"""

import polars as pl

from schemas.columns import formatted
from schemas.completion.publish import OBJECT_ID

BOX = ("x1", "y1", "x2", "y2")
TRIPLET = ("subject", "predicate", "object")


def scene_offenders(rows: pl.DataFrame) -> list[pl.DataFrame]:
    gold, scene = _objects(rows, "gold_objects"), _objects(rows, "scene_objects")
    links = _relationships(rows, "gold_relationships")
    scene_links = _relationships(rows, "scene_relationships")
    unknown = listed(
        rows,
        gold_objects_unknown=gold.join(
            scene, on=["row", "id", *BOX], how="anti", maintain_order="left"
        ),
        gold_ends_unknown=_dangling(links, gold),
        scene_ends_unknown=_dangling(scene_links, scene),
    )
    return [unknown, *_object_facts(rows, gold, "gold"), *_object_facts(rows, scene, "scene")]


def _objects(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """One row per object: its id, its box's edges, and both as `text`."""
    entries = _entries(rows, column)
    box = pl.col("entry").struct.field("bbox")
    return entries.select(
        "row",
        pl.col("entry").struct.field("id"),
        *(box.list.get(i, null_on_oob=True).cast(pl.Int64).alias(x) for i, x in enumerate(BOX)),
        num_edges=box.list.len(),
    ).with_columns(text=formatted("{} [{}, {}, {}, {}]", pl.col("id").fill_null("null"), *BOX))


def _relationships(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """One row per relationship: its three parts, and all of them as `text`."""
    parts = _entries(rows, column).select("row", pl.col("entry").struct.unnest().fill_null("null"))
    return parts.with_columns(text=formatted("{} {} {}", *TRIPLET))


def _entries(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    filled = rows.filter(pl.col(column).list.len() > 0)
    return filled.select("row", entry=column).explode("entry")


def _dangling(relationships: pl.DataFrame, objects: pl.DataFrame) -> pl.DataFrame:
    """The relationships with an end that is not among the row's objects, one row per such end."""
    ends = pl.concat(
        relationships.select("row", "text", id=pl.col(end)) for end in ("subject", "object")
    )
    return ends.join(objects, on=["row", "id"], how="anti", maintain_order="left")


def _object_facts(rows: pl.DataFrame, objects: pl.DataFrame, scene: str) -> list[pl.DataFrame]:
    """The wrong objects of one scene, and the extent of all its boxes together."""
    has_area = (
        (pl.col("x1") < pl.col("x2"))
        & (pl.col("y1") < pl.col("y2"))
        & (pl.col("num_edges") == len(BOX))
    )
    is_id = pl.col("id").str.contains(f"^(?:{OBJECT_ID.pattern})$")
    extent = objects.group_by("row").agg(
        pl.col("x1", "y1").min().name.prefix(f"{scene}_"),
        pl.col("x2", "y2").max().name.prefix(f"{scene}_"),
    )
    offenders = {
        f"{scene}_boxes_empty": objects.filter(~has_area.fill_null(False)),
        f"{scene}_ids_malformed": objects.filter(~is_id.fill_null(False)),
        f"{scene}_ids_repeated": objects.filter(pl.len().over("row", "id") > 1),
    }
    return [listed(rows, **offenders), extent]


def listed(rows: pl.DataFrame, **offenders: pl.DataFrame) -> pl.DataFrame:
    """One column per frame of wrong entries: their `text`, joined per row; null without any."""
    listed = rows.select("row")
    for name, frame in offenders.items():
        texts = frame.group_by("row", maintain_order=True).agg(pl.col("text").str.join("; "))
        texts = texts.rename({"text": name})
        listed = listed.join(texts, on="row", how="left", maintain_order="left")
    return listed
