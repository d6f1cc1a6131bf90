"""Choosing: the next question, or pair, of a category, which evens out what was taken before."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.plan.leaning import Part, Share, Way

Places: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
WINDOW, MAX_WINDOW = 64, 1024
"""Questions of which the one is taken that evens out most: more of them where all of these lean."""


class Siblings:
    """Which rows are of one group; `numbers` has the group of each row, from 0 on."""

    def __init__(self, numbers: Places) -> None:
        self.numbers = numbers
        self._rows = np.argsort(numbers, kind="stable")
        self._ends = np.cumsum(np.bincount(numbers, minlength=1))

    def __len__(self) -> int:
        return len(self._ends)

    def of(self, row: int) -> Places:
        """The row and its siblings."""
        number = self.numbers[row]
        start = self._ends[number - 1] if number else 0
        return self._rows[start : self._ends[number]]


class Limits:
    """What all categories share: at most so many questions of an image, and one of a topic of it.
    `may_be_taken` tells of each row whether that lets it be taken still."""

    def __init__(self, rows: pl.DataFrame, max_per_image: int) -> None:
        self._images, self._topics = images_of(rows), topics_of(rows)
        self._room = np.full(len(self._images), max_per_image)
        self.may_be_taken = np.full(rows.height, max_per_image > 0)

    def take(self, row: int) -> None:
        self.may_be_taken[self._topics.of(row)] = False
        image = self._images.numbers[row]
        self._room[image] -= 1
        if not self._room[image]:
            self.may_be_taken[self._images.of(row)] = False


def images_of(rows: pl.DataFrame) -> Siblings:
    return Siblings(_numbered(rows, pl.col("image_id")))


def topics_of(rows: pl.DataFrame) -> Siblings:
    return Siblings(_numbered(rows, pl.struct("image_id", "topic")))


def _numbered(rows: pl.DataFrame, by: pl.Expr) -> Places:
    numbers: Places = rows.select(by.rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()
    return numbers


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
            unit = [row] if self.mates is None else [row, int(self.mates[row])]
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
        """Of rows of one line, which have one line of each larger share, too."""
        allowed = self.limits.may_be_taken[self.part.rows[rows]]
        mates = None if self.mates is None else self.mates[rows]
        if mates is not None:
            allowed &= self.limits.may_be_taken[self.part.rows[mates]]
        for line, left in self.budgets if len(rows) else ():
            own = line[rows[0]]
            allowed &= left[own] > 0
            if mates is not None:
                other = line[mates]
                allowed &= left[other] > (other == own)
        return allowed

    def _most_even(self, rows: Places) -> tuple[float, int]:
        """How far the row of the window that leans least does, and the row."""
        leaning = self.part.leaning(rows)
        if self.mates is not None:
            leaning += self.part.leaning(self.mates[rows])
        # Rounded, because a sum's last bits differ between machines.
        leaning = leaning.round(6)
        best = int(leaning.argmin())
        return float(leaning[best]), int(rows[best])
