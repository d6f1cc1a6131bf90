"""Items: rows of a benchmark become rows of ITEM, with their photographs kept and all checked."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from math import isfinite
from typing import Any, NamedTuple

import polars as pl

from evaluation.benchmarks.benchmark import Benchmark, Item
from evaluation.benchmarks.texts import name_pictures
from evaluation.fetching import Fetcher
from evaluation.photographs import (
    PhotographStore,
    Reference,
    cells_of,
    check_photograph,
    photograph_bytes,
)
from evaluation.rows import Place
from schemas.benchmark import ITEM, LETTERS, MASK, AnswerKind
from schemas.columns import frame_of
from schemas.photographs import as_stored

AT_ONCE = 8
"""Threads, in which photographs are fetched, decoded and hashed in parallel."""
WINDOW = 16
"""Rows whose photographs are in memory at a time: two for each thread."""


class Photograph(NamedTuple):
    digest: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Found:
    """An item and its photographs: `images` are shown; `photographs` are not, and have the names
    of facts."""

    item: Item
    index: str
    images: list[Photograph | Reference]
    photographs: Mapping[str, Photograph | Reference]
    place: str


def find_items(
    benchmark: Benchmark,
    parts: Sequence[Iterable[Place]],
    store: PhotographStore,
    fetcher: Fetcher,
    limit: int | None = None,
) -> tuple[list[Item], list[list[Photograph]]]:
    """Items, in order, and the photographs that each shows; `limit` of them, shared out evenly
    among the parts. ValueError names the first row that is wrong."""
    items, photographs = [], []
    by_index: dict[str, Photograph] = {}
    for found in _found(benchmark, parts, store, fetcher, limit):
        images = [_resolved(one, by_index, benchmark, found.place) for one in found.images]
        named = {
            name: _resolved(one, by_index, benchmark, found.place).digest
            for name, one in found.photographs.items()
        }
        by_index.setdefault(found.index, images[0])
        items.append(replace(found.item, facts={**found.item.facts, **named}))
        photographs.append(images)
    return items, photographs


def _resolved(
    photograph: Photograph | Reference,
    by_index: Mapping[str, Photograph],
    benchmark: Benchmark,
    place: str,
) -> Photograph:
    if isinstance(photograph, Photograph):
        return photograph
    if photograph.index not in by_index:
        raise ValueError(
            f"{benchmark.name}: {place}: its photograph {photograph.index!r} is neither a file of "
            "the copy nor an earlier row: get a complete copy"
        )
    return by_index[photograph.index]


def _found(
    benchmark: Benchmark,
    parts: Sequence[Iterable[Place]],
    store: PhotographStore,
    fetcher: Fetcher,
    limit: int | None,
) -> Iterator[Found]:
    def look(place: Place) -> Found | None:
        return find_item(benchmark, place, store, fetcher)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number, places in enumerate(parts):
            wanted = sys.maxsize
            if limit is not None:
                wanted = limit // len(parts) + (number < limit % len(parts))
            rest = _named(benchmark, places)
            while some := list(islice(rest, min(WINDOW, wanted))):
                for found in filter(None, pool.map(look, some)):
                    wanted -= 1
                    yield found


def _named(benchmark: Benchmark, places: Iterable[Place]) -> Iterator[Place]:
    try:
        yield from places
    except ValueError as error:
        raise ValueError(f"{benchmark.name}: {error}") from None


def find_item(
    benchmark: Benchmark, place: Place, store: PhotographStore, fetcher: Fetcher
) -> Found | None:
    """The item of a row with its photographs, None where the row is not the benchmark's. ValueError
    names the row."""

    def keep(value: Any) -> Photograph | Reference:
        data = photograph_bytes(value, place.photographs, fetcher)
        if isinstance(data, Reference):
            return data
        data = as_stored(data)
        size = check_photograph(data)
        return Photograph(store.put(data), *size)

    try:
        item = benchmark.read(place.row, place.part, place.number)
        if item is None:
            return None
        _check_answer(item)
        images = [keep(value) for cell in item.images for value in cells_of(cell)]
        if not images:
            raise ValueError("it has no photograph")
        item = with_pictures_named(item, len(images))
        named = {name: keep(value) for name, value in item.photographs.items()}
        return Found(item, str(place.row.get("index")), images, named, str(place))
    except KeyError as error:
        columns = ", ".join(sorted(map(str, place.row)))[:200]
        raise ValueError(
            f"{benchmark.name}: {place} lacks {error.args[0]}: it has {columns}"
        ) from None
    except (ValueError, TypeError) as error:
        raise ValueError(f"{benchmark.name}: {place}: {error}") from None


def with_pictures_named(item: Item, number: int) -> Item:
    """The item with `<image>` in its question and options replaced by "picture 1" and so on;
    `number` is how many it has. ValueError where there are not as many of both."""
    question, *options = name_pictures([item.question, *item.options], number)
    return replace(item, question=question, options=tuple(options))


def _check_answer(item: Item) -> None:
    if item.kind is AnswerKind.NUMBER and not _is_number(item.answer):
        raise ValueError(f"its answer {item.answer[:40]!r} is not a number")
    if item.kind is not AnswerKind.CHOICE:
        if item.options or not item.answer:
            raise ValueError(f"it asks for a {item.kind.value}, and has options or lacks an answer")
        return
    letters = LETTERS[: len(item.options)]
    if not 2 <= len(item.options) <= len(LETTERS) or not all(item.options):
        raise ValueError(f"it has the options {list(item.options)}, and 2 to 8 are expected")
    if item.answer not in letters:
        raise ValueError(f"its answer {item.answer} is not one of the options {', '.join(letters)}")


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False


def item_rows(
    benchmark: Benchmark,
    items: Sequence[Item],
    photographs: Sequence[Sequence[Photograph]],
    *,
    corrected: bool,
) -> pl.DataFrame:
    """Rows of ITEM. Items without a group share one where their first photographs are equal."""
    rows = []
    for item, images in zip(benchmark.arrange(items), photographs, strict=True):
        answer, first = item.answer, images[0]
        if corrected and item.item_id in benchmark.flipped:
            answer = "B" if answer == "A" else "A"
        options = zip(LETTERS, item.options, strict=False)
        rows.append(
            {
                "benchmark": benchmark.name,
                "item_id": item.item_id,
                "subset": item.subset,
                "category": item.category,
                "question": item.question,
                "options": [{"letter": letter, "text": text} for letter, text in options],
                "kind": item.kind.value,
                "answer": answer,
                "images": [image.digest for image in images],
                "width": first.width,
                "height": first.height,
                "group": item.group or first.digest[:16],
                "facts": [
                    {"name": name, "value": value} for name, value in sorted(item.facts.items())
                ],
                "image_sources": list(item.image_sources),
            }
        )
    return frame_of(rows, ITEM)


def kept_photographs(items: pl.DataFrame) -> list[str]:
    """The digests of all photographs that items need: those that are shown, and masks."""
    facts = items.select(pl.col("facts").explode().struct.unnest()).filter(name=MASK)
    shown = items["images"].explode().drop_nulls()
    return pl.concat([shown, facts["value"]]).unique().sort().to_list()


def problem_of(
    benchmark: Benchmark, items: pl.DataFrame, counts: Mapping[str, tuple[int, ...]] | None
) -> str | None:
    """What is wrong with all items together, None where nothing is. Only with `counts` (how many
    items a whole copy has) are their number and the benchmark's `check` looked at."""
    if items.is_empty():
        return "it has no rows"
    repeated = items.filter(pl.col("item_id").is_duplicated())["item_id"].unique().sort()
    if repeated.len():
        occur = "1 id occurs" if repeated.len() == 1 else f"{repeated.len()} ids occur"
        return f"{occur} more than once, {repeated[0]} among them"
    if counts is None:
        return None
    for name, expected in counts.items():
        of = (pl.col("subset") == name) | (pl.col("category") == name)
        number = items.filter(of.fill_null(False)).height if name else items.height
        if number not in expected:
            known = " or ".join(f"{one:,}" for one in expected)
            return f"it has {number:,} items{f' of {name}' if name else ''}, not {known}"
    return benchmark.check(items)
