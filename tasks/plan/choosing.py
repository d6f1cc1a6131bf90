"""Choosing: the next question, or pair, of a category, which evens out what was taken before."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.plan.leaning import Part, Share, Way

Floats: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
WINDOW, MAX_WINDOW = 64, 1024
"""Questions of which the one is taken that evens out most: more of them where all of these lean."""


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


class Chooser:
    """Takes rows of a part in one way, in the order of preference: of the line of `share` that has
    most left, and within that budget and those of all larger shares. A line gets no more once all
    its next MAX_WINDOW rows lean by more than `max_leaning`."""

    def __init__(
        self, part: Part, way: Way, limits: Limits, share: Share, max_leaning: float
    ) -> None:
        self.part, self.limits, self.mates, self.max_leaning = part, limits, way.mates, max_leaning
        self.budget = part.budgets[share]
        shares = list(part.budgets)
        self.budgets = [part.budgets[wider] for wider in shares[shares.index(share) :]]
        line = self.budget.line[way.rows]
        order = way.rows[np.argsort(line, kind="stable")]
        ends = np.searchsorted(
            self.budget.line[order], np.arange(len(self.budget.left) + 1)
        ).tolist()
        self.lines = [order[start:stop] for start, stop in pairwise(ends)]
        self.starts = [0] * len(self.lines)
        self.windows = [order[:0]] * len(self.lines)
        self.sizes = [WINDOW] * len(self.lines)

    def chosen(self) -> Iterator[list[int]]:
        """The rows that were taken together, as places in the table."""
        is_open = np.ones(len(self.lines), dtype=bool)
        while is_open.any():
            left = np.where(is_open, self.budget.left, -np.inf)
            line = int(left.argmax())
            if left[line] <= 0:
                return
            window = self._window(line)
            leaning, row = self._most_even(window) if len(window) else (np.inf, -1)
            if not len(window) or leaning > self.max_leaning:
                is_open[line] = self._widen(line)
                continue
            mate = int(self.mates[row])
            unit = [row] if mate < 0 else [row, mate]
            for one in unit:
                self.part.take(one)
                self.limits.take(int(self.part.rows[one]))
            yield self.part.rows[unit].tolist()

    def _widen(self, number: int) -> bool:
        """Whether the window of a line can be larger."""
        can_grow = self.starts[number] < len(self.lines[number])
        if not can_grow or self.sizes[number] >= MAX_WINDOW:
            return False
        self.sizes[number] *= 2
        return True

    def _window(self, number: int) -> Places:
        """The next rows of the line that may be taken: what may not now never may again."""
        window = self.windows[number]
        window = window[self._may_be_taken(window)]
        line = self.lines[number]
        while len(window) < self.sizes[number] and self.starts[number] < len(line):
            more = line[self.starts[number] : self.starts[number] + WINDOW]
            self.starts[number] += WINDOW
            window = np.concatenate([window, more[self._may_be_taken(more)]])
        self.windows[number] = window
        return window

    def _may_be_taken(self, rows: Places) -> Mask:
        mates = self.mates[rows]
        has_mate = mates >= 0
        beside = np.where(has_mate, mates, rows)
        allowed = self.limits.allow(self.part.rows[rows])
        allowed &= ~has_mate | self.limits.allow(self.part.rows[beside])
        for line, left in self.budgets:
            own, other = line[rows], line[beside]
            allowed &= (left[own] > 0) & (left[other] > has_mate * (own == other))
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
