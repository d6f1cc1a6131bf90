"""Tables: the flat tables of images, objects and relationships."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import msgspec
import polars as pl
import pyarrow as pa
from msgspec import Struct

from schemas.ledger import ledger_of, lost, repaired
from schemas.photographs import ENDINGS
from tasks.sources.files import UNREADABLE, map_file, problem_in
from tasks.sources.tables import IMAGES, OBJECTS, RELATIONSHIPS, RawScenes
from tasks.sources.visual_genome.decoding import decoded, read_role, records_of
from tasks.sources.visual_genome.records import (
    FIELDS,
    LISTS,
    ROLES,
    Attributes,
    End,
    ImageData,
    Object,
    Relationship,
)

PICTURES = (*ENDINGS, ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jp2")
"""Endings of the names of pictures, of formats that a build does not take, too: their names are
told where they are missed."""
MAX_TOLD = 100
"""Characters of an address that the ledger quotes."""
BATCH = 500
"""Images read at once: few enough that the decoded records stay in the processor's cache."""
_ID = pl.coalesce("object_id", "id").alias("object_id")  # its name depends on the version
_NAMES = (
    pl.when(pl.col("names").list.join("", ignore_nulls=True).str.strip_chars() != "")
    .then("names")
    .otherwise(pl.concat_list("name"))
    .alias("names")
)
"""A thing's own, else its name, as the ends of relationships have it."""


def read_scenes(index: pl.DataFrame, files: Mapping[str, Sequence[Path]]) -> RawScenes:
    """The flat tables of the images in `index`, in its order."""
    ledger: list[dict[str, str]] = []
    buffers = {role: [memoryview(map_file(path)) for path in files[role]] for role in ROLES}
    batches = [_read_batch(batch, buffers, ledger) for batch in index.iter_slices(BATCH)]
    images, objects, relationships = (
        pl.concat(tables, rechunk=True) for tables in zip(*batches, strict=True)
    )
    return RawScenes(images, objects, relationships, ledger_of(ledger))


def _read_batch(
    index: pl.DataFrame, buffers: Mapping[str, Sequence[memoryview]], ledger: list[dict[str, str]]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Images, objects and relationships."""
    images = _read_images(index, buffers["image_data"], ledger)
    ids, objects = read_role("objects", index, buffers["objects"], ledger)
    # Only v1.4 has merged ids, and there the boxes of objects are not those of its relationships.
    merged = {
        key for key, entry in zip(ids, objects, strict=True) if entry.merged_object_ids is not None
    }
    attributes = read_role("attributes", index, buffers["attributes"], ledger)
    relationships = read_role("relationships", index, buffers["relationships"], ledger)
    return (
        images.with_columns(boxes_from_ends=pl.col("image_id").is_in(sorted(merged))),
        _object_table(ids, objects, _attribute_table(*attributes)),
        _relationship_table(*relationships),
    )


def _read_images(
    index: pl.DataFrame, buffers: Sequence[memoryview], ledger: list[dict[str, str]]
) -> pl.DataFrame:
    rows = []
    decoder = msgspec.json.Decoder(ImageData)
    unknown: dict[str, Any] = {**dict.fromkeys(IMAGES.names()), "is_exhaustive": False}
    for image_id, raw in records_of("image_data", index, buffers):
        row = {**unknown, "image_id": str(image_id), "photograph": f"{image_id}.jpg"}
        try:
            if raw is not None:
                data = decoded(raw, decoder, ImageData, str(image_id), "image_data", ledger)
                row |= {"width": data.width, "height": data.height, "coco_id": data.coco_id}
                row["is_exhaustive"] = bool(data.exhaustive)
                if data.url and _names_picture(name := _file_name(data.url)):
                    row["photograph"] = name
                elif data.url:
                    problem = f"{data.url[:MAX_TOLD]!r} names no picture"
                    item = "image_data.url"
                    ledger.append(repaired(str(image_id), item, "field-unreadable", problem))
        except UNREADABLE as error:
            ledger.append(lost(str(image_id), "image_data", "frame-unreadable", problem_in(error)))
        rows.append(row)
    return pl.DataFrame(rows, schema=IMAGES)


def _file_name(url: str) -> str:
    if "://" in url:
        url = unquote(url.partition("#")[0].partition("?")[0])
    last = url.rpartition("/")[2]
    # Building paths takes longer than decoding the records.
    return last if last.strip(".") else PurePosixPath(url).name


def _names_picture(name: str) -> bool:
    return name.isprintable() and name.lower().endswith(PICTURES)


def _object_table(ids: list[str], objects: list[Any], attributes: pl.DataFrame) -> pl.DataFrame:
    table = _table(ids, objects, Object)
    x, y, w, h = (pl.col(edge) for edge in "xywh")
    flat = table.with_columns(_ID, _NAMES, x1=x, y1=y, x2=x + w, y2=y + h)
    joined = flat.join(
        attributes,
        on=["image_id", "object_id"],
        how="left",
        maintain_order="left",
        suffix="_listed",
    )
    own = pl.col("attributes").list.drop_nulls()
    listed = pl.coalesce("attributes_listed", own).alias("attributes")
    return joined.with_columns(listed).select(OBJECTS.names())


def _attribute_table(ids: list[str], attributes: list[Any]) -> pl.DataFrame:
    table = _table(ids, attributes, Attributes).select(
        "image_id", _ID, pl.col("attributes").list.drop_nulls()
    )
    return table.filter(pl.col("attributes").list.len() > 0).unique(
        ["image_id", "object_id"], keep="first", maintain_order=True
    )


def _relationship_table(ids: list[str], relationships: list[Any]) -> pl.DataFrame:
    facts = _table(ids, relationships, Relationship).select(
        "image_id", pl.coalesce("relationship_id", "id").alias("relationship_id"), "predicate"
    )
    subjects = _end_table("subject", [entry.subject for entry in relationships])
    targets = _end_table("object", [entry.object for entry in relationships])
    return pl.concat([facts, subjects, targets], how="horizontal").cast(RELATIONSHIPS)


def _end_table(side: str, ends: list[Any]) -> pl.DataFrame:
    x, y, w, h = (pl.col(edge) for edge in "xywh")
    is_whole = pl.all_horizontal(edge.is_not_null() for edge in (x, y, w, h))
    return _table([""] * len(ends), ends, End).select(
        _ID.alias(f"{side}_id"),
        pl.coalesce("name", pl.col("names").list.drop_nulls().list.first()).alias(f"{side}_name"),
        pl.when(is_whole).then(pl.concat_arr(x, y, x + w, y + h)).alias(f"{side}_box"),
    )


def _table(ids: list[str], records: list[Any], shape: type[Struct]) -> pl.DataFrame:
    """One row per record and one column per field of FIELDS and LISTS, with the id of its image."""
    fields = [name for name in shape.__struct_fields__ if name in FIELDS or name in LISTS]
    data: dict[str, Any] = {
        name: list(map(attrgetter(name), records)) for name in fields if name not in LISTS
    }
    # Arrow builds lists of texts thirty times faster than polars.
    data |= {
        name: pl.Series(values=pa.array(map(attrgetter(name), records), LISTS[name]))
        for name in fields
        if name in LISTS
    }
    types = {name: FIELDS[name] for name in fields if name not in LISTS}
    return pl.DataFrame(
        {"image_id": ids, **data}, schema_overrides={"image_id": pl.String, **types}
    )
