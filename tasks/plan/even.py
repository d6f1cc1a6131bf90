"""Even: a choice of pairs and of single questions in which no words lean towards an answer.

Questions are taken one after the other, both of a pair at once, within the limits of cells (level
and facet), images and topics. Of the next few that a cell offers, in the order of preference, the
one is taken that best evens out what was taken before: for every feature of the options (the text
of one, alone or with a word of the question or with another option), right options should be as
many as chance expects. Drawing with the right chances alone (tasks.plan.balance) leaves differences
by luck, and a reader of the words learns them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.question import UNDECIDED
from tasks.plan.balance import cells_of, option_words
from tasks.plan.quota import Cell, choose

Floats: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
WINDOW = 64
"""Questions of which the one is taken that evens out most."""
MAX_LEANING = 1.0
"""Leaning from which on facets yield their turn: with less, they hardly get one; with more, words
tell of relations."""
PRIOR = 2.0
"""Right options, added to those that a feature expects: rare features tell a reader little."""


def choose_evenly(
    rows: pl.DataFrame, mates: Places, wanted: Mapping[Cell, int], max_per_image: int
) -> Mask:
    """Which rows to choose, as a mask: within the limits of tasks.plan.quota.choose, as many rows,
    and at most one of an image and topic. Whole pairs come first, then questions of which the scene
    decides the answer, then others; `mates` holds the place of each row's counterpart, or -1.

    Rows come in order of preference, with columns image_id, category, level, facet, topic, offered
    and context.
    """
    limits = Limits.of(rows, max_per_image)
    units: list[list[int]] = []
    for category in _scarce_first(rows, wanted):
        quotas = {level: number for (name, level), number in wanted.items() if name == category}
        part = Part.of(rows, category, quotas)
        own = part.place[mates[part.rows]]
        own[mates[part.rows] < 0] = -1
        for is_strict in (True, False):
            for is_paired in (True, False):
                chooser = Chooser(part, own, limits, is_paired=is_paired, is_strict=is_strict)
                units += chooser.chosen()
    return _filled(rows, units, limits, wanted, max_per_image)


def _scarce_first(rows: pl.DataFrame, wanted: Mapping[Cell, int]) -> list[str]:
    """Categories with few candidates for each question wanted first: others would use up their
    images."""
    sizes = dict(rows.group_by("category").len().iter_rows())
    numbers: dict[str, int] = {}
    for (category, _), number in wanted.items():
        numbers[category] = numbers.get(category, 0) + number
    found = [category for category, number in numbers.items() if number and category in sizes]
    return sorted(found, key=lambda category: (sizes[category] / numbers[category], category))


def _filled(
    rows: pl.DataFrame,
    units: Sequence[Sequence[int]],
    limits: "Limits",
    wanted: Mapping[Cell, int],
    max_per_image: int,
) -> Mask:
    """The units, and what else the limits allow. Where fewer rows came of it than without any unit,
    the latest units are given up until there are as many."""
    most = sum(wanted.values())
    taken = _with_units(rows, units, limits, wanted, max_per_image)
    if taken.sum() < most:
        most = int(_with_units(rows, [], limits, wanted, max_per_image).sum())
    kept = len(units)
    while taken.sum() < most:
        kept //= 2
        taken = _with_units(rows, units[:kept], limits, wanted, max_per_image)
    return taken


def _with_units(
    rows: pl.DataFrame,
    units: Sequence[Sequence[int]],
    limits: "Limits",
    wanted: Mapping[Cell, int],
    max_per_image: int,
) -> Mask:
    taken = np.zeros(rows.height, dtype=bool)
    taken[[row for unit in units for row in unit]] = True
    used = np.zeros(len(limits.used), dtype=bool)
    used[limits.topics[taken]] = True
    # A taken row comes first of its topic, and of the others the preferred one.
    is_first = np.zeros(rows.height, dtype=bool)
    is_first[np.unique(limits.topics, return_index=True)[1]] = True
    offered = np.flatnonzero(taken | (is_first & ~used[limits.topics]))
    chosen = choose(rows[offered], wanted, max_per_image, taken[offered])
    taken[offered] = chosen.to_numpy()
    return taken


@dataclass
class Limits:
    """What all categories share: the image and the topic of each row, as numbers, how many more
    questions each image may have, and which topics are used."""

    images: Places
    topics: Places
    room: Places
    used: Mask

    @classmethod
    def of(cls, rows: pl.DataFrame, max_per_image: int) -> "Limits":
        numbered = rows.select(
            image=pl.col("image_id").rank("dense").cast(pl.Int64) - 1,
            topic=pl.struct("image_id", "topic").rank("dense").cast(pl.Int64) - 1,
        )
        images, topics = (column.to_numpy() for column in numbered)
        room = np.full(images.max(initial=-1) + 1, max_per_image)
        return cls(images, topics, room, np.zeros(topics.max(initial=-1) + 1, dtype=bool))

    def allow(self, rows: Places) -> Mask:
        allowed: Mask = (self.room[self.images[rows]] > 0) & ~self.used[self.topics[rows]]
        return allowed

    def take(self, row: int) -> None:
        self.room[self.images[row]] -= 1
        self.used[self.topics[row]] = True


@dataclass
class Part:
    """The decided rows of one category: `rows` are their places in the table, and `place` the other
    way round. `cells` numbers the cell of each row, `levels` the level of each cell. `need` is how
    many more questions a cell should have, `quota` how many more a level may have.

    `features` are those of the options of each row: of the features of column c, a row of the kind
    k adds `counts[k, c]` to the `excess` of right options, and `chance[k, c]` to the `expected`
    ones."""

    rows: Places
    place: Places
    cells: Places
    levels: Places
    need: Floats
    quota: Places
    features: Places
    kinds: Places
    counts: Floats
    chance: Floats
    excess: Floats
    expected: Floats

    @classmethod
    def of(cls, rows: pl.DataFrame, category: str, quotas: Mapping[str, int]) -> "Part":
        is_decided = ~pl.col("facet").str.starts_with(UNDECIDED)
        part = rows.with_row_index("row").filter(
            is_decided,
            pl.col("category") == category,
            pl.col("offered").list.len() > 1,
            pl.col("level").is_in(list(quotas)),
        )
        numbers = part["row"].to_numpy().astype(np.int64)
        place = np.full(rows.height, -1)
        place[numbers] = np.arange(len(numbers))
        cells, levels, need = cells_of(part, quotas)
        names = list(quotas)
        features, kinds, counts, chance = features_of(part)
        size = int(features.max(initial=-1)) + 1
        return cls(
            rows=numbers,
            place=place,
            cells=cells,
            levels=np.array([names.index(level) for level in levels], dtype=np.int64),
            need=need,
            quota=np.array(list(quotas.values())),
            features=features,
            kinds=kinds,
            counts=counts,
            chance=chance,
            excess=np.zeros(size),
            expected=np.zeros(size),
        )

    def leaning(self, rows: Places) -> Floats:
        """How far each row leans to where what was taken leans already; negative where it evens
        that out."""
        features, counts = self.features[rows], self.counts[self.kinds[rows]]
        told = self.excess[features] / (self.expected[features] + PRIOR)
        found: Floats = (told * counts).sum(axis=1)
        return found

    def take(self, row: int) -> None:
        features, kind = self.features[row], self.kinds[row]
        np.add.at(self.excess, features, self.counts[kind])
        np.add.at(self.expected, features, self.chance[kind])
        self.need[self.cells[row]] -= 1
        self.quota[self.levels[self.cells[row]]] -= 1


def features_of(part: pl.DataFrame) -> tuple[Places, Places, Floats, Floats]:
    """`features`, `kinds`, `counts` and `chance` of Part; a kind is a number of options."""
    words, _ = option_words(part)
    width = max((entry.features.shape[1] for entry in words), default=0)
    features = np.full((part.height, width), -1)
    kinds = np.zeros(part.height, dtype=np.int64)
    counts, chance = np.zeros((len(words), width)), np.zeros((len(words), width))
    for kind, entry in enumerate(words):
        used = len(entry.counts)
        features[entry.rows, :used] = entry.features
        kinds[entry.rows] = kind
        counts[kind, :used] = entry.counts
        chance[kind, :used] = -entry.counts.min()
    distinct = np.unique(features, return_inverse=True)[1].reshape(features.shape)
    return distinct, kinds, counts, chance


class Chooser:
    """Takes rows of a part, in the order of preference, with their mates (-1: none). `cells`
    numbers the cell of each row, and `need` is how many rows each may have. Where `is_strict`, a
    cell gets no more once all its next rows lean by more than MAX_LEANING; else cells are levels
    alone, and facets yield to what leans least."""

    def __init__(
        self, part: Part, mates: Places, limits: Limits, *, is_paired: bool, is_strict: bool
    ) -> None:
        self.part, self.limits, self.is_strict = part, limits, is_strict
        self.mates = mates if is_paired else np.full(len(mates), -1)
        self.cells = part.cells if is_strict else part.levels[part.cells]
        self.need = part.need if is_strict else part.quota
        offered = np.flatnonzero(mates >= 0) if is_paired else np.arange(len(mates))
        order = offered[np.argsort(self.cells[offered], kind="stable")]
        ends = np.searchsorted(self.cells[order], np.arange(len(self.need) + 1)).tolist()
        self.lines = [order[start:stop] for start, stop in pairwise(ends)]
        self.starts = [0] * len(self.lines)
        self.windows = [order[:0]] * len(self.lines)

    def chosen(self) -> Iterator[list[int]]:
        """The rows that were taken together, as places in the table."""
        is_open = np.ones(len(self.lines), dtype=bool)
        while is_open.any():
            need = np.where(is_open, self.need, -np.inf)
            cell = int(need.argmax())
            if need[cell] <= 0:
                return
            window = self._window(cell)
            leaning, row = self._most_even(window) if len(window) else (np.inf, -1)
            if leaning == np.inf or (self.is_strict and leaning > MAX_LEANING):
                is_open[cell] = False
                continue
            mate = int(self.mates[row])
            unit = [row] if mate < 0 else [row, mate]
            for one in unit:
                self.part.take(one)
                self.limits.take(int(self.part.rows[one]))
            yield self.part.rows[unit].tolist()

    def _window(self, cell: int) -> Places:
        """The next rows of the cell that may be taken: what may not now never may again."""
        window = self.windows[cell]
        window = window[self._may_be_taken(window)]
        line = self.lines[cell]
        while len(window) < WINDOW and self.starts[cell] < len(line):
            more = line[self.starts[cell] : self.starts[cell] + WINDOW]
            self.starts[cell] += WINDOW
            window = np.concatenate([window, more[self._may_be_taken(more)]])
        self.windows[cell] = window
        return window

    def _may_be_taken(self, rows: Places) -> Mask:
        part, mates = self.part, self.mates[rows]
        levels = part.levels[part.cells[rows]]
        allowed = self.limits.allow(part.rows[rows]) & (part.quota[levels] > 0)
        has_mate = mates >= 0
        if has_mate.any():
            beside = part.levels[part.cells[mates]]
            allowed &= ~has_mate | (
                self.limits.allow(part.rows[mates])
                & (part.quota[beside] > (beside == levels))
                & (self.need[self.cells[mates]] > 0)
            )
        return allowed

    def _most_even(self, rows: Places) -> tuple[float, int]:
        """How far the row of the window that leans least does, and the row."""
        leaning, mates = self.part.leaning(rows), self.mates[rows]
        has_mate = mates >= 0
        leaning[has_mate] += self.part.leaning(mates[has_mate])
        # Rounded, because a sum's last bits differ between machines.
        leaning = leaning.round(6)
        best = int(leaning.argmin())
        return float(leaning[best]), int(rows[best])
