"""The VG150 form, as in the Hub data set JosephZ/vg150_train_sgg_prompt: one row per image in
Parquet or JSON lines, with objects and relationships as JSON strings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import polars as pl
import pyarrow.parquet as pq
from msgspec import Meta, Struct

from tasks.sources.files import find_files
from tasks.sources.tables import IMAGES, OBJECTS, RELATIONSHIPS, RawScenes, ledger_of

Pixels = Annotated[float, Meta(ge=-1e6, le=1e6)]
COLUMNS = ("image_id", "objects", "relationships")


class _Object(Struct):
    id: str
    bbox: tuple[Pixels, Pixels, Pixels, Pixels]


class _Relationship(Struct):
    subject: str
    predicate: str
    object: str


def find_rows(path: str) -> list[Path]:
    """The Parquet and JSON-lines files at `path`, of one kind."""
    files = [file for file in find_files(path) if file.suffix in (".parquet", ".jsonl", ".ndjson")]
    if not files:
        raise FileNotFoundError(
            f"no .parquet or .jsonl file at {path}: source.path takes the VG150 rows"
        )
    return files


def _scan(file: Path) -> pl.LazyFrame:
    try:
        frame = pl.scan_parquet(file) if file.suffix == ".parquet" else pl.scan_ndjson(file)
        names = frame.collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ValueError(f"{file} cannot be read ({_line(error)}): download it again") from None
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise ValueError(
            f"{file} has no column {missing[0]}: expected image_id, objects and relationships"
        )
    return frame


def index_rows(files: Sequence[Path]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """File and row number of each image, and a ledger of repeated ones."""
    parts = []
    for number, file in enumerate(files):
        frame = _scan(file).select(pl.col("image_id").cast(pl.String))
        try:
            table = frame.with_row_index("row").collect()
        except pl.exceptions.PolarsError as error:
            raise ValueError(f"{file} cannot be read ({_line(error)}): download it again") from None
        parts.append(table.with_columns(file=pl.lit(number, pl.Int32)))
    every = pl.concat(parts).filter(pl.col("image_id").is_not_null())
    index = every.unique("image_id", keep="first", maintain_order=True)
    repeated = every.join(index, on=["file", "row"], how="anti")
    lost = [
        {
            "image_id": image_id,
            "item": f"row {row}",
            "action": "drop",
            "reason": "duplicate-image",
            "detail": f"{files[file].name}: row {row}",
        }
        for row, image_id, file in repeated.iter_rows()
    ]
    return index.sort("image_id"), ledger_of(lost)


def read_scenes(index: pl.DataFrame, files: Sequence[Path]) -> RawScenes:
    """The flat tables of the images in `index`, in its order."""
    images: list[dict[str, Any]] = []
    objects: list[tuple[Any, ...]] = []
    relationships: list[tuple[Any, ...]] = []
    lost: list[dict[str, str]] = []
    for row in _rows(index, files).iter_rows(named=True):
        image_id = row["image_id"]
        try:
            things = msgspec.json.decode(row["objects"] or "[]", type=list[_Object])
            triplets = msgspec.json.decode(row["relationships"] or "[]", type=list[_Relationship])
        except msgspec.DecodeError as error:
            lost.append(_lost(image_id, "image", "record-unreadable", str(error)))
            continue
        images.append(
            dict.fromkeys(IMAGES.names())
            | {
                "image_id": image_id,
                "width": row.get("width"),
                "height": row.get("height"),
                "photograph": f"{image_id}.jpg",
                "is_exhaustive": False,
            }
        )
        numbers = {thing.id: number for number, thing in enumerate(things, start=1)}
        for thing in things:
            name = thing.id.rpartition(".")[0] or thing.id
            objects.append((image_id, numbers[thing.id], [name], *thing.bbox, None, None, None))
        for number, triplet in enumerate(triplets, start=1):
            ends = [
                value
                for end in (triplet.subject, triplet.object)
                for value in (numbers.get(end), end.rpartition(".")[0], None)
            ]
            relationships.append((image_id, number, triplet.predicate, *ends))
    return RawScenes(
        images=pl.DataFrame(images, schema=IMAGES),
        objects=pl.DataFrame(objects, schema=OBJECTS, orient="row"),
        relationships=pl.DataFrame(relationships, schema=RELATIONSHIPS, orient="row"),
        ledger=ledger_of(lost),
    )


def _rows(index: pl.DataFrame, files: Sequence[Path]) -> pl.DataFrame:
    parts = []
    for (number,), wanted in index.sort("file", "row").group_by("file", maintain_order=True):
        frame = _scan(files[int(str(number))])
        names = [
            name for name in frame.collect_schema().names() if name in (*COLUMNS, "width", "height")
        ]
        parts.append(
            frame.select(names)
            .with_row_index("row")
            .filter(pl.col("row").is_in(wanted["row"].implode()))
            .with_columns(
                pl.col("image_id").cast(pl.String),
                pl.col("objects", "relationships").cast(pl.String),
                pl.col("^width|height$").cast(pl.Int64),
            )
            .collect()
        )
    return pl.concat(parts, how="diagonal").sort("image_id")


def embedded_photographs(files: Sequence[Path]) -> dict[str, Path]:
    """Image id to the Parquet file that holds its photograph in a column `image`."""
    found: dict[str, Path] = {}
    for file in files:
        if file.suffix == ".parquet" and "image" in pq.read_schema(file).names:
            ids = pl.scan_parquet(file).select(pl.col("image_id").cast(pl.String)).collect()
            found |= dict.fromkeys(ids["image_id"].to_list(), file)
    return found


def _lost(image_id: str, item: str, reason: str, detail: str) -> dict[str, str]:
    return {
        "image_id": image_id,
        "item": item,
        "action": "drop",
        "reason": reason,
        "detail": detail,
    }


def _line(error: Exception) -> str:
    return str(error).splitlines()[0]
