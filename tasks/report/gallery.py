"""Gallery: the questions of a report as compact JSON, with their photographs, cut into pages.

A page is one file: its rows, and each photograph once, as large as there is room for.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
import polars as pl
from markupsafe import Markup

from schemas.box import Corners
from schemas.claim import OBJECT_FIELDS
from schemas.printable import visible
from tasks.diff.record import Record
from tasks.pages.boxes import place_of_box, shown_label
from tasks.pages.shown_photographs import data_address, shrunk
from tasks.photographs.store import SourcePhotographs
from tasks.publish.shown import photographs_of

MAX_ROWS = 10_000
"""Questions of one page: its script looks through all of them at each key."""
MAX_BYTES = 29_000_000
"""Bytes of a page's rows and photographs."""
MAX_ROW_BYTES = 17_000_000
"""Bytes of a page's rows: the others are for its photographs."""
MAX_PICTURE = 60_000
"""Bytes of a photograph where there are few: it is sharp at the width in which it is shown."""
BATCH = 200
"""Photographs of a store that are held in memory at once."""
FIELDS = (
    "id", "image", "category", "level", "rating", "split", "stage", "reason", "reasonDetail",
    "question", "options", "answer", "claims", "proofs", "boxes", "links", "evidence", "margin",
    "detail", "writer", "writerLevel", "reading", "verdict", "judge", "votes", "voteReasons",
    "blindVotes", "blindAnswered", "predicate", "pair", "cost",
)  # fmt: skip
"""What a row of the page holds, in its order. `image` is a place among the page's `images`, and
`pair` the id of the counterpart and the file that it is in, empty for the same one."""


class Picture(NamedTuple):
    """`address` is a data address, empty where the photograph is not there; its own sides are in
    pixels."""

    address: str
    width: int
    height: int


def cut_pages(questions: pl.DataFrame, max_rows: int = MAX_ROWS) -> list[pl.DataFrame]:
    """The questions of each page, at most `max_rows` and MAX_ROW_BYTES, in order; one page at
    least."""
    pages, start, filled = list[pl.DataFrame](), 0, 0
    for place, row in enumerate(questions.iter_rows(named=True)):
        size = len(msgspec.json.encode(row_of(row, 0, None)))
        if place > start and (place - start == max_rows or filled + size > MAX_ROW_BYTES):
            pages.append(questions[start:place])
            start, filled = place, 0
        filled += size
    return [*pages, questions[start:]]


def page_data(
    questions: pl.DataFrame,
    pairs: Mapping[str, tuple[str, str]],
    pictures: Mapping[str, Picture],
    dataset: str,
) -> Markup:
    """The JSON of a page, hidden characters seen; `dataset` is its name for people."""
    numbers: dict[Picture, int] = {}
    rows = []
    for row in questions.iter_rows(named=True):
        unseen = Picture("", row["width"] or 4, row["height"] or 3)
        number = numbers.setdefault(pictures.get(row["image_id"], unseen), len(numbers))
        rows.append(_seen(row_of(row, number, pairs.get(row["question_id"]))))
    data = {
        "dataset": visible(dataset),
        "objectFields": sorted(OBJECT_FIELDS),
        "fields": FIELDS,
        "images": list(numbers),
        "rows": rows,
    }
    return Markup(in_page(data))


