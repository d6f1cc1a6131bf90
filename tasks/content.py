"""Contents: what the rows of an artifact say, however it is cut into files and shards."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b, sha256
from itertools import repeat
from math import isfinite
from typing import Any

import polars as pl

ROWS_AT_ONCE = 20_000
"""Rows whose text is held in memory while they are digested: at most some 100 MB."""


@dataclass(frozen=True, slots=True)
class Content:
    """What the rows of an artifact say. Contents of shards add up to that of their stage: `total`
    is the sum of the rows' digests modulo 2**128, so that no cut and no order changes it."""

    kind: str
    num_rows: int
    total: int

    def __add__(self, other: "Content") -> "Content":
        if self.kind != other.kind:
            raise ValueError("the shards of one stage differ in their columns: remove them")
        total = (self.total + other.total) % 2**128
        return Content(self.kind, self.num_rows + other.num_rows, total)

    @property
    def digest(self) -> str:
        text = json.dumps([self.kind, self.num_rows, self.total])
        return sha256(text.encode()).hexdigest()[:16]


def content_of_rows(frame: pl.DataFrame) -> Content:
    kind = sha256(json.dumps([[name, str(kind)] for name, kind in frame.schema.items()]).encode())
    total = sum(map(int.from_bytes, row_digests(frame)))
    return Content(kind.hexdigest()[:16], frame.height, total % 2**128)


def row_digests(frame: pl.DataFrame) -> Iterator[bytes]:
    """Of each row as a JSON line, 16 bytes; bytes count as hexadecimal text. JSON writes every
    float that is not finite as null: where a row has some, they follow its line."""
    texts = frame.with_columns(pl.col(pl.Binary).bin.encode("hex"))
    for part in texts.iter_slices(ROWS_AT_ONCE):
        lines = part.write_ndjson().encode().splitlines()
        for line in map(bytes.__add__, lines, _not_finite(part)):
            yield blake2b(line, digest_size=16).digest()


def _not_finite(frame: pl.DataFrame) -> Iterator[bytes]:
    """Of each row the columns and places of NaN and infinities; empty where it has none."""
    columns = [column for column in frame.get_columns() if _has_not_finite(column)]
    if not columns:
        yield from repeat(b"", frame.height)
        return
    for row in frame.select(column.name for column in columns).iter_rows(named=True):
        places = list(_places_not_finite(row))
        yield json.dumps(places).encode() if places else b""


def _has_not_finite(values: pl.Series) -> bool:
    """Whether there are NaN or infinities at any depth."""
    kind = values.dtype
    if kind.is_float():
        return not values.is_finite().all()
    if isinstance(kind, pl.List | pl.Array):
        return _has_not_finite(values.explode())
    if isinstance(kind, pl.Struct):
        return any(_has_not_finite(field) for field in values.struct.unnest().get_columns())
    return False


def _places_not_finite(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[list[Any]]:
    if isinstance(value, float) and not isfinite(value):
        yield [*place, str(value)]
    elif isinstance(value, dict | list):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for name, entry in entries:
            yield from _places_not_finite(entry, (*place, name))


def content_of_files(digests: Mapping[str, str]) -> Content:
    """The content of a folder, from the digest of each of its files."""
    text = json.dumps(sorted(digests.items()))
    return Content("files", len(digests), int.from_bytes(sha256(text.encode()).digest()[:16]))
