"""GQA scene graphs: one JSON object per file, image id to scene graph."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import msgspec
import polars as pl
from msgspec import Meta, Struct

from tasks.sources.files import decode_top, find_files, map_file, spans_of
from tasks.sources.tables import IMAGES, OBJECTS, RELATIONSHIPS, RawScenes, ledger_of

Pixels = Annotated[float, Meta(ge=-1e6, le=1e6)]


class _Relation(Struct):
    name: str
    object: str


class _Object(Struct):
    name: str
    x: Pixels
    y: Pixels
    w: Pixels
    h: Pixels
    attributes: list[str] = []
    relations: list[_Relation] = []


class _Scene(Struct):
    width: Annotated[int, Meta(gt=0, lt=100_000)]
    height: Annotated[int, Meta(gt=0, lt=100_000)]
    objects: dict[str, _Object]


def find_graphs(path: str) -> list[Path]:
    files = [file for file in find_files(path) if file.suffix == ".json"]
    if not files:
        raise FileNotFoundError(f"no .json file at {path}: source.path takes GQA scene graphs")
    return files


def index_graphs(files: Sequence[Path]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where each image's graph lies, and a ledger of repeated images."""
    rows, lost, seen = [], [], set()
    for number, path in enumerate(files):
        buffer = map_file(path)
        graphs = decode_top(buffer, dict[str, msgspec.Raw], path, "an object: image id to graph")
        assert isinstance(graphs, dict)
        spans = spans_of(list(graphs.values()), buffer)
        for image_id, span in zip(graphs, spans, strict=True):
            if image_id in seen:
                lost.append(_lost(image_id, "image", "duplicate-image", path.name))
                continue
            seen.add(image_id)
            rows.append((image_id, number, *span))
    schema = {"image_id": pl.String, "file": pl.Int32, "start": pl.Int64, "stop": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("image_id"), ledger_of(lost)


def read_scenes(index: pl.DataFrame, files: Sequence[Path]) -> RawScenes:
    """The flat tables of the images in `index`, in its order."""
    buffers = [memoryview(map_file(path)) for path in files]
    images: list[dict[str, Any]] = []
    objects: list[tuple[Any, ...]] = []
    relationships: list[tuple[Any, ...]] = []
    lost: list[dict[str, str]] = []
    for image_id, file, start, stop in index.iter_rows():
        try:
            scene = msgspec.json.decode(buffers[file][start:stop], type=_Scene)
        except msgspec.DecodeError as error:
            lost.append(_lost(image_id, "image", "record-unreadable", str(error)))
            continue
        images.append(
            dict.fromkeys(IMAGES.names())
            | {
                "image_id": image_id,
                "width": scene.width,
                "height": scene.height,
                "photograph": f"{image_id}.jpg",
                "is_exhaustive": False,
            }
        )
        numbers = _numbers(scene.objects)
        relation_numbers = count(1)
        for key, thing in scene.objects.items():
            box = (thing.x, thing.y, thing.x + thing.w, thing.y + thing.h)
            name = [thing.name]
            objects.append((image_id, numbers[key], name, *box, thing.attributes, None, None))
            for relation in thing.relations:
                ends = (numbers[key], thing.name, None, numbers.get(relation.object), None, None)
                row = (image_id, next(relation_numbers), relation.name, *ends)
                relationships.append(row)
    return RawScenes(
        images=pl.DataFrame(images, schema=IMAGES),
        objects=pl.DataFrame(objects, schema=OBJECTS, orient="row"),
        relationships=pl.DataFrame(relationships, schema=RELATIONSHIPS, orient="row"),
        ledger=ledger_of(lost),
    )


def _numbers(objects: dict[str, _Object]) -> dict[str, int]:
    """An integer per object: the id itself where all are integers, else the position."""
    if all(key.isdecimal() and len(key) < 18 for key in objects):
        return {key: int(key) for key in objects}
    return {key: number for number, key in enumerate(objects, start=1)}


def _lost(image_id: str, item: str, reason: str, detail: str) -> dict[str, str]:
    return {
        "image_id": image_id,
        "item": item,
        "action": "drop",
        "reason": reason,
        "detail": detail,
    }