def in_page(value: Any) -> str:
    """A value as JSON that no text in it can end."""
    text = msgspec.json.encode(value).decode()
    # In JSON these stand in strings alone; in a page they could end the script's element.
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _seen(value: Any) -> Any:
    """A row's entry with the hidden characters of all its texts seen."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list | tuple):
        return [_seen(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _seen(entry) for key, entry in value.items()}
    return value


def row_of(row: Mapping[str, Any], image: int, pair: tuple[str, str] | None) -> list[Any]:
    """A row of SHOWN in the order of FIELDS."""
    boxes, links = _boxes_and_links(row)
    return [
        row["question_id"],
        image,
        *(row[name] for name in ("category", "level", "rating", "split", "stage", "reason")),
        row["reason_detail"],
        row["question"],
        row["options"],
        row["answer"],
        [_claim(text) for text in row["option_claims"] or ()],
        row["proofs"] and [_proof(entry) for entry in row["proofs"]],
        boxes,
        links,
        row["evidence"],
        _short(row["margin"]),
        *(row[name] for name in ("detail", "writer", "writer_level", "reading", "verdict")),
        *(row[name] for name in ("judge", "votes", "vote_reasons")),
        *(row[name] for name in ("blind_votes", "blind_answered", "predicate")),
        pair,
        row["cost"],
    ]


def _boxes_and_links(row: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    if row["boxes"] is not None:
        boxes = [[box["object_id"], box["label"], box["place"]] for box in row["boxes"]]
        return boxes, [[*link.values()] for link in row["links"]]
    if not row["gold"]:
        return [], []
    scene = msgspec.json.decode(row["gold"])
    return [
        [thing["id"], shown_label(thing["id"]), _place(thing["bbox"], row)]
        for thing in scene["objects"]
    ], [
        [link[key] for key in ("subject", "predicate", "object")] for link in scene["relationships"]
    ]


def _place(corners: Corners, row: Mapping[str, Any]) -> list[int]:
    return place_of_box(corners, row["width"], row["height"])


def _claim(text: str | None) -> Any:
    try:
        return msgspec.json.decode(text or "null")
    except msgspec.DecodeError:
        return text


def _proof(entry: Mapping[str, Any] | None) -> list[Any] | None:
    return [entry["standing"], _short(entry["margin"]), entry["detail"]] if entry else None


def _short(number: float | None) -> float | None:
    return None if number is None else round(number, 2)


def pairs_of(pages: Sequence[pl.DataFrame], files: Sequence[str]) -> dict[str, tuple[str, str]]:
    """For each question of a pair the id of the other one, and the file it is in where that is
    another one."""
    places: dict[str, list[tuple[str, str]]] = {}
    for page, file in zip(pages, files, strict=True):
        of_pairs = page.filter(pl.col("pair_id").is_not_null(), pl.col("split").is_not_null())
        for key, pair_id in of_pairs.select("question_id", "pair_id").iter_rows():
            places.setdefault(pair_id, []).append((key, file))
    found = {}
    for both in places.values():
        for (key, file), (other, other_file) in zip(both, reversed(both), strict=True):
            if key != other:
                found[key] = (other, "" if file == other_file else other_file)
    return found


def pictures_of(
    page: pl.DataFrame, record: Record, store: SourcePhotographs | None, num_workers: int
) -> dict[str, Picture]:
    """The photographs of a page by image id: those of the samples, and others that the `store`
    still has as the build saw them."""
    wanted = set(page["image_id"])
    rows = sum(len(msgspec.json.encode(row_of(row, 0, None))) for row in page.iter_rows(named=True))
    room = min(int((MAX_BYTES - rows) / max(len(wanted), 1) * 3 / 4) - 100, MAX_PICTURE)
    found: dict[str, Picture] = {}
    with ThreadPoolExecutor(num_workers) as pool:
        for source in (_of_samples, _of_store):
            for batch in source(record, wanted - found.keys(), store):
                made = pool.map(partial(_picture, room=room), batch.values())
                found |= {key: one for key, one in zip(batch, made, strict=True) if one}
    return found


def _picture(data: bytes, room: int) -> Picture | None:
    made = shrunk(data, room)
    return made and Picture(data_address(made[0]), *made[1])


def _of_samples(
    record: Record, wanted: Set[str], store: SourcePhotographs | None
) -> Iterator[dict[str, bytes]]:
    """Bytes by image id, some at a time."""
    return photographs_of(record.folder, wanted)


def _of_store(
    record: Record, wanted: Set[str], store: SourcePhotographs | None
) -> Iterator[dict[str, bytes]]:
    """As `_of_samples`, those that a store holds as the build saw them."""
    scenes, facts = record.table("ingest"), record.table("photographs")
    if store is None or scenes is None or facts is None:
        return
    is_wanted = pl.col("image_id").is_in(sorted(wanted))
    names = dict(scenes.filter(is_wanted).select("image_id", "photograph").collect().iter_rows())
    sound = facts.filter(is_wanted, pl.col("sha256").is_not_null()).select("image_id", "sha256")
    for batch in sound.sort("image_id").collect().iter_slices(BATCH):
        digests = dict(batch.iter_rows())
        if store.rows:
            read = dict(store.read_rows(list(digests)))
        else:
            read = {key: store.read(key, names.get(key) or "") or b"" for key in digests}
        yield {key: data for key, data in read.items() if sha256(data).hexdigest() == digests[key]}
