"""Decoding: the records of images and their parts; what cannot be read is noted in the ledger."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec
import polars as pl
from msgspec import Struct

from schemas.ledger import lost, repaired
from tasks.sources.files import UNREADABLE, decode_parts, decode_without, problem_in
from tasks.sources.visual_genome.records import (
    DISPENSABLE,
    SHAPES,
    Attributes,
    Object,
    Relationship,
)

S = TypeVar("S", bound=Struct)


def records_of(
    role: str, index: pl.DataFrame, buffers: Sequence[memoryview]
) -> list[tuple[int, memoryview | None]]:
    spans = index.select("image_id", f"{role}_file", f"{role}_start", f"{role}_stop").iter_rows()
    return [
        (image_id, None if file is None else buffers[file][start:stop])
        for image_id, file, start, stop in spans
    ]


def read_role(
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
        for number, raw in records_of(role, index, buffers):
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
            read.append(decoded(entry, decoder, part, image_id, item, ledger))
        except UNREADABLE as error:
            ledger.append(lost(image_id, item, f"{role}-unreadable", problem_in(error)))
    return whole(read)


def decoded(
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
        # A record of attributes alone says nothing without them; objects have names or a name, and
        # the ends of relationships an id.
        needed = {"attributes"} if shape is Attributes else set()
        spare = {"name", "names"} if shape in (Object, Relationship) else set()
        record, problems = decode_without(raw, shape, DISPENSABLE - needed | spare)
        if isinstance(record, Object) and "names" in dict(problems) and not record.name:
            raise
        ledger += [
            repaired(image_id, f"{item}.{name}", "field-unreadable", problem)
            for name, problem in problems
        ]
        return record
