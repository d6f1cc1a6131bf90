"""The VG150 form, as in the Hub data set JosephZ/vg150_train_sgg_prompt: one row per image in
Parquet or JSON lines, with objects and relationships as JSON strings.

Parquet rows may hold their photograph in a column `image`. Where width and height are missing,
those in its header are used. Of rows with the same image id the first stays, with its photograph.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import polars as pl
from msgspec import UNSET, Meta, Struct, UnsetType

from schemas.ledger import ledger_of, lost
from tasks.sources.files import (
    UNREADABLE,
    decode_each,
    decode_parts,
    find_files,
    map_file,
    problem_in,
)
from tasks.sources.reader import PHOTOGRAPHS, Reader, Rights
from tasks.sources.tables import IMAGES, MAX_SIDE, OBJECTS, RELATIONSHIPS, RawScenes
from tasks.sources.vg150_parquet import (
    COLUMNS,
    SIZES,
    check_columns,
    columns_of,
    has_photographs,
    header_size,
    parquet_rows,
    photograph_in,
)

Pixels = Annotated[float, Meta(ge=-1e6, le=1e6)]
"""A coordinate beyond a million pixels is a broken number: no image is so large."""
NUMBER = re.compile(r"\.\d+$")
"""The end of an object's id that is not part of its name."""
PLACES = {"image_id": pl.String, "file": pl.Int32, "row": pl.Int64, "width": pl.Int64}
INDEX = pl.Schema({**PLACES, "height": pl.Int64, "start": pl.Int64, "stop": pl.Int64})
T = TypeVar("T")


class _Object(Struct):
    id: str
    bbox: tuple[Pixels, Pixels, Pixels, Pixels]


class _Relationship(Struct):
    subject: str
    predicate: str
    object: str


class _Line(Struct):
    image_id: str | int | float | UnsetType | None = UNSET
    objects: msgspec.Raw | UnsetType = UNSET
    relationships: msgspec.Raw | UnsetType = UNSET
    width: msgspec.Raw | UnsetType = UNSET
    height: msgspec.Raw | UnsetType = UNSET


def find_rows(path: str) -> list[Path]:
    """The Parquet and JSON-lines files at `path`."""
    files = [file for file in find_files(path) if file.suffix in (".parquet", ".jsonl", ".ndjson")]
    if not files:
        raise FileNotFoundError(
            f"no .parquet or .jsonl file at {path}: source.path takes the VG150 rows"
        )
    return files


