"""Fair: quotas where images have no room for all that is wanted.

Categories share the places of the images. Whoever is served first takes them from the others, so
that a source with few images would leave whole categories empty. Here each category gets the same
share of what it wants, and where one cannot use more, the others get the rest.
"""

from collections.abc import Mapping
from heapq import heapify, heappop, heappush

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.plan.quota import Cell, apportion


def fair_quotas(
    rows: pl.DataFrame, wanted: Mapping[Cell, int], max_per_image: int
) -> dict[Cell, int]:
    """What is wanted of each category and level, less where these rows do not suffice for all; in
    all as many as can be taken. Rows have columns image_id and category."""
    wishes = _by_category(wanted)
    names = list(wishes)
    found = dict.fromkeys(names, 0)
    places = Places(_candidates(rows, names), max_per_image)
    line = [(0.0, number) for number, name in enumerate(names) if wishes[name]]
    heapify(line)
    while line:
        _, number = heappop(line)
        name = names[number]
        if places.take(number):  # else no more of it can be taken, whatever comes
            found[name] += 1
            if found[name] < wishes[name]:
                heappush(line, (found[name] / wishes[name], number))
    return {cell: part for name in names for cell, part in _levels(name, found[name], wanted)}


def lacks_room(
    rows: pl.DataFrame, taken: NDArray[np.bool_], wanted: Mapping[Cell, int], max_per_image: int
) -> bool:
    """Whether a category that lacks rows has others, of images that are full."""
    have = _by_taken(rows, taken)
    rows = rows.select("image_id", "category", taken=pl.Series(taken))
    short = [name for name, number in _by_category(wanted).items() if have.get(name, 0) < number]
    is_full = pl.col("taken").sum().over("image_id") >= max_per_image
    is_missed = ~pl.col("taken") & pl.col("category").is_in(short)
    return bool(rows.select((is_full & is_missed).any()).item())


def shares(rows: pl.DataFrame, taken: NDArray[np.bool_], wanted: Mapping[Cell, int]) -> list[float]:
    """Of what is wanted of each category the share that is taken, the least first: of two such
    lists the greater one is fairer."""
    have = _by_taken(rows, taken)
    wishes = _by_category(wanted).items()
    return sorted(have.get(name, 0) / number for name, number in wishes if number)


def _by_taken(rows: pl.DataFrame, taken: NDArray[np.bool_]) -> dict[str, int]:
    return dict(rows.filter(pl.Series(taken)).group_by("category").len().iter_rows())


def _by_category(wanted: Mapping[Cell, int]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for (category, _), number in wanted.items():
        numbers[category] = numbers.get(category, 0) + number
    return numbers


def _levels(category: str, number: int, wanted: Mapping[Cell, int]) -> list[tuple[Cell, int]]:
    """A category's number over its levels, as they are wanted."""
    cells = [cell for cell in wanted if cell[0] == category]
    if not number:
        return [(cell, 0) for cell in cells]
    parts = apportion(number, [wanted[cell] for cell in cells])
    return list(zip(cells, parts, strict=True))


def _candidates(rows: pl.DataFrame, categories: list[str]) -> list[list[int]]:
    """How many candidates each image has of each category."""
    counted = rows.group_by("image_id").agg(
        (pl.col("category") == name).sum().alias(str(number))
        for number, name in enumerate(categories)
    )
    return [list(row) for row in counted.drop("image_id").iter_rows()]


class Places:
    """The places of the images, and the categories, by number, that take them. A category may make
    room in an image by taking a place of another one, as in the search for a maximum flow: only how
    many each has is of interest, and that does not depend on the way."""

    def __init__(self, candidates: list[list[int]], max_per_image: int) -> None:
        self._left = candidates
        self._room = [max_per_image] * len(candidates)
        self._categories = range(len(candidates[0]) if candidates else 0)
        self._held = [[0] * len(self._categories) for _ in candidates]
        self._open: list[list[int]] = [
            [image for image, left in enumerate(candidates) if left[one]]
            for one in self._categories
        ]
        """By category the images with a candidate and room, among some that had both."""
        self._yielding: list[list[list[int]]] = [
            [[] for _ in self._categories] for _ in self._categories
        ]
        """By two categories the images in which the first has a candidate for a place of the
        second, among some where it had."""

    def take(self, category: int) -> bool:
        """Whether there is one more place for a category, which is then taken."""
        came: dict[int, tuple[int, int]] = {}
        line = [category] if category in self._categories else []
        for one in line:
            if (image := self._find_open(one)) is not None:
                self._room[image] -= 1
                self._shift(one, image, came)
                return True
            for other in self._categories:
                if other not in line and (image := self._find_yielding(one, other)) is not None:
                    came[other] = one, image
                    line.append(other)
        return False

    def _find_open(self, one: int) -> int | None:
        images = self._open[one]
        while images and not (self._room[images[-1]] and self._left[images[-1]][one]):
            images.pop()
        return images[-1] if images else None

    def _find_yielding(self, one: int, other: int) -> int | None:
        images = self._yielding[one][other]
        while images and not (self._left[images[-1]][one] and self._held[images[-1]][other]):
            images.pop()
        return images[-1] if images else None

    def _shift(self, last: int, image: int, came: Mapping[int, tuple[int, int]]) -> None:
        """The last category takes a place in an image; each before it takes one of the next."""
        self._hold(last, image)
        while last in came:
            earlier, image = came[last]
            self._yield(last, image)
            self._hold(earlier, image)
            last = earlier

    def _hold(self, category: int, image: int) -> None:
        left, held = self._left[image], self._held[image]
        left[category] -= 1
        held[category] += 1
        if held[category] == 1:
            for one in self._categories:
                if left[one]:
                    self._yielding[one][category].append(image)

    def _yield(self, category: int, image: int) -> None:
        """In an image without room: else the place would have been taken there."""
        left, held = self._left[image], self._held[image]
        left[category] += 1
        held[category] -= 1
        if left[category] == 1:
            for other in self._categories:
                if held[other]:
                    self._yielding[category][other].append(image)
