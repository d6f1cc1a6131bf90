"""A benchmark: all that this program knows of it, in one description.

Every file beside this one describes one benchmark in a `BENCHMARK`; registry.py lists them. Nothing
else knows a benchmark by its name: what is special about one is a field or a function here.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from evaluation.benchmarks.published import Figures, Reported
from evaluation.constants import Constants, letters, words
from evaluation.miniatures.scenes import Scenes
from evaluation.reading.option_texts import same_text
from evaluation.readings import Parser
from evaluation.rules import Rule, plain
from schemas.benchmark import AnswerKind

Row = Mapping[str, Any]
Counts = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Item:
    """What becomes a row of ITEM.

    An empty `item_id` is filled in by `with_ids`. `options` are texts in order, A first. `images`
    are shown; `photographs` are not: each is kept under the name of the fact that holds its digest.
    Both hold what the row has for a photograph: bytes, `{"bytes", "path"}`, base64, an address, the
    name of a file, or a list of these. `facts` are what else rules or reports need."""

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
    photographs: Mapping[str, Any] = field(default_factory=dict)
    image_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a benchmark: a split, and perhaps a configuration, of a repository of the Hub,
    or the file `tables` of it; with files beside it that match the patterns `files`."""

    split: str
    config: str | None = None
    subset: str | None = None
    tables: str | None = None
    files: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Words in the names of its files that other parts' files lack."""
        return tuple(filter(None, (self.config, self.subset))) or (self.split,)


@dataclass(frozen=True, slots=True)
class Source:
    """A repository of the Hub with a copy of a benchmark. `revision` is the commit that the facts
    in its file were checked against; `lacks` are the subsets that this copy leaves out; `counts`
    replace the benchmark's."""

    repository: str
    parts: tuple[Part, ...]
    revision: str | None = None
    lacks: tuple[str, ...] = ()
    counts: Counts | None = None


ONLY = Part("test")
"""The one part of a benchmark that lists no source."""
Read = Callable[[Row, Part, int], Item | None]
Items = Sequence[Item]


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """Facts, reader, rules, constant baseline and miniature of one benchmark. What has a default
    is set only where a benchmark differs from it."""

    name: str
    """In configurations, artifacts and tables."""
    title: str
    """In reports."""
    aliases: tuple[str, ...] = ()
    """What other harnesses call it in the names of their files."""
    licence: str
    terms: str = ""
    """What a licence or a gate forbids or leaves open: logged before anything is downloaded."""
    sources: tuple[Source, ...] = ()
    """Copies on the Hub; the first is read unless a configuration names another. Without any, only
    a local copy can be read."""
    counts: Counts = field(default_factory=dict)
    """How many items a whole copy has, by subset or category, "" for all; several numbers where
    copies differ. A copy with another number is refused."""
    published: Figures = field(default_factory=dict)
    """What the paper reports, in percent, by subset (or TOTAL) and model."""
    reported: tuple[Reported, ...] = ()
    """What others report."""

    read: Read
    """The item of a row, its part, and its place there from 0 on; None for a row of another
    benchmark in the same file. Raises ValueError or KeyError where the row is wrong."""
    arrange: Callable[[Items], Items] = lambda items: items
    """The same items in the same order, with what only all of them together show, such as pairs."""
    check: Callable[[pl.DataFrame], str | None] = lambda _: None
    """What is wrong with a whole copy's rows of ITEM, None where nothing is."""
    check_corrected: Callable[[pl.DataFrame], str | None] = lambda _: None
    """The same where known label errors are to be corrected, and only another copy has them so."""
    flipped: frozenset[str] = frozenset()
    """Ids of items with two options whose published label is known to be wrong."""

    official: Rule
    """The authors' rule."""
    paper_compatible: Rule = plain
    """The paper's rule: for most benchmarks the accuracy over all items."""
    facts: tuple[str, ...] = ()
    """The facts of items that the rules read; each is a column of the table that a rule gets."""
    numeric: frozenset[str] = frozenset()
    """Categories whose answers the rules read as numbers (`said_number`, `true_number`)."""
    credit: Callable[[str, str], float] = same_text
    """What a text that was said is worth, given the gold text: from 0 (or false), for a wrong one,
    to 1 (or true). For items of the kind TEXT."""
    parsers: Mapping[str, Parser] = field(default_factory=dict)
    """Parsers of other people by name. The authors' rule counts what each of them reads, too."""
    passes_options: bool = True
    """Whether the paper's evaluation passes the options to its parser. Where it does not, it
    compares the reply with the letter as a text."""
    constants: tuple[Constants, ...] = (letters, words)
    """The constant baseline: repliers that give one answer to every item. The best of them counts.
    Add `texts` where items ask for a text, `letters_and_numbers` where some ask for a number."""

    draw: Callable[[Scenes, Path], None]
    """Writes the miniature into an empty folder: some 6 to 20 items about drawn scenes, in the
    files and columns of the benchmark."""
    is_own: bool = False
    """Whether it is the validation split of a dataset, not somebody else's benchmark. Then its path
    may name a dataset that was published here, means over benchmarks leave it out, its images are
    not on the lists against leakage, and `spatialthinker why` knows its items."""

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.sources[0].parts if self.sources else (ONLY,)

    def source(self, name: str | None) -> Source:
        """The first copy, or the one of that name: REPOSITORY, or REPOSITORY:FILE for one file of
        it. A repository that is not listed must have the parts of the first. ValueError
        where none is named and none is listed."""
        if name is None:
            if not self.sources:
                raise ValueError(f"{self.name} has no copy on the Hub: name a local one in path")
            return self.sources[0]
        repository, _, file = name.partition(":")
        known = (source for source in self.sources if source.repository == repository)
        source = next(known, Source(repository, self.parts))
        if not file:
            return source
        return replace(source, parts=(Part("", tables=file),))


def with_ids(items: Items, form: str = "{subset}-{number}", first: int = 0) -> Items:
    """Items without an id get one of their subset and their place in it, counted from `first`."""
    places: Counter[str | None] = Counter()
    found = []
    for item in items:
        name = form.format(subset=item.subset, number=places[item.subset] + first)
        places[item.subset] += 1
        found.append(item if item.item_id else replace(item, item_id=name))
    return found
