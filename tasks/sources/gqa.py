"""GQA scene graphs: one JSON object per file, image id to scene graph.

Of objects with the same id the last stays, as for every JSON reader; the ledger lists the others.
"""

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import msgspec
import polars as pl
from msgspec import Meta, Struct, field

from schemas.ledger import ledger_of, lost
from tasks.sources.files import (
    UNREADABLE,
    decode_each,
    decode_members,
    decode_parts,
    find_files,
    map_file,
    problem_in,
    repeated_keys,
)
from tasks.sources.reader import PHOTOGRAPHS, Reader, Rights
from tasks.sources.tables import IMAGES, OBJECTS, RELATIONSHIPS, RawScenes

Pixels = Annotated[float, Meta(ge=-1e6, le=1e6)]
"""A coordinate beyond a million pixels is a broken number: no image is so large."""
Size = Annotated[int, Meta(gt=0, lt=100_000)]
"""A side in pixels; tasks.sources.tables.MAX_SIDE gives the reason for the bound."""


class _Relation(Struct):
    name: str
    object: str


class _Box(Struct):
    name: str | None
    x: Pixels
    y: Pixels
    w: Pixels
    h: Pixels


class _Object(_Box):
    attributes: list[str] = []
    relations: list[_Relation] = []


class _RawObject(_Box):
    attributes: msgspec.Raw = msgspec.Raw(b"[]")
    relations: msgspec.Raw = msgspec.Raw(b"[]")


class _Frame(Struct):
    width: Size | None = None
    height: Size | None = None


class _FloatFrame(Struct):
    """As some tools write it: 640.0."""

    width: float | None = None
    height: float | None = None

    def whole(self) -> _Frame:
        return msgspec.convert(msgspec.to_builtins(self), _Frame, strict=False)


class _Scene(_Frame, kw_only=True):
    objects: dict[str, _Object]


class _RawScene(Struct):
    objects: dict[str, msgspec.Raw] = field(default_factory=dict)


def find_graphs(path: str) -> list[Path]:
    files = [file for file in find_files(path) if file.suffix == ".json"]
    if not files:
        raise FileNotFoundError(f"no .json file at {path}: source.path takes GQA scene graphs")
    return files


def index_graphs(files: Sequence[Path]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where each image's graph lies, and a ledger of repeated images."""
    rows, ledger, seen = [], [], set()
    for number, path in enumerate(files):
        spans, replaced = decode_members(map_file(path), path, "an object: image id to graph")
        detail = f"{path.name}: a later graph has this image id"
        ledger += [lost(key, "image", "duplicate-image", detail) for key in replaced]
        for image_id, span in spans.items():
            if not image_id.strip():
                ledger.append(lost("", "image", "image-unreadable", f"{path.name}: no image id"))
            elif image_id in seen:
                ledger.append(lost(image_id, "image", "duplicate-image", path.name))
            else:
                seen.add(image_id)
                rows.append((image_id, number, *span))
    schema = {"image_id": pl.String, "file": pl.Int32, "start": pl.Int64, "stop": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("image_id"), ledger_of(ledger)


def read_scenes(index: pl.DataFrame, files: Sequence[Path]) -> RawScenes:
    """The flat tables of the images in `index`, in its order."""
    buffers = [memoryview(map_file(path)) for path in files]
    images: list[dict[str, Any]] = []
    objects: list[tuple[Any, ...]] = []
    relationships: list[tuple[Any, ...]] = []
    ledger: list[dict[str, str]] = []
    for image_id, file, start, stop in index.iter_rows():
        raw = bytes(buffers[file][start:stop])
        scene = _read_scene(image_id, raw, ledger)
        if scene is None:
            continue
        images.append(
            dict.fromkeys(IMAGES.names())
            | {
                "image_id": image_id,
                "width": scene.width,
                "height": scene.height,
                "photograph": f"{image_id}.jpg",
                "is_exhaustive": False,
                "boxes_from_ends": False,
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
        ledger=ledger_of(ledger),
    )


def _read_scene(image_id: str, raw: bytes, ledger: list[dict[str, str]]) -> _Scene | None:
    """The graph, or its readable part; None where nothing can be read."""
    scene: _Scene | None
    try:
        scene = msgspec.json.decode(raw, type=_Scene)
    except UNREADABLE as error:
        scene = _salvage(image_id, raw, str(error), ledger)
    if scene is None:
        return None
    braces = 2 + len(scene.objects) + sum(len(one.relations) for one in scene.objects.values())
    if raw.count(b"{") != braces:
        ledger += _replaced(image_id, raw)
    return scene


def _replaced(image_id: str, raw: bytes) -> list[dict[str, str]]:
    """Ledger rows of objects that are replaced by a later one of the same id."""
    keys = repeated_keys(decode_parts(raw, dict[str, msgspec.Raw]).get("objects", b"{}"))
    later = (key for place, key in enumerate(keys) if key in keys[place + 1 :])
    detail = "a later object has this id"
    return [lost(image_id, f"object {key}", "duplicate-object-id", detail) for key in later]


def _salvage(
    image_id: str, raw: bytes, problem: str, ledger: list[dict[str, str]]
) -> _Scene | None:
    try:
        parts = decode_parts(raw, _RawScene)
    except UNREADABLE:
        ledger.append(lost(image_id, "image", "record-unreadable", problem))
        return None
    try:
        frame = decode_parts(raw, _FloatFrame).whole()
    except UNREADABLE as error:
        ledger.append(lost(image_id, "image_data", "frame-unreadable", problem_in(error)))
        frame = _Frame()
    things = {}
    for key, part in parts.objects.items():
        try:
            thing = msgspec.json.decode(part, type=_RawObject)
        except UNREADABLE as error:
            ledger.append(lost(image_id, f"object {key}", "objects-unreadable", problem_in(error)))
            continue
        box = (thing.name, thing.x, thing.y, thing.w, thing.h)
        attributes = _readable(image_id, f"attributes of {key}", thing.attributes, str, ledger)
        item = f"relationships of {key}"
        relations = _readable(image_id, item, thing.relations, _Relation, ledger)
        things[key] = _Object(*box, attributes, relations)
    return _Scene(width=frame.width, height=frame.height, objects=things)


def _readable(
    image_id: str, item: str, raw: msgspec.Raw, shape: type, ledger: list[dict[str, str]]
) -> list[Any]:
    reason = f"{item.split()[0]}-unreadable"
    try:
        parts = decode_parts(raw, list[msgspec.Raw])
    except UNREADABLE as error:
        ledger.append(lost(image_id, item, reason, problem_in(error)))
        return []
    read: list[Any]
    read, problems = decode_each(parts, shape)
    ledger += [lost(image_id, f"{item}[{place}]", reason, text) for place, text in problems]
    return read


def _numbers(objects: dict[str, _Object]) -> dict[str, int]:
    """An integer per object: the id itself where all are plain integers, else the position."""
    if all(len(key) < 18 and key.isdecimal() and str(int(key)) == key for key in objects):
        return {key: int(key) for key in objects}
    return {key: number for number, key in enumerate(objects, start=1)}


READER = Reader(
    find=lambda path, root: {"graphs": find_graphs(path)},
    index=lambda files, num_workers: index_graphs(files["graphs"]),
    read=lambda index, files: read_scenes(index, files["graphs"]),
    rights=Rights(
        "cc-by-4.0",
        "Annotations: GQA (Hudson and Manning 2019), CC BY 4.0, which refines the scene graphs of "
        "Visual Genome.",
        PHOTOGRAPHS,
        ("visual-genome", "gqa"),
    ),
    collection="vg",
)
