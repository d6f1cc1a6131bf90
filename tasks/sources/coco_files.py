"""Files in COCO's format: instances, panoptic segments, and detection results with scores.

What they say is not trusted. A box that cannot be read costs only itself, a category outside the
vocabulary its boxes; names of files are compared with names, never opened.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import polars as pl
from msgspec import Struct

from schemas.columns import columns
from schemas.ledger import lost, repaired
from tasks.sources.files import (
    UNREADABLE,
    decode_each,
    decode_top,
    find_files,
    map_file,
    plain_name,
    problem_in,
)
from tasks.sources.tables import MAX_SIDE

EXPECTED = "COCO's: an object with images, annotations and categories, or a list of detections"
MAX_TOLD = 100
"""Characters of a value that the ledger quotes."""
MAX_DIGITS = 18
"""Of an id that fits into 64 bits."""
WHOLE = re.compile(rf"-?[0-9]{{1,{MAX_DIGITS}}}")
POINT_ZERO = re.compile(r"(?<=\d)\.0+\Z")
Whole = int | float | str
"""Of ids and sizes: pandas writes 9.0 where a column has gaps, and others a text."""
NO_CROWD = ("0", "0.0", "false", "no", "none", "nan", "")
"""How exporters write that a box is of one thing: where a column has gaps, also as a text or
null."""
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
    id: Whole
    width: Whole
    height: Whole
    file_name: Any = None

    def __post_init__(self) -> None:
        self.width, self.height = _side(self.width), _side(self.height)


class _Category(Struct, gc=False):
    id: Whole
    name: str
    isthing: int = 1

    def __post_init__(self) -> None:
        self.id = _whole(self.id)


class _Segment(Struct, gc=False):
    category_id: Whole = -1
    bbox: list[float] | None = None
    iscrowd: Any = 0

    def __post_init__(self) -> None:
        if isinstance(self.category_id, str):
            self.category_id = _whole(self.category_id)


class _Annotation(Struct, gc=False):
    image_id: Whole
    category_id: Whole = -1
    bbox: list[float] | None = None
    iscrowd: Any = 0
    score: float | None = None
    segments_info: list[msgspec.Raw] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.category_id, str):
            self.category_id = _whole(self.category_id)


class _Top(Struct):
    images: list[msgspec.Raw] = []
    annotations: list[msgspec.Raw] = []
    categories: list[msgspec.Raw] = []


class _Key(Struct, gc=False):
    """What is read of every annotation, an odd score included; the whole is read only where its
    image is asked about."""

    image_id: Whole
    score: Any = None


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
    origins: dict[str, Path] = {}
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
        if not (top.images or top.annotations or top.categories):
            raise ValueError(f"{path} has another shape: expected {EXPECTED}")
        annotations.append(top.annotations)
        for image in _readable(top.images, _Image, "image", path, ledger):
            key = key_of(image.id)
            name = image.file_name or ""
            if not isinstance(name, str):
                detail = f"{path.name}: {str(name)[:MAX_TOLD]} is no name of a file"
                ledger.append(repaired(key, "file_name", "field-unreadable", detail))
                name = ""
            facts = (name, _coco_id(key), int(image.width), int(image.height))
            first = origins.setdefault(key, path)
            if images.setdefault(key, facts) != facts:
                raise ValueError(_told_apart(key, first, path))
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


def _told_apart(key: str, first: Path, second: Path) -> str:
    """What to do about two images of one id."""
    if first == second:
        return f"{first} describes image {key} in two ways: keep one of them"
    return (
        f"image {key} of {second} is not that of {first}: name one of the files, or number the "
        "images of all of them apart"
    )


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


def key_of(image_id: Whole) -> str:
    """An image's id as a text: "9" of 9, 9.0, "9" and "9.0"."""
    is_whole = isinstance(image_id, float) and image_id.is_integer()
    return POINT_ZERO.sub("", str(int(image_id) if is_whole else image_id))


def _whole(number: Whole) -> int:
    """A number, however it is written: 9 of 9, 9.0, "9" and "9.0"."""
    key = key_of(number).strip()
    if not WHOLE.fullmatch(key):
        raise ValueError(f"{number} is no whole number of {MAX_DIGITS} digits at most")
    return int(key)


def _side(number: Whole) -> int:
    """Pixels of a width or height, however it is written."""
    if not 0 < (side := _whole(number)) < MAX_SIDE:
        raise ValueError(f"{number} is no width or height")
    return side


def _coco_id(key: str) -> int | None:
    digits = key.removeprefix("-")
    return int(key) if digits.isdecimal() and len(digits) < MAX_DIGITS else None


def num_homeless(files: CocoFiles) -> int:
    """How many annotations are of no image in the files."""
    known, decode = set(files.images["key"]), msgspec.json.Decoder(_Key).decode
    num_found = 0
    for raws in files.annotations:
        for raw in raws:
            with suppress(*UNREADABLE):
                num_found += key_of(decode(raw).image_id) in known
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
            has_scores = has_scores or isinstance(key.score, int | float)
            name = key_of(key.image_id)
            if name not in keys:
                continue
            try:
                one = decode(raw)
            except UNREADABLE:
                problems[name] = problems.get(name, 0) + 1
                continue
            parts: list[_Annotation | _Segment] = [one]
            if one.segments_info is not None:
                parts, unreadable = decode_each(one.segments_info, _Segment)
                if unreadable:
                    problems[name] = problems.get(name, 0) + len(unreadable)
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
    is_readable = score is None or 0.0 <= score <= 1.0
    corners = _corners(part.bbox) if is_readable else None
    return corners and (key, int(part.category_id), *corners, _is_crowd(part.iscrowd), score)


def _is_crowd(flag: object) -> bool:
    """Also of what cannot be read: of a crowd nobody knows how many things it is."""
    return str(flag).strip().lower() not in NO_CROWD


def _corners(bbox: Sequence[float] | None) -> tuple[float, float, float, float] | None:
    if bbox is None or len(bbox) != 4 or not all(map(isfinite, bbox)):
        return None
    x, y, w, h = bbox
    is_box = w > 0 and h > 0 and max(map(abs, bbox)) < MAX_SIDE
    return (x, y, x + w, y + h) if is_box else None


def file_key(name: str) -> str:
    """The last part of a file's name, without its ending: "VG_100K/7.jpg" and "7.png" are alike."""
    return PurePosixPath(file_path(plain_name(name))).stem


def file_path(name: str) -> str:
    """A file's name with its folders, as any system writes it, from none above these. Of an
    absolute one only the last part: the folders of somebody's machine are not published."""
    parts = name.rpartition("://")[2].replace("\\", "/").split("/")
    kept = [part for part in parts if part.strip(".")]
    is_absolute = not parts[0] or parts[0].endswith(":")
    return "/".join(kept[-1:] if is_absolute else kept)
