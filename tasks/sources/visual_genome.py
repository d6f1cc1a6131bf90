"""Visual Genome v1.0, v1.2 and v1.4: JSON files, or the official archives that hold them.

A file beside its archive is read instead of the archive. Of records with the same image id the
first stays.
"""

import gc
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from operator import attrgetter
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import msgspec
import polars as pl
import pyarrow as pa
from msgspec import Struct

from schemas.ledger import ledger_of, lost, repaired
from tasks.file_digests import digest_store
from tasks.processes import MIN_ROWS, run_apart
from tasks.sources.files import (
    UNREADABLE,
    decode_parts,
    decode_top,
    decode_without,
    digest_files,
    find_files,
    map_file,
    open_archive,
    problem_in,
    spans_of,
    unpack_member,
)
from tasks.sources.reader import PHOTOGRAPHS, Reader, Rights
from tasks.sources.tables import IMAGES, OBJECTS, RELATIONSHIPS, RawScenes
from tasks.sources.visual_genome_records import (
    DISPENSABLE,
    FIELDS,
    LISTS,
    SHAPES,
    Attributes,
    End,
    ImageData,
    Key,
    Object,
    Relationship,
)

S = TypeVar("S", bound=Struct)
ROLES = ("image_data", "objects", "attributes", "relationships")
ROLE_NAME = re.compile(rf"({'|'.join(ROLES)})(?:_?v\d+[._]\d+)?\.json")
"""Names of files, with or without a version: "objects.json", "objects_v1_2.json"."""

BATCH = 500
"""Images read at once: few enough that the decoded records stay in the processor's cache."""
_ID = pl.coalesce("object_id", "id").alias("object_id")  # its name depends on the version


def find_annotations(path: str, unpack_into: Path, store: Path) -> dict[str, list[Path]]:
    """JSON files by role; those in archives are unpacked below `unpack_into` first.

    Raises ValueError where a folder holds two files of one role.
    """
    files = find_files(path)
    found: dict[tuple[Path, str], tuple[Path, str]] = {}
    for file in files:
        if match := ROLE_NAME.fullmatch(file.name):
            _add(found, match[1], file, file.name)
    plain = set(found)
    for file in files:
        if file.suffix == ".zip":
            with open_archive(file) as archive:
                names = archive.namelist()
            for name in names:
                match = ROLE_NAME.fullmatch(PurePosixPath(name).name)
                if match and (file.parent, match[1]) not in plain:
                    _add(found, match[1], file, name)
    roles: dict[str, list[Path]] = {role: [] for role in ROLES}
    for (_, role), (file, name) in found.items():
        is_packed = file.suffix == ".zip"
        roles[role].append(_unpacked(file, name, unpack_into, store) if is_packed else file)
    if not roles["objects"]:
        raise FileNotFoundError(
            f"no objects.json or archive that holds one at {path}: source.path takes the folder "
            "of the Visual Genome files"
        )
    return roles


def _add(found: dict[tuple[Path, str], tuple[Path, str]], role: str, file: Path, name: str) -> None:
    other, other_name = found.setdefault((file.parent, role), (file, name))
    if (other, other_name) != (file, name):
        raise ValueError(
            f"{file.parent} holds {role} twice, in {_label(other, other_name)} and "
            f"{_label(file, name)}: keep the files of one version there"
        )


def _label(file: Path, name: str) -> str:
    return name if file.name == name else f"{file.name}: {name}"


def _unpacked(file: Path, name: str, unpack_into: Path, store: Path) -> Path:
    digest = digest_files([file], file.parent, store)
    target = unpack_into / f"{digest}-{PurePosixPath(name).name}"
    with open_archive(file) as archive:
        return unpack_member(archive, archive.getinfo(name), target)


