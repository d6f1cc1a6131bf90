"""Leaning: how far the words of a question, beside those already taken, give its answer away.

For every feature of the options (the text of one, alone or with a word of the question or with
another option), right options should be as many as chance expects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.question import UNDECIDED
from tasks.plan.balance import cells_of
from tasks.plan.option_words import AT_ONCE, option_words
from tasks.plan.pairs import Offers

Floats: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
MAX_FAMILY_SHARE = 0.25
"""Of a level's questions that are of one family of facets, as long as those of others suffice."""
PRIOR = 2.0
"""Right options, added to those that a feature expects: rare features tell a reader little."""


class Share(Enum):
    """What a number of questions is for: a level and facet, a level and family of facets, a level,
    or the whole category."""

    CELL = auto()
    FAMILY = auto()
    LEVEL = auto()
    CATEGORY = auto()


class Budget(NamedTuple):
    """The line of each row, and of each line how many more may be taken."""

    line: Places
    left: Floats


class Way(NamedTuple):
    """Rows of a part that may be taken, and for each of its rows the place of the one that is taken
    with it, unless they are taken alone."""

    rows: Places
    mates: Places | None


@dataclass
class Part:
    """The decided rows of one category: `rows` are their places in the table, and `place` the other
    way round. `budgets` say how many more may be taken. `mates`, `in_two` and `may_be_alone` are
    those of Offers, in places of the part.

    `features` are those of the options of each row: of the features of column c, a row of the kind
    k adds `counts[k, c]` to the `excess` of right options, and `chance[k, c]` to the `expected`
    ones; `told` is how large the one is beside the other."""

    rows: Places
    place: Places
    budgets: Mapping[Share, Budget]
    mates: Places
    in_two: Mask
    may_be_alone: Mask
    features: NDArray[np.int32]
    kinds: NDArray[np.int8]
    counts: Floats
    chance: Floats
    excess: Floats
    expected: Floats
    told: Floats

    @classmethod
    def of(cls, offers: Offers, category: str, quotas: Mapping[str, int]) -> "Part":
        rows = offers.rows
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
        mates, in_two = offers.mates[numbers], offers.in_two[numbers]
        cells, of_cells, turns = cells_of(part, quotas, ~in_two)
        names = list(quotas)
        level_of_cell = np.array([names.index(name) for name, _ in of_cells], dtype=np.int64)
        limits = np.array(list(quotas.values()), dtype=np.float64)
        families = sorted(set(of_cells))
        family_of_cell = np.array([families.index(one) for one in of_cells], dtype=np.int64)
        # What a family has when all take turns is no more than its share.
        at_least = np.bincount(family_of_cell, turns, len(families))
        most = np.array([MAX_FAMILY_SHARE * quotas[name] for name, _ in families])
        level = level_of_cell[cells]
        features, kinds, counts, chance = features_of(part)
        size = int(features.max(initial=-1)) + 1
        return cls(
            rows=numbers,
            place=place,
            budgets={
                Share.CELL: Budget(cells, turns),
                Share.FAMILY: Budget(family_of_cell[cells], np.maximum(most, at_least)),
                Share.LEVEL: Budget(level, limits),
                Share.CATEGORY: Budget(np.zeros_like(cells), limits.sum(keepdims=True)),
            },
            mates=np.where(mates < 0, -1, place[mates]),
            in_two=in_two,
            may_be_alone=offers.may_be_alone[numbers],
            features=features,
            kinds=kinds,
            counts=counts,
            chance=chance,
            excess=np.zeros(size),
            expected=np.zeros(size),
            told=np.zeros(size),
        )

    def paired(self) -> Way:
        """All options of both questions of a pair."""
        return Way(np.flatnonzero((self.mates >= 0) & ~self.in_two), self.mates)

    def paired_in_two(self) -> Way:
        """Pairs that offer two options."""
        return Way(np.flatnonzero((self.mates >= 0) & self.in_two), self.mates)

    def single(self) -> Way:
        return Way(np.flatnonzero(self.may_be_alone), None)

    def leaning(self, rows: Places) -> Floats:
        """How far each row leans to where what was taken leans already; negative where it evens
        that out."""
        told = self.told.take(self.features.take(rows, axis=0))
        found: Floats = np.einsum("ij,ij->i", told, self.counts.take(self.kinds[rows], axis=0))
        return found

    def take(self, row: int) -> None:
        features, kind = self.features[row], self.kinds[row]
        np.add.at(self.excess, features, self.counts[kind])
        np.add.at(self.expected, features, self.chance[kind])
        self.told[features] = self.excess[features] / (self.expected[features] + PRIOR)
        for budget in self.budgets.values():
            budget.left[budget.line[row]] -= 1


def features_of(
    part: pl.DataFrame, at_once: int = AT_ONCE
) -> tuple[NDArray[np.int32], NDArray[np.int8], Floats, Floats]:
    """`features`, `kinds`, `counts` and `chance` of Part; a kind is a number of options."""
    words = option_words(part)
    found = [
        np.unique(some.features_in_context(batch))
        for some in words
        for batch in some.batches(at_once)
    ]
    known = np.unique(np.concatenate([np.array([-1]), *found]))
    width = max((len(some.counts_in_context) for some in words), default=0)
    features = np.zeros((part.height, width), dtype=np.int32)
    kinds = np.zeros(part.height, dtype=np.int8)
    counts, chance = np.zeros((len(words), width)), np.zeros((len(words), width))
    for kind, some in enumerate(words):
        own = some.counts_in_context
        kinds[some.rows] = kind
        counts[kind, : len(own)] = own
        chance[kind, : len(own)] = -own.min()
        for batch in some.batches(at_once):
            few, places = np.unique(some.features_in_context(batch), return_inverse=True)
            places = np.searchsorted(known, few)[places].reshape(-1, len(own))
            features[some.rows[batch], : len(own)] = places
    return features, kinds, counts, chance
