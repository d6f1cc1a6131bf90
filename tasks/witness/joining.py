"""Joining: which of the source's photographs a witness knows, and the scale between both."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from schemas.config.witness import Join
from schemas.mirror import IS_MIRRORED
from schemas.printable import printable
from tasks.sources.coco_files import file_key
from tasks.witness.report import Report

MAX_STRETCH = 0.02
"""By how much the two sides' scales may differ: sides are whole pixels, and a photograph that is
stored smaller rounds them. One with another shape is cropped, or another photograph."""


def join_images(
    scenes: pl.DataFrame, images: pl.DataFrame, join: Join, report: Report
) -> pl.DataFrame:
    """`image_id`, `key` and the frame of both (`width` and `height`, `own_width` and `own_height`
    of the witness) for each scene that the witness knows by one image; several by one name are
    left out, and noted."""
    match join:
        case Join.COCO_ID:
            mine, theirs = pl.col("coco_id"), pl.col("coco_id")
        case Join.FILE_NAME:
            mine, theirs = own_stem(), stem("file_name")
        case Join.IMAGE_ID:
            mine, theirs = pl.col("image_id"), pl.col("key")
    known = images.select(
        "key", by=theirs, own_width=pl.col("width"), own_height=pl.col("height")
    ).filter(pl.col("by").is_not_null())
    ours = scenes.select("image_id", "width", "height", "has_frame", by=mine)
    note_several(ours, known["by"], report)
    known = known.unique("by", keep="none", maintain_order=True)
    return ours.join(known, on="by", how="inner", maintain_order="left").drop("by")


def note_several(ours: pl.DataFrame, names: pl.Series, report: Report) -> None:
    """Of scenes with `image_id` and `by`: those whose name several images of the witness have."""
    several = {*names.filter(names.is_duplicated())}
    for image_id, name in ours.select("image_id", "by").iter_rows():
        if name is not None and name in several:
            report.note(image_id, "image", "several-images", f"more than one image is {name}")


def stem(column: str) -> pl.Expr:
    """The last part of a file's name, without its ending."""
    return pl.col(column).map_elements(file_key, return_dtype=pl.String, skip_nulls=True)


def own_stem() -> pl.Expr:
    """As `stem`, of the photographs of some scenes; null where several share one: whose photograph
    the witness knows cannot be told."""
    name = stem("photograph")
    return pl.when(name.is_unique()).then(name)


def refuse_shared_names(scene_paths: Sequence[Path], witness: str) -> None:
    """ValueError where photographs of two shards have one name: each shard would take the one that
    the witness knows for its own."""
    names = [
        pl.read_parquet(path, columns=["image_id", "photograph"])
        .filter(~IS_MIRRORED)
        .select("photograph", name=stem("photograph"))
        .drop_nulls()
        .unique("name", keep="first", maintain_order=True)
        for path in scene_paths
    ]
    found = pl.concat(names).filter(pl.col("name").is_duplicated()).sort("name", "photograph")
    if found.height:
        told = " and ".join(map(printable, found["photograph"][:2]))
        raise ValueError(
            f"{told} have one file name, by which {witness} knows only one of them: set "
            "witness.join to coco_id or image_id, or runner.shard_size to more than there are"
        )


def same_shape(joined: pl.DataFrame) -> pl.Series:
    """Whether both show the photograph in the same shape, whatever the scale."""
    across, down = pl.col("width") / pl.col("own_width"), pl.col("height") / pl.col("own_height")
    fits = (across / down - 1.0).abs() <= MAX_STRETCH
    return joined.select(pl.col("has_frame") & fits).to_series()
