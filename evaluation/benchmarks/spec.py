"""Specs: what a benchmark is, and how one of its rows becomes an item."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from schemas.benchmark import AnswerKind

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """`options` are texts in order, A first; `images` are what the row has for a picture: bytes,
    `{"bytes", "path"}`, base64, an address, or a file's name."""

    item_id: str
    question: str
    answer: str
    images: tuple[Any, ...]
    options: tuple[str, ...] = ()
    kind: AnswerKind = AnswerKind.CHOICE
    subset: str | None = None
    category: str | None = None
    group: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    image_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a benchmark: a configuration and split of its Hub repository. `num_rows` is how
    many rows it has, None where no source says."""

    split: str
    config: str | None = None
    subset: str | None = None
    num_rows: int | None = None

    @property
    def key(self) -> str:
        """What names its files in a local copy."""
        return self.config or self.split


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`read` makes an item of a row, its part and its place there, and raises ValueError or
    KeyError where it cannot; `columns` are those that every known copy has; `check` names what is
    wrong with all items together; `revision` is the one whose facts these are, where one is known.
    """

    name: str
    title: str
    repository: str
    licence: str
    parts: tuple[Part, ...]
    columns: tuple[str, ...]
    read: Callable[[Row, Part, int], Item]
    revision: str | None = None
    check: Callable[[pl.DataFrame], str | None] = lambda _: None
    flipped: frozenset[str] = frozenset()
    """Ids of items with two options whose published label is known to be the wrong one."""