def index_annotations(
    files: Mapping[str, Sequence[Path]], num_workers: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where each image's records lie: one row per image, and a ledger of records without place."""
    # The last role has the largest files: it is read here, while workers start and read the others.
    workers = dict.fromkeys(ROLES[:-1], num_workers) | {ROLES[-1]: 1}
    with ThreadPoolExecutor(len(ROLES)) as threads:
        found = [
            threads.submit(run_apart, _index_role, MIN_ROWS, workers[role], role, files[role])
            for role in ROLES
        ]
        roles, ledgers = map(list, zip(*(one.result() for one in found), strict=True))
    index = pl.concat([roles[1].select("image_id"), roles[3].select("image_id")]).unique()
    unannotated = pl.concat(
        spans.select("image_id", item=pl.lit(role))
        for role, spans in zip(ROLES, roles, strict=True)
    ).join(index, on="image_id", how="anti")
    for spans in roles:
        index = index.join(spans, on="image_id", how="left")
    ledgers.append(
        ledger_of(
            [
                lost(str(image_id), "image", "no-annotation", f"listed in {listed} only")
                for image_id, listed in unannotated.group_by("image_id")
                .agg(pl.col("item").sort().str.join(" and "))
                .sort("image_id")
                .iter_rows()
            ]
        )
    )
    return index.sort("image_id"), pl.concat(ledgers)


def _index_role(role: str, files: Sequence[Path]) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows, ledger, seen = [], [], set()
    decoder = msgspec.json.Decoder(Key, strict=False)  # some write ids as texts
    for number, path in enumerate(files):
        expected = "a list with one record per image"
        raws, buffer = decode_top(map_file(path), list[msgspec.Raw], path, expected)
        for position, (raw, span) in enumerate(zip(raws, spans_of(raws, buffer), strict=True)):
            image_id = _image_id(raw, decoder)
            if image_id is None or image_id in seen:
                reason = "image-unreadable" if image_id is None else "duplicate-image"
                key = "" if image_id is None else str(image_id)
                where = f"{path.name}: record {position}"
                ledger.append(lost(key, f"{role}[{position}]", reason, where))
                continue
            seen.add(image_id)
            rows.append((image_id, number, *span))
    schema = {
        "image_id": pl.Int64,
        f"{role}_file": pl.Int32,
        f"{role}_start": pl.Int64,
        f"{role}_stop": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row"), ledger_of(ledger)


def _image_id(raw: msgspec.Raw, decoder: msgspec.json.Decoder[Key]) -> int | None:
    try:
        key = decoder.decode(raw)
    except UNREADABLE:
        return None
    return key.image_id if key.image_id is not None else key.id


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
    ids, objects = _read_role("objects", index, buffers["objects"], ledger)
    # Only v1.4 has merged ids, and there the boxes of objects are not those of its relationships.
    merged = {
        key for key, entry in zip(ids, objects, strict=True) if entry.merged_object_ids is not None
    }
    attributes = _read_role("attributes", index, buffers["attributes"], ledger)
    relationships = _read_role("relationships", index, buffers["relationships"], ledger)
    return (
        images.with_columns(boxes_from_ends=pl.col("image_id").is_in(sorted(merged))),
        _object_table(ids, objects, _attribute_table(*attributes)),
        _relationship_table(*relationships),
    )


def _object_table(ids: list[str], objects: list[Any], attributes: pl.DataFrame) -> pl.DataFrame:
    table = _table(ids, objects, Object)
    x, y, w, h = (pl.col(edge) for edge in "xywh")
    flat = table.with_columns(_ID, x1=x, y1=y, x2=x + w, y2=y + h)
    joined = flat.join(attributes, on=["image_id", "object_id"], how="left", maintain_order="left")
    return joined.select(OBJECTS.names())


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


def _read_images(
    index: pl.DataFrame, buffers: Sequence[memoryview], ledger: list[dict[str, str]]
) -> pl.DataFrame:
    rows = []
    decoder = msgspec.json.Decoder(ImageData)
    unknown: dict[str, Any] = {**dict.fromkeys(IMAGES.names()), "is_exhaustive": False}
    for image_id, raw in _records("image_data", index, buffers):
        row = {**unknown, "image_id": str(image_id), "photograph": f"{image_id}.jpg"}
        try:
            if raw is not None:
                data = _decoded(raw, decoder, ImageData, str(image_id), "image_data", ledger)
                row |= {"width": data.width, "height": data.height, "coco_id": data.coco_id}
                row["is_exhaustive"] = bool(data.exhaustive)
                if data.url:
                    row["photograph"] = _file_name(data.url)
        except UNREADABLE as error:
            ledger.append(lost(str(image_id), "image_data", "frame-unreadable", problem_in(error)))
        rows.append(row)
    return pl.DataFrame(rows, schema=IMAGES)


def _decoded(
    raw: memoryview | msgspec.Raw,
    decoder: msgspec.json.Decoder[S],
    shape: type[S],
    image_id: str,
    item: str,
    ledger: list[dict[str, str]],
) -> S:
    """The record, if need be without fields that it can do without; each of these is noted."""
    try:
        return decoder.decode(raw)
    except UNREADABLE:
        record, problems = decode_without(raw, shape, DISPENSABLE)
        ledger += [
            repaired(image_id, f"{item}.{name}", "field-unreadable", problem)
            for name, problem in problems
        ]
        return record


def _file_name(url: str) -> str:
    last = url.rpartition("/")[2]
    # Building paths takes longer than decoding the records.
    return last if last.strip(".") else PurePosixPath(url).name


def _records(
    role: str, index: pl.DataFrame, buffers: Sequence[memoryview]
) -> list[tuple[int, memoryview | None]]:
    spans = index.select("image_id", f"{role}_file", f"{role}_start", f"{role}_stop").iter_rows()
    return [
        (image_id, None if file is None else buffers[file][start:stop])
        for image_id, file, start, stop in spans
    ]


def _read_role(
    role: str,
    index: pl.DataFrame,
    buffers: Sequence[memoryview],
    ledger: list[dict[str, str]],
) -> tuple[list[str], list[Any]]:
    """The parts of all records of `role`, and the image id of each part. Each unreadable part is
    noted in the ledger."""
    whole, _ = SHAPES[role]
    decoder = msgspec.json.Decoder(whole)
    ids: list[str] = []
    parts: list[Any] = []
    with _no_collection():
        for number, raw in _records(role, index, buffers):
            if raw is None:
                continue
            image_id = str(number)
            try:
                record = decoder.decode(raw)
            except UNREADABLE as error:
                record = _salvage(role, image_id, raw, str(error), ledger)
            found = getattr(record, role)
            parts += found
            ids += [image_id] * len(found)
    return ids, parts


@contextmanager
def _no_collection() -> Iterator[None]:
    """Within the block, the cyclic garbage collector is off: it takes two thirds of the time of
    decoding and finds nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _salvage(
    role: str, image_id: str, raw: memoryview, problem: str, ledger: list[dict[str, str]]
) -> Struct:
    """The record with only its readable parts."""
    whole, part = SHAPES[role]
    try:
        parts = decode_parts(raw, dict[str, msgspec.Raw])[role]
        entries = msgspec.json.decode(parts, type=list[msgspec.Raw])
    except (*UNREADABLE, KeyError):
        ledger.append(lost(image_id, role, "record-unreadable", problem))
        return whole([])
    decoder, read = msgspec.json.Decoder(part), []
    for position, entry in enumerate(entries):
        item = f"{role}[{position}]"
        try:
            read.append(_decoded(entry, decoder, part, image_id, item, ledger))
        except UNREADABLE as error:
            ledger.append(lost(image_id, item, f"{role}-unreadable", problem_in(error)))
    return whole(read)


READER = Reader(
    find=lambda path, root: find_annotations(
        path, root / "artifacts" / "unpack", digest_store(root)
    ),
    index=index_annotations,
    read=read_scenes,
    rights=Rights(
        "cc-by-4.0",
        "Annotations: Visual Genome (Krishna et al. 2016), CC BY 4.0.",
        PHOTOGRAPHS,
        ("visual-genome",),
    ),
    collection="vg",
)
DRAWN_READER = replace(
    READER,
    rights=Rights(
        "cc0-1.0", "Scenes are drawn by the pipeline.", "So are photographs.", ("synthetic",)
    ),
    collection=None,
)
"""Reads the scenes that the pipeline draws and writes in the form of Visual Genome's files."""
