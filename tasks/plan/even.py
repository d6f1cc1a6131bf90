"""Even: a choice of pairs and of single questions in which no words lean towards an answer.

Questions are taken one after the other, both of a pair at once, within the limits of cells (level
and facet), images and topics. Of the next few that a cell offers, in the order of preference, the
one is taken that best evens out what was taken before (tasks.plan.leaning). Drawing with the right
chances alone (tasks.plan.balance) leaves differences by luck, and a reader of the words learns
them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.plan.choosing import Chooser, Limits, topics_of
from tasks.plan.fair import fair_quotas, lacks_room, shares
from tasks.plan.leaning import Part, Share
from tasks.plan.pairs import Offers
from tasks.plan.quota import Cell, choose
from tasks.plan.reasons import first_of_topic

Mask: TypeAlias = NDArray[np.bool_]
MAX_LEANING = {Share.CELL: 0.2, Share.FAMILY: 0.0, Share.LEVEL: 0.0}
"""Leaning from which on facets, families and levels yield their turn. With less, sizes and
orientations hardly keep their levels; with more, words tell of sizes."""
Unit: TypeAlias = Sequence[int]
"""Rows that are taken together."""


def choose_evenly(offers: Offers, wanted: Mapping[Cell, int], max_per_image: int) -> Mask:
    """Which rows to choose, as a mask: within the limits of tasks.plan.quota.choose, as many rows,
    and at most one of an image and topic. Where the images have no room for all, each category gets
    its share of it."""
    taken = _chosen(offers, wanted, max_per_image)
    if not lacks_room(offers.rows, taken, wanted, max_per_image):
        return taken
    rows = offers.rows.filter(pl.Series(offers.may_be_taken) & first_of_topic(offers.rows))
    fair = fair_quotas(rows, wanted, max_per_image)
    shared = filled_up(offers, _chosen(offers, fair, max_per_image), wanted, max_per_image)
    # Of what comes only in pairs, the quotas may promise more than fits: then it is not fairer.
    return max(taken, shared, key=lambda mask: shares(offers.rows, mask, wanted))


def _chosen(offers: Offers, wanted: Mapping[Cell, int], max_per_image: int) -> Mask:
    """The choice where categories leave nothing to each other: those with few candidates first.
    Pairs that offer all options come first, then those that offer two, then questions of which the
    scene decides the answer, then others. Where words would tell too much, facets yield first, then
    levels.

    Rows come in order of preference, with columns image_id, category, level, facet, topic, offered
    and context.
    """
    limits = Limits(offers.rows, max_per_image)
    units: list[Unit] = []
    for category in _scarce_first(offers.rows, wanted):
        quotas = {level: number for (name, level), number in wanted.items() if name == category}
        part = Part.of(offers, category, quotas)
        pairs = part.paired(), part.paired_in_two()
        for share, most in MAX_LEANING.items():
            for way in (*pairs, part.single()):
                units += Chooser(part, way, limits, share, most).chosen()
        for way in pairs:
            units += Chooser(part, way, limits, Share.CATEGORY, np.inf).chosen()
        units += Chooser(part, part.single(), limits, Share.LEVEL, np.inf).chosen()
    return Filling(offers, topics_of(offers.rows).numbers, wanted, max_per_image).filled(units)


def filled_up(offers: Offers, taken: Mask, wanted: Mapping[Cell, int], max_per_image: int) -> Mask:
    """The rows that are taken already, and as many others as the limits then allow."""
    topics = topics_of(offers.rows).numbers
    units = [[row] for row in np.flatnonzero(taken).tolist()]
    return Filling(offers, topics, wanted, max_per_image).with_units(units)


def _scarce_first(rows: pl.DataFrame, wanted: Mapping[Cell, int]) -> list[str]:
    """Categories with few candidates for each question wanted first: others would use up their
    images."""
    sizes = dict(rows.group_by("category").len().iter_rows())
    numbers: dict[str, int] = {}
    for (category, _), number in wanted.items():
        numbers[category] = numbers.get(category, 0) + number
    found = [category for category, number in numbers.items() if number and category in sizes]
    return sorted(found, key=lambda category: (sizes[category] / numbers[category], category))


@dataclass(frozen=True)
class Filling:
    """What is taken besides the units that were chosen. `topics` numbers the image and topic of
    each row."""

    offers: Offers
    topics: NDArray[np.int64]
    wanted: Mapping[Cell, int]
    max_per_image: int

    def filled(self, units: Sequence[Unit]) -> Mask:
        """The units, and what else the limits allow. Where fewer rows came of it than without any
        unit, the latest units are given up until there are as many."""
        most = sum(self.wanted.values())
        taken = self.with_units(units)
        if taken.sum() < most:
            most = int(self.with_units([]).sum())
        kept = len(units)
        while taken.sum() < most:
            kept //= 2
            taken = self.with_units(units[:kept])
        return taken

    def with_units(self, units: Sequence[Unit]) -> Mask:
        rows = self.offers.rows
        taken = np.zeros(rows.height, dtype=bool)
        taken[[row for unit in units for row in unit]] = True
        wanted = _levelled(rows.filter(pl.Series(taken)), self.wanted)
        used = np.zeros(self.topics.max(initial=-1) + 1, dtype=bool)
        used[self.topics[taken]] = True
        # A taken row comes first of its topic, and of the others the preferred one, with all of
        # its options: two of them only make a pair.
        is_first = np.zeros(rows.height, dtype=bool)
        is_first[np.unique(self.topics, return_index=True)[1]] = True
        may_be_taken = is_first & ~used[self.topics] & self.offers.may_be_alone
        offered = np.flatnonzero(taken | may_be_taken)
        limited = rows.select("image_id", "category", "level")[offered]
        chosen = choose(limited, wanted, self.max_per_image, taken[offered])
        taken[offered] = chosen.to_numpy()
        return taken


def _levelled(taken: pl.DataFrame, wanted: Mapping[Cell, int]) -> Mapping[Cell, int]:
    """The quotas, of which those of a category's levels that lack most give to those of which more
    was taken."""
    have = {
        (category, level): number
        for category, level, number in taken.group_by("category", "level").len().iter_rows()
    }
    levelled = {cell: max(number, have.get(cell, 0)) for cell, number in wanted.items()}
    for over in (cell for cell in wanted if levelled[cell] > wanted[cell]):
        for _ in range(levelled[over] - wanted[over]):
            same = [cell for cell in wanted if cell[0] == over[0]]
            lacking = max(same, key=lambda cell: levelled[cell] - have.get(cell, 0))
            levelled[lacking] -= 1
    return levelled
