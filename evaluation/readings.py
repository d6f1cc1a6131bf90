"""Readings: what parsers of other people read of a reply, beside ours.

Benchmarks name such parsers (`Benchmark.parsers`), faults included, so that a published score can
be computed again, and what a parser misreads be seen.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import polars as pl

READING = pl.Struct({"parser": pl.String, "parsed": pl.String, "credit": pl.Float64})
OFFICIAL_PARSER = "official_parser"
"""The name of the parser of a benchmark's authors."""
Row = Mapping[str, Any]


class Reading(NamedTuple):
    """What was read, None for nothing, and what it is worth from 0 to 1."""

    parsed: str | None
    credit: float


Parser = Callable[[str, Row], Reading]
"""Reads a reply to an item, a row of ITEM."""


def by_letter(letter_of: Callable[[str], str | None]) -> Parser:
    """A parser for items with options that reads a letter whatever the options are."""

    def read(reply: str, item: Row) -> Reading:
        letter = letter_of(reply)
        return Reading(letter, float(letter == item["answer"]))

    return read
