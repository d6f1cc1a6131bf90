"""Shards: the Parquet files of a split, with photographs as their original bytes, once per row
group."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.columns import plain_type
from schemas.config.dataset import PublishConfig
from tasks.photographs.store import SourcePhotographs

IMAGE = pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
MAX_DICTIONARY = 1 << 30
"""Bytes of photographs in a row group up to which Parquet stores each of them once: far above the
row groups of the default configuration (32 MB)."""


def cut_row_groups(sizes: Sequence[tuple[str, int]], limit: int) -> list[list[str]]:
    """Groups of image ids, in order, whose photographs and rows stay within `limit` bytes; an image
    is never in two groups."""
    groups: list[list[str]] = [[]]
    filled = 0
    for image_id, size in sizes:
        if groups[-1] and filled + size > limit:
            groups.append([])
            filled = 0
        groups[-1].append(image_id)
        filled += size
    return groups if groups[0] else []


def arrow_features(schema: pa.Schema) -> dict[str, Any]:
    """The schema as Hugging Face features, so that `images` loads as images."""
    return {
        field.name: (
            {"feature": {"_type": "Image"}, "_type": "Sequence"}
            if field.name == "images"
            else _feature(field.type)
        )
        for field in schema
    }


def _feature(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = kind.value_type
        if pa.types.is_struct(inner):
            return [_feature(inner)]
        return {"feature": _feature(inner), "_type": "Sequence"}
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    return {"dtype": str(kind).replace("double", "float64"), "_type": "Value"}


def plain_table(table: pa.Table) -> pa.Table:
    """With types that every reader of Parquet knows (schemas.columns.plain_type)."""
    fields = [(field.name, plain_type(field.type)) for field in table.schema]
    return table.cast(pa.schema(fields))


def write_split(
    samples: pl.LazyFrame,
    split: str,
    store: SourcePhotographs | None,
    sizes: dict[str, int],
    config: PublishConfig,
    folder: Path,
) -> None:
    """`<split>-00000-of-0000N.parquet` files of the samples, which are sorted by image: a row group
    is in memory at a time."""
    rows = samples.filter(pl.col("split") == split)
    per_image = rows.select("image_id").collect().group_by("image_id", maintain_order=True).len()
    weights = [
        (image_id, sizes.get(image_id, 0) + 4096 * number)
        for image_id, number in per_image.iter_rows()
    ]
    groups = cut_row_groups(weights, config.row_group_megabytes << 20)
    weight_of = dict(weights)
    group_sizes = [
        (str(place), sum(weight_of[key] for key in group)) for place, group in enumerate(groups)
    ]
    shards = cut_row_groups(group_sizes, config.max_shard_megabytes << 20)
    for number, shard in enumerate(shards):
        path = folder / f"{split}-{number:05d}-of-{len(shards):05d}.parquet"
        tables = (_row_group(rows, groups[int(place)], store) for place in shard)
        _write_parquet(tables, path)


def _row_group(
    rows: pl.LazyFrame, image_ids: Sequence[str], store: SourcePhotographs | None
) -> pa.Table:
    first, last = pl.lit(image_ids[0]), pl.lit(image_ids[-1])
    part = rows.filter(pl.col("image_id").is_between(first, last)).collect()
    table = plain_table(part.to_arrow())
    if store is None:
        return table
    names = part.select("image_id", "photograph").rows()
    embedded = store.read_all(part) if store.rows else {}
    cache = {
        image_id: embedded[image_id] if store.rows else store.read(image_id, name)
        for image_id, name in dict(names).items()
    }
    images = [[{"bytes": cache[image_id], "path": name}] for image_id, name in names]
    return table.add_column(1, "images", pa.array(images, IMAGE))


def _write_parquet(tables: Iterator[pa.Table], path: Path) -> None:
    first = next(tables)
    features = {"info": {"features": arrow_features(first.schema)}}
    schema = first.schema.with_metadata({"huggingface": json.dumps(features)})
    # One dictionary per row group holds every photograph once, however many rows show it.
    with pq.ParquetWriter(
        path, schema, compression="zstd", dictionary_pagesize_limit=MAX_DICTIONARY
    ) as writer:
        for table in (first, *tables):
            writer.write_table(
                table.replace_schema_metadata(schema.metadata), row_group_size=len(table)
            )
