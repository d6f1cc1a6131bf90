"""Files in COCO's format: instances, panoptic segments, and detection results with scores.

What they say is not trusted. A box that cannot be read costs only itself, a category outside the
vocabulary its boxes; names of files are compared with names, never opened.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import msgspec
import polars as pl
from msgspec import Meta, Struct

from schemas.columns import columns
from schemas.ledger import lost
from tasks.sources.files import UNREADABLE, decode_top, find_files, map_file, problem_in
from tasks.sources.tables import MAX_SIDE

EXPECTED = "COCO's: an object with images, annotations and categories, or a list of detections"
MAX_DIGITS = 18
"""Of an id that fits into 64 bits."""
Id = int | str
Side = Annotated[int, Meta(gt=0, lt=MAX_SIDE)]
IMAGES = columns(
    key=pl.String, file_name=pl.String, coco_id=pl.Int64, width=pl.Int64, height=pl.Int64
)
"""`key` is the image's id in the file, as a text."""
BOXES = columns(
    key=pl.String,
    category=pl.Int64,
    x1=pl.Float64,
    y1=pl.Float64,
    x2=pl.Float64,
    y2=pl.Float64,
    is_crowd=pl.Boolean,
    score=pl.Float64,
)
"""`score` is null where boxes are drawn by people; pixels of the image as the file states it."""


class _Image(Struct, gc=False):
    id: Id
    width: Side
    height: Side
    file_name: str = ""


class _Category(Struct, gc=False):
    id: int
    name: str
    isthing: int = 1


class _Segment(Struct, gc=False):
    category_id: int
    bbox: list[float]
    iscrowd: int | bool = 0


class _Annotation(Struct, gc=False):
    image_id: Id
    category_id: int = -1
    bbox: list[float] | None = None
    iscrowd: int | bool = 0
    score: float | None = None
    segments_info: list[_Segment] | None = None


class _Top(Struct):
    images: list[msgspec.Raw] = []
    annotations: list[msgspec.Raw] = []
    categories: list[msgspec.Raw] = []


class _Key(Struct, gc=False):
    """What is read of every annotation; the whole is read only where its image is asked about."""

    image_id: Id
    score: float | None = None


