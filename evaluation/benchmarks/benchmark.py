"""A benchmark: what it is, where its rows are, and how one of them becomes an item."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from schemas.benchmark import AnswerKind

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """An `item_id` that is empty is made of the item's place in its subset (`with_ids`); `options`
    are texts in order, A first; `images`, and `pictures` by name of the fact that
    names their digest, are what the row has for a picture: bytes, `{"bytes", "path"}`, base64, an
    address, a file's name, or a list of these."""

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
    pictures: Mapping[str, Any] = field(default_factory=dict)
    image_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a benchmark: a configuration and split of a Hub repository, or the files of it
    that `files`, patterns, name: tables in `tables`, the others beside them."""

    split: str
    config: str | None = None
    subset: str | None = None
    tables: str | None = None
    files: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What tells its files from those of other parts."""
        return tuple(filter(None, (self.config, self.subset))) or (self.split,)


@dataclass(frozen=True, slots=True)
class Source:
    """A Hub repository with a copy of a benchmark. `revision` is the one whose facts are known;
    `lacks` are the subsets that it leaves out; `counts` stand in for the benchmark's."""

    repository: str
    parts: tuple[Part, ...]
    revision: str | None = None
    lacks: tuple[str, ...] = ()
    counts: Mapping[str, tuple[int, ...]] | None = None


Read = Callable[[Row, Part, int], Item | None]
Items = Sequence[Item]


def with_ids(items: Items, form: str = "{subset}-{number}", first: int = 0) -> Items:
    """Items without an id get one of their subset and their place in it, from `first` on."""
    places: Counter[str | None] = Counter()
    found = []
    for item in items:
        name = form.format(subset=item.subset, number=places[item.subset] + first)
        places[item.subset] += 1
        found.append(item if item.item_id else replace(item, item_id=name))
    return found


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`read` makes an item of a row, its part and its place there, None where the row is not the
    benchmark's; it raises ValueError or KeyError where the row is wrong. `counts` are how many
    items a subset (or category, or "" for all) may have; `arrange` makes what needs all items, such
    as pairs, and `check` names what is wrong with all of them together."""

    name: str
    title: str
    licence: str
    sources: tuple[Source, ...]
    read: Read
    counts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    arrange: Callable[[Items], Items] = lambda items: items
    check: Callable[[pl.DataFrame], str | None] = lambda _: None
    flipped: frozenset[str] = frozenset()
    """Ids of items with two options whose published label is known to be the wrong one."""

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.sources[0].parts

    def source(self, name: str | None) -> Source:
        """The first copy, or the one of that name: REPOSITORY, or REPOSITORY:FILE for one file of
        it. In a repository that is not known, parts are called as in the first."""
        if name is None:
            return self.sources[0]
        repository, _, file = name.partition(":")
        known = (source for source in self.sources if source.repository == repository)
        source = next(known, Source(repository, self.parts))
        if not file:
            return source
        return replace(source, parts=(Part("", tables=file),))