def index_rows(files: Sequence[Path]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """File, row number and size of each image, and a ledger of repeated ones."""
    rows: list[tuple[Any, ...]] = []
    ledger: list[dict[str, str]] = []
    seen: set[str] = set()
    for number, file in enumerate(files):
        places = _parquet_places(file) if file.suffix == ".parquet" else _line_places(file)
        for row, (image_id, problem, *place) in enumerate(places):
            where = f"{file.name}: row {row}"
            if problem or image_id is None or not image_id.strip():
                detail = f"{where}: {problem or 'no image id'}"
                ledger.append(lost("", f"image[{row}]", "image-unreadable", detail))
            elif image_id in seen:
                ledger.append(lost(image_id, f"row {row}", "duplicate-image", where))
            else:
                seen.add(image_id)
                rows.append((image_id, number, row, *place))
    return pl.DataFrame(rows, schema=INDEX, orient="row").sort("image_id"), ledger_of(ledger)


def _line_places(file: Path) -> Iterator[tuple[Any, ...]]:
    """Image id, problem, width, height, start and stop of every line that is not blank."""
    buffer, start, known = map_file(file), 0, set[str]()
    for line in iter(buffer.readline, b""):
        stop = start + len(line)
        if line.strip():
            try:
                record = decode_parts(line, _Line)
            except UNREADABLE as error:
                yield None, problem_in(error), None, None, start, stop
            else:
                known.update(name for name in COLUMNS if getattr(record, name) is not UNSET)
                sizes = [_side(getattr(record, name)) for name in SIZES]
                image_id = None if record.image_id is UNSET else record.image_id
                yield _id_text(image_id), None, *sizes, start, stop
        start = stop
    if known:
        check_columns(file, known)


def _side(raw: msgspec.Raw | UnsetType) -> int | None:
    if raw is UNSET:
        return None
    try:
        return _plausible(msgspec.json.decode(raw, type=int | float))
    except UNREADABLE:
        return None


def _plausible(side: object) -> int | None:
    whole = _without_point(side)
    return whole if isinstance(whole, int) and 0 < whole < MAX_SIDE else None


def _id_text(image_id: object) -> str | None:
    """None where there is none: pandas writes NaN into the gaps of a column of numbers."""
    is_gap = isinstance(image_id, float) and not isfinite(image_id)
    return None if image_id is None or is_gap else str(_without_point(image_id))


def _without_point(value: object) -> object:
    """The integer that a float or a decimal equals: pandas writes 9.0 in a column with gaps."""
    return int(value) if isinstance(value, float | Decimal) and value % 1 == 0 else value


def _parquet_places(file: Path) -> Iterator[tuple[Any, ...]]:
    """As `_line_places`; a size that is not in the row is read from its photograph's header."""
    names = columns_of(file)
    sizes = [name for name in SIZES if name in names]
    wanted = ["image_id", *sizes]
    if len(sizes) < len(SIZES) and has_photographs(file):
        wanted.append("image")
    for _, row in parquet_rows(file, wanted):
        image_id = row["image_id"]
        width, height = (_plausible(row.get(name)) for name in SIZES)
        if width is None or height is None:
            width, height = header_size(photograph_in(row)) or (width, height)
        yield _id_text(image_id), None, width, height, None, None


def read_scenes(index: pl.DataFrame, files: Sequence[Path]) -> RawScenes:
    """The flat tables of the images in `index`, in its order."""
    images: list[dict[str, Any]] = []
    objects: list[tuple[Any, ...]] = []
    relationships: list[tuple[Any, ...]] = []
    ledger: list[dict[str, str]] = []
    texts = _texts(index, files)
    for image_id, width, height in index.select("image_id", *SIZES).iter_rows():
        of_objects, of_relationships = texts[image_id]
        things = _decode(image_id, "objects", of_objects, _Object, ledger)
        if things is None:
            continue
        triplets = _decode(image_id, "relationships", of_relationships, _Relationship, ledger)
        images.append(
            dict.fromkeys(IMAGES.names())
            | {
                "image_id": image_id,
                "width": width,
                "height": height,
                "photograph": f"{image_id}.jpg",
                "is_exhaustive": False,
                "boxes_from_ends": False,
            }
        )
        numbers: dict[str, int] = {}
        for number, thing in enumerate(things, start=1):
            key = numbers.setdefault(thing.id, number)
            objects.append((image_id, key, [name_of(thing.id)], *thing.bbox, None, None, None))
        for number, triplet in enumerate(triplets or (), start=1):
            ends = [
                value
                for end in (triplet.subject, triplet.object)
                for value in (numbers.get(end), name_of(end), None)
            ]
            relationships.append((image_id, number, triplet.predicate, *ends))
    return RawScenes(
        images=pl.DataFrame(images, schema=IMAGES),
        objects=pl.DataFrame(objects, schema=OBJECTS, orient="row"),
        relationships=pl.DataFrame(relationships, schema=RELATIONSHIPS, orient="row"),
        ledger=ledger_of(ledger),
    )


def name_of(object_id: str) -> str:
    """ "man.3" is a man; an id without a number is a name."""
    return NUMBER.sub("", object_id)


def _texts(
    index: pl.DataFrame, files: Sequence[Path]
) -> dict[str, tuple[str | bytes | None, str | bytes | None]]:
    """The JSON of objects and relationships of every image in `index`."""
    texts: dict[str, tuple[str | bytes | None, str | bytes | None]] = {}
    for (number,), wanted in index.group_by("file"):
        file = files[int(str(number))]
        if file.suffix == ".parquet":
            places = dict(wanted.select("row", "image_id").iter_rows())
            for place, row in parquet_rows(file, COLUMNS[1:], places):
                texts[places[place]] = row["objects"], row["relationships"]
            continue
        buffer = map_file(file)
        for image_id, start, stop in wanted.select("image_id", "start", "stop").iter_rows():
            line = decode_parts(buffer[start:stop], _Line)
            texts[image_id] = _text(line.objects), _text(line.relationships)
    return texts


def _text(raw: msgspec.Raw | UnsetType) -> str | bytes | None:
    """The JSON in a field: a string that holds it, or the list itself."""
    if raw is UNSET:
        return None
    try:
        return msgspec.json.decode(raw, type=str | None)
    except UNREADABLE:
        return bytes(raw)


def _decode(
    image_id: str,
    role: str,
    text: str | bytes | None,
    shape: type[T],
    ledger: list[dict[str, str]],
) -> list[T] | None:
    """The readable elements; None where the text is not a list."""
    try:
        if text is None:
            raise ValueError(f"{role} is null")
        raws = decode_parts(text.encode() if isinstance(text, str) else text, list[msgspec.Raw])
    except UNREADABLE as error:
        item = "image" if role == "objects" else role
        ledger.append(lost(image_id, item, "record-unreadable", f"{role}: {problem_in(error)}"))
        return None
    read, problems = decode_each(raws, shape)
    reason = f"{role}-unreadable"
    ledger += [lost(image_id, f"{role}[{place}]", reason, text) for place, text in problems]
    return read


def embedded_photographs(files: Sequence[Path]) -> dict[str, tuple[Path, int]]:
    """Image id to the Parquet file and row that hold its photograph in a column `image`."""
    found: dict[str, tuple[Path, int]] = {}
    for file in filter(has_photographs, files):
        for number, row in parquet_rows(file, ["image_id"]):
            if image_id := _id_text(row["image_id"]):
                found.setdefault(image_id, (file, number))
    return found


READER = Reader(
    find=lambda path, root: {"rows": find_rows(path)},
    index=lambda files, num_workers: index_rows(files["rows"]),
    read=lambda index, files: read_scenes(index, files["rows"]),
    rights=Rights(
        "cc-by-4.0",
        "Annotations: Visual Genome (Krishna et al. 2016), CC BY 4.0, in the selection VG150 (Xu "
        "et al. 2017).",
        PHOTOGRAPHS,
        ("visual-genome",),
    ),
    collection="vg",
    photographs=lambda files: embedded_photographs(files["rows"]),
)