@dataclass(frozen=True, slots=True)
class CocoFiles:
    """What the files say of images and categories, and their annotations, unread. `names` holds the
    categories of things by id, `categories` the ids of all, `ledger` what of both cannot be
    read."""

    images: pl.DataFrame
    names: Mapping[int, str]
    categories: Collection[int]
    annotations: Sequence[Sequence[msgspec.Raw]]
    ledger: Sequence[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Boxes:
    """`has_scores` says that some of all boxes in the files have one; `problems` counts what could
    not be read, and `unknown` what is of no category in the files, by image key."""

    table: pl.DataFrame
    has_scores: bool
    problems: Mapping[str, int]
    unknown: Mapping[str, int]


def find_boxes(path: str) -> list[Path]:
    files = [file for file in find_files(path) if file.suffix == ".json"]
    if not files:
        raise FileNotFoundError(f"no .json file at {path}: name files in COCO's format")
    return files


def open_files(files: Sequence[Path]) -> CocoFiles:
    """All files together; ValueError where one has another shape or two contradict each other.
    Detections are a list, and take images and categories from the other files."""
    images: dict[str, tuple[Any, ...]] = {}
    names: dict[int, str] = {}
    categories: set[int] = set()
    annotations = []
    ledger: list[dict[str, str]] = []
    for path in files:
        buffer = map_file(path)
        if buffer[:64].lstrip()[:1] == b"[":
            annotations.append(decode_top(buffer, list[msgspec.Raw], path, EXPECTED)[0])
            continue
        top, _ = decode_top(buffer, _Top, path, EXPECTED)
        annotations.append(top.annotations)
        for image in _readable(top.images, _Image, "image", path, ledger):
            facts = (image.file_name, _coco_id(image.id), image.width, image.height)
            if images.setdefault(str(image.id), facts) != facts:
                raise ValueError(f"{path} describes image {image.id} in two ways: keep one of them")
        for one in _readable(top.categories, _Category, "category", path, ledger):
            categories.add(one.id)
            if one.isthing and names.setdefault(one.id, one.name) != one.name:
                raise ValueError(f"{path} has two categories {one.id}: keep one of them")
    if not images or not names:
        lacking, item = ("categories", "category") if images else ("images", "image")
        problems = [one["detail"] for one in ledger if one["item"].startswith(f"{item}[")]
        told = f" ({problems[0]})" if problems else ""
        raise ValueError(
            f"{', '.join(map(str, files))}: no {lacking}{told}; add the file with COCO's "
            "images and categories to which the annotations belong"
        )
    table = [(key, *facts) for key, facts in images.items()]
    shown = pl.DataFrame(table, schema=IMAGES, orient="row")
    return CocoFiles(shown, names, categories, annotations, ledger)


def _readable(
    raws: Sequence[msgspec.Raw], shape: type[Any], what: str, path: Path, ledger: list[Any]
) -> Iterator[Any]:
    """The readable elements; each other one is noted in the ledger."""
    decoder = msgspec.json.Decoder(shape)
    for place, raw in enumerate(raws):
        try:
            yield decoder.decode(raw)
        except UNREADABLE as error:
            detail = f"{path.name}: {problem_in(error)}"
            ledger.append(lost("", f"{what}[{place}]", f"{what}-unreadable", detail))


def _coco_id(key: Id) -> int | None:
    if isinstance(key, str):
        return int(key) if key.isdecimal() and len(key) < MAX_DIGITS else None
    return key if abs(key) < 10**MAX_DIGITS else None


def num_homeless(files: CocoFiles) -> int:
    """How many annotations are of no image in the files."""
    known, decode = set(files.images["key"]), msgspec.json.Decoder(_Key).decode
    num_found = 0
    for raws in files.annotations:
        for raw in raws:
            with suppress(*UNREADABLE):
                num_found += str(decode(raw).image_id) in known
    return sum(map(len, files.annotations)) - num_found


def boxes_of(files: CocoFiles, keys: Collection[str]) -> Boxes:
    """The boxes of some images, those of stuff and of unknown categories left out."""
    rows: list[tuple[Any, ...]] = []
    problems: dict[str, int] = {}
    unknown: dict[str, int] = {}
    has_scores = False
    decode_key = msgspec.json.Decoder(_Key).decode
    decode = msgspec.json.Decoder(_Annotation).decode
    for raws in files.annotations:
        for raw in raws:
            try:
                key = decode_key(raw)
            except UNREADABLE:
                continue  # of no image
            has_scores = has_scores or key.score is not None
            name = str(key.image_id)
            if name not in keys:
                continue
            try:
                one = decode(raw)
            except UNREADABLE:
                problems[name] = problems.get(name, 0) + 1
                continue
            parts = [one] if one.segments_info is None else one.segments_info
            for part in parts:
                if part.category_id not in files.categories:
                    unknown[name] = unknown.get(name, 0) + 1
                elif part.category_id not in files.names:
                    continue  # stuff
                elif row := _row(name, part, one.score):
                    rows.append(row)
                else:
                    problems[name] = problems.get(name, 0) + 1
    table = pl.DataFrame(rows, schema=BOXES, orient="row")
    return Boxes(table, has_scores, problems, unknown)


def _row(key: str, part: _Annotation | _Segment, score: float | None) -> tuple[Any, ...] | None:
    """A row of BOXES; None where box or score cannot be."""
    corners = _corners(part.bbox) if score is None or 0.0 <= score <= 1.0 else None
    return corners and (key, part.category_id, *corners, bool(part.iscrowd), score)


def _corners(bbox: Sequence[float] | None) -> tuple[float, float, float, float] | None:
    if bbox is None or len(bbox) != 4 or not all(map(isfinite, bbox)):
        return None
    x, y, w, h = bbox
    is_box = w > 0 and h > 0 and max(map(abs, bbox)) < MAX_SIDE
    return (x, y, x + w, y + h) if is_box else None


def file_key(name: str) -> str:
    """The last part of a file's name, without its ending: "VG_100K/7.jpg" and "7.png" are alike."""
    return PurePosixPath(file_name(name)).stem


def file_name(name: str) -> str:
    """The last part of a path as any system writes it."""
    return PurePosixPath(name.replace("\\", "/")).name
