"""Visual Genome v1.0, v1.2 and v1.4: JSON files, or the official archives that hold them.

A file beside its archive is read instead of it. Of records with one image id the first stays.
"""

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import msgspec
import polars as pl
from msgspec import Meta, Struct

from tasks.sources.files import (
    UNREADABLE,
    decode_each,
    decode_top,
    digest_files,
    find_files,
    map_file,
    open_archive,
    spans_of,
    unpack_member,
)
from tasks.sources.tables import IMAGES, OBJECTS, RELATIONSHIPS, RawScenes, ledger_of, lost

ROLES = ("image_data", "objects", "attributes", "relationships")
ROLE_NAME = re.compile(rf"({'|'.join(ROLES)})(?:_?v\d+[._]\d+)?\.json")

Id = Annotated[int, Meta(ge=-(2**62), le=2**62)]
Pixels = Annotated[float, Meta(ge=-1e6, le=1e6)]


class _Key(Struct):
    image_id: Id | None = None
    id: Id | None = None


class _ImageData(Struct):
    image_id: Id
    width: Annotated[int, Meta(gt=0, lt=100_000)]
    height: Annotated[int, Meta(gt=0, lt=100_000)]
    url: str | None = None
    coco_id: Id | None = None
    exhaustive: bool | None = None


class _Object(Struct, omit_defaults=True):
    x: Pixels
    y: Pixels
    w: Pixels
    h: Pixels
    object_id: Id | None = None
    id: Id | None = None
    names: list[str | None] | None = None
    merged_object_ids: list[Id] | None = None
    depth: Annotated[float, Meta(gt=0, le=1e6)] | None = None
    facing: str | None = None


class _Attributes(Struct, omit_defaults=True):
    object_id: Id | None = None
    id: Id | None = None
    attributes: list[str | None] | None = None


class _End(Struct, omit_defaults=True):
    object_id: Id | None = None
    id: Id | None = None
    name: str | None = None
    names: list[str | None] | None = None
    merged_object_ids: list[Id] | None = None
    x: Pixels | None = None
    y: Pixels | None = None
    w: Pixels | None = None
    h: Pixels | None = None


class _Relationship(Struct, omit_defaults=True):
    predicate: str | None
    subject: _End
    object: _End
    relationship_id: Id | None = None
    id: Id | None = None


class _Objects(Struct):
    objects: list[_Object]


class _AttributeLists(Struct):
    attributes: list[_Attributes]


class _Relationships(Struct):
    relationships: list[_Relationship]


SHAPES: Mapping[str, tuple[type[Struct], type[Struct]]] = {
    "objects": (_Objects, _Object),
    "attributes": (_AttributeLists, _Attributes),
    "relationships": (_Relationships, _Relationship),
}
BOX = dict.fromkeys("xywh", pl.Float64)
END = pl.Struct(
    {
        "object_id": pl.Int64,
        "id": pl.Int64,
        "name": pl.String,
        "names": pl.List(pl.String),
        "merged_object_ids": pl.List(pl.Int64),
        **BOX,
    }
)
COLUMNS: Mapping[str, pl.Struct] = {
    "objects": pl.Struct(
        {
            "object_id": pl.Int64,
            "id": pl.Int64,
            "names": pl.List(pl.String),
            "merged_object_ids": pl.List(pl.Int64),
            **BOX,
            "depth": pl.Float64,
            "facing": pl.String,
        }
    ),
    "attributes": pl.Struct(
        {"object_id": pl.Int64, "id": pl.Int64, "attributes": pl.List(pl.String)}
    ),
    "relationships": pl.Struct(
        {
            "relationship_id": pl.Int64,
            "id": pl.Int64,
            "predicate": pl.String,
            "subject": END,
            "object": END,
        }
    ),
}


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


def index_annotations(files: Mapping[str, Sequence[Path]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where each image's records lie: one row per image, and a ledger of records without place."""
    roles, ledgers = [], []
    for role in ROLES:
        spans, ledger = _index_role(role, files[role])
        roles.append(spans)
        ledgers.append(ledger)
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
    for number, path in enumerate(files):
        buffer = map_file(path)
        raws = decode_top(buffer, list[msgspec.Raw], path, "a list with one record per image")
        assert isinstance(raws, list)
        for position, (raw, span) in enumerate(zip(raws, spans_of(raws, buffer), strict=True)):
            image_id = _image_id(raw)
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


def _image_id(raw: msgspec.Raw) -> int | None:
    try:
        key = msgspec.json.decode(raw, type=_Key)
    except UNREADABLE:
        return None
    return key.image_id if key.image_id is not None else key.id


def read_scenes(index: pl.DataFrame, files: Mapping[str, Sequence[Path]]) -> RawScenes:
    """The flat tables of the images in `index`, in its order."""
    ledger: list[dict[str, str]] = []
    images = _read_images(index, files["image_data"], ledger)
    tables = {role: _read_role(role, index, files[role], ledger) for role in SHAPES}
    objects = tables["objects"].rename({"id": "short_id"})
    # Only v1.4 has merged ids, and its objects' own boxes are not those that relationships mean.
    is_merged = objects.filter(pl.col("merged_object_ids").is_not_null())["image_id"].unique()
    attributes = (
        tables["attributes"]
        .select(
            "image_id",
            pl.coalesce("object_id", "id").alias("object_id"),
            pl.col("attributes").list.drop_nulls(),
        )
        .filter(pl.col("attributes").list.len() > 0)
        .unique(["image_id", "object_id"], keep="first", maintain_order=True)
    )
    flat = objects.with_columns(
        object_id=pl.coalesce("object_id", "short_id"),
        x1=pl.col("x"),
        y1=pl.col("y"),
        x2=pl.col("x") + pl.col("w"),
        y2=pl.col("y") + pl.col("h"),
    ).join(attributes, on=["image_id", "object_id"], how="left", maintain_order="left")
    return RawScenes(
        images=images.with_columns(boxes_from_ends=pl.col("image_id").is_in(is_merged.implode())),
        objects=flat.select(OBJECTS.names()).cast(OBJECTS),
        relationships=_flat_relationships(tables["relationships"]),
        ledger=ledger_of(ledger),
    )


def _flat_relationships(table: pl.DataFrame) -> pl.DataFrame:
    def end(side: str) -> list[pl.Expr]:
        field = pl.col(side).struct.field
        x, y, w, h = (field(edge) for edge in "xywh")
        return [
            pl.coalesce(field("object_id"), field("id")).alias(f"{side}_id"),
            pl.coalesce(field("name"), field("names").list.drop_nulls().list.first()).alias(
                f"{side}_name"
            ),
            pl.when(pl.all_horizontal(e.is_not_null() for e in (x, y, w, h)))
            .then(pl.concat_list(x, y, x + w, y + h))
            .alias(f"{side}_box"),
        ]

    return table.select(
        "image_id",
        pl.coalesce("relationship_id", "id").alias("relationship_id"),
        "predicate",
        *end("subject"),
        *end("object"),
    ).cast(RELATIONSHIPS)


def _read_images(
    index: pl.DataFrame, files: Sequence[Path], ledger: list[dict[str, str]]
) -> pl.DataFrame:
    rows = []
    for image_id, raw in _records("image_data", index, files):
        row: dict[str, Any] = dict.fromkeys(IMAGES.names())
        row |= {"image_id": str(image_id), "photograph": f"{image_id}.jpg", "is_exhaustive": False}
        try:
            if raw is not None:
                data = msgspec.json.decode(raw, type=_ImageData)
                row |= {"width": data.width, "height": data.height, "coco_id": data.coco_id}
                row["is_exhaustive"] = bool(data.exhaustive)
                row["photograph"] = PurePosixPath(data.url or row["photograph"]).name
        except UNREADABLE as error:
            ledger.append(lost(str(image_id), "image_data", "frame-unreadable", str(error)))
        rows.append(row)
    return pl.DataFrame(rows, schema=IMAGES)


def _records(
    role: str, index: pl.DataFrame, files: Sequence[Path]
) -> list[tuple[int, memoryview | None]]:
    buffers = [memoryview(map_file(path)) for path in files]
    spans = index.select("image_id", f"{role}_file", f"{role}_start", f"{role}_stop").iter_rows()
    return [
        (image_id, None if file is None else buffers[file][start:stop])
        for image_id, file, start, stop in spans
    ]


def _read_role(
    role: str, index: pl.DataFrame, files: Sequence[Path], ledger: list[dict[str, str]]
) -> pl.DataFrame:
    """One row per record of `role`. Records that cannot be read go to the ledger, one by one."""
    whole, _ = SHAPES[role]
    decoder, encoder = msgspec.json.Decoder(whole), msgspec.json.Encoder()
    lines, ids = [], []
    for image_id, raw in _records(role, index, files):
        if raw is None:
            continue
        try:
            record = decoder.decode(raw)
        except UNREADABLE as error:
            record = _salvage(role, str(image_id), raw, str(error), ledger)
        # Written anew, a record holds nothing that msgspec skips and polars would refuse.
        lines.append(encoder.encode(record))
        ids.append(image_id)
    column = pl.List(COLUMNS[role])
    if not lines:
        empty = pl.DataFrame(schema={role: COLUMNS[role]}).unnest(role)
        return empty.with_columns(image_id=pl.lit(None, pl.String))
    table = pl.read_ndjson(io.BytesIO(b"\n".join(lines)), schema={role: column})
    return (
        table.select(pl.Series("image_id", ids, pl.Int64).cast(pl.String), pl.col(role))
        .explode(role, empty_as_null=False)
        .unnest(role)
    )


def _salvage(
    role: str, image_id: str, raw: memoryview, problem: str, ledger: list[dict[str, str]]
) -> Struct:
    """The record with only those of its parts that can be read."""
    whole, part = SHAPES[role]
    try:
        parts = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])[role]
        entries = msgspec.json.decode(parts, type=list[msgspec.Raw])
    except (*UNREADABLE, KeyError):
        ledger.append(lost(image_id, role, "record-unreadable", problem))
        return whole([])
    read, problems = decode_each(entries, part)
    ledger += [
        lost(image_id, f"{role}[{position}]", f"{role}-unreadable", text)
        for position, text in problems
    ]
    return whole(read)
