"""Pairs: two questions with the same words and options, about two photographs, with different
right options. Who reads only the words gives both the same answer, and is wrong once.

Both photographs have to be in one split. Only photographs of one side are paired, which will
probably be in one (tasks.plan.groups.is_on_val_side).
"""

from collections.abc import Collection, Iterator, Sequence
from hashlib import blake2b
from heapq import heapify, heappop, heappush
from typing import NamedTuple, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.claim import Category
from schemas.mirror import IS_MIRRORED, ORIGINAL
from schemas.question import ONLY_PAIRED
from tasks.language.forms.table import FORMS

Places: TypeAlias = NDArray[np.int64]


ONLY_BESIDE = pl.col("facet").str.ends_with(ONLY_PAIRED) | IS_MIRRORED
"""Rows that are asked only beside a counterpart."""


def pair_id_of(one: str, other: str) -> str:
    """The id of a pair, from the ids of its questions in any order."""
    told = "\x1f".join(sorted((one, other)))
    return blake2b(told.encode(), digest_size=8).hexdigest()


def said_alike(rows: pl.DataFrame) -> pl.Series:
    """What question and options of each row say, as a number, null where nothing is offered: equal
    numbers are the same words, whichever option is right. Reads category, evidence, offered and
    context."""
    by_evidence = [category.value for category in Category if FORMS[category].asks_by_evidence]
    said = ["category", "evidence", "context", "offered"]
    groups = (
        rows.select(
            *("category", "context"),
            evidence=pl.when(pl.col("category").is_in(by_evidence)).then("evidence"),
            offered=pl.col("offered").list.sort(),
        )
        .with_row_index("row")
        .filter(pl.col("offered").list.len() > 1)
        .group_by(said, maintain_order=True)
        .agg("row")
        .with_row_index("words")
        .select("words", "row")
        .explode("row")
    )
    words = np.full(rows.height, -1)
    words[groups["row"].to_numpy()] = groups["words"].to_numpy()
    return pl.Series("words", words).replace(-1, None)


def counterparts(rows: pl.DataFrame, evenly: Collection[str] = ()) -> Places:
    """For each row the place of its counterpart, -1 for none: among rows with the same `words` and
    `side`, as many pairs as there can be of different `photograph` and right option, up to rows
    of one photograph that meet. Earlier rows are paired with earlier ones.

    As many as there can be all have the commonest right option, and to know it is to know half of
    the answers. In the categories `evenly`, which have pairs to spare, the first pairs of some
    words therefore have each option equally often."""
    found = np.full(rows.height, -1)
    key = ["words", "side"]
    right = pl.col("offered").list.first()
    asked = (
        rows.select(*key, "photograph", is_even=pl.col("category").is_in(evenly), right=right)
        .with_row_index("row")
        .filter(pl.col("words").is_not_null())
        .filter(pl.col("right").n_unique().over(key) > 1)
    )
    places, photographs = asked["row"].to_list(), asked["photograph"].to_list()
    is_even = asked["is_even"].to_list()
    for lines in _lines_of(asked):
        for unit in _matched(lines, photographs, is_even=is_even[lines[0][0]]):
            one, other = (places[place] for place in unit)
            found[one], found[other] = other, one
    return found


def beside_mirror_images(rows: pl.DataFrame, mates: Places) -> tuple[pl.DataFrame, Places]:
    """Each row that has no counterpart with the one of its photograph's mirror image that is `said`
    alike; mirror images that are nobody's counterpart are left out."""
    numbered = rows.select(
        "said",
        IS_MIRRORED.alias("is_mirrored"),
        is_free=pl.Series(mates < 0),
        image_id=ORIGINAL,
    ).with_row_index("row")
    if not numbered["is_mirrored"].any():
        return rows.drop("said"), mates
    key = ["said", "image_id"]
    images = numbered.filter("is_mirrored").unique(key, keep="first", maintain_order=True)
    free = numbered.filter("is_free", ~pl.col("is_mirrored")).unique(
        key, keep="first", maintain_order=True
    )
    both = free.join(images, on=key, suffix="_of_image")
    found, other = both["row"].to_numpy(), both["row_of_image"].to_numpy()
    mates = mates.copy()
    mates[found], mates[other] = other, found
    kept = ~numbered["is_mirrored"].to_numpy() | (mates >= 0)
    place = np.cumsum(kept) - 1
    return rows.filter(pl.Series(kept)).drop("said"), np.where(mates < 0, -1, place[mates])[kept]


class Offers(NamedTuple):
    """Rows, and for each the place of its counterpart, -1 for none. Rows that are `in_two` stand
    for an earlier row, of which they offer two options; they are taken with their counterpart or
    not at all."""

    rows: pl.DataFrame
    mates: Places
    in_two: NDArray[np.bool_]

    @property
    def may_be_alone(self) -> NDArray[np.bool_]:
        """Which rows may be taken without a counterpart."""
        only_beside = self.rows.select(ONLY_BESIDE).to_series().to_numpy()
        alone: NDArray[np.bool_] = ~self.in_two & ~only_beside
        return alone

    @property
    def may_be_taken(self) -> NDArray[np.bool_]:
        """Which rows may be taken at all, each once: alone, or beside their counterpart."""
        taken: NDArray[np.bool_] = self.may_be_alone | (~self.in_two & (self.mates >= 0))
        return taken

    @classmethod
    def whole(cls, rows: pl.DataFrame, mates: Places) -> "Offers":
        """All rows offer all of their options."""
        return cls(rows, mates, np.zeros(rows.height, dtype=bool))


def with_pairs_in_two(rows: pl.DataFrame, mates: Places) -> Offers:
    """With further rows for those without a counterpart that have one if both offer only the right
    options of the two. Their `alternative` is the place of the other option among the alternatives
    of the row; it is null in all other rows."""
    two = _offering_two(rows, mates)
    units: list[tuple[int, int]] = []
    met: set[int] = set()
    row_of, photographs = two["row"].to_list(), two["photograph"].to_list()
    for lines in _lines_of(two):
        free = [[place for place in line if row_of[place] not in met] for line in lines]
        for unit in _matched([line for line in free if line], photographs):
            units.append(unit)
            met.update(row_of[place] for place in unit)
    further = two[[place for unit in units for place in unit]]
    offered = rows[further["row"].to_list()].with_columns(further.select("offered", "alternative"))
    start = rows.height
    counterpart_of = [start + (number ^ 1) for number in range(further.height)]
    return Offers(
        pl.concat([rows.with_columns(alternative=pl.lit(None, pl.Int64)), offered]),
        np.concatenate([mates, np.array(counterpart_of, dtype=np.int64)]),
        np.arange(start + further.height) >= start,
    )


def _offering_two(rows: pl.DataFrame, mates: Places) -> pl.DataFrame:
    """Each row without a counterpart as often as it has alternatives, `offered` with the right
    option; `row` is its place. Only those whose words have different answers are kept."""
    offered, right = pl.col("all_offered"), pl.col("all_offered").list.first()
    two = (
        rows.with_row_index("row")
        .filter(pl.Series(mates < 0), offered.list.len() > 2)
        .select(
            *("row", "category", "evidence", "context", "photograph", "side"),
            right=right,
            other=offered.list.slice(1),
            alternative=pl.int_ranges(offered.list.len() - 1, dtype=pl.Int64),
        )
        .explode("other", "alternative")
        .with_columns(offered=pl.concat_list("right", "other"))
    )
    is_open = pl.col("right").n_unique().over("words", "side") > 1
    return two.with_columns(said_alike(two)).filter(is_open)


def _lines_of(asked: pl.DataFrame) -> list[list[list[int]]]:
    """Places by words and side, and within these by right option. The fewest come first: what they
    have in common with others must not be used up by these."""
    groups = (
        asked.with_row_index("place")
        .group_by("words", "side", "right", maintain_order=True)
        .agg("place")
        .group_by("words", "side", maintain_order=True)
        .agg("place")
    )
    lines: list[list[list[int]]] = groups["place"].to_list()
    return sorted(lines, key=lambda group: sum(map(len, group)))


def _matched(
    lines: Sequence[list[int]], photographs: Sequence[str], *, is_even: bool = False
) -> Iterator[tuple[int, int]]:
    """Rows of different lines, two at a time: always from the two longest lines, which leaves the
    fewest over, or, where `is_even`, from the two of which the fewest were taken. A row whose
    photograph is that of the other is passed over."""
    lines = [line[::-1] for line in lines]
    taken = [0] * len(lines)

    def turn(place: int) -> tuple[int, int, int]:
        return taken[place] * is_even, -len(lines[place]), place

    turns = [turn(place) for place in range(len(lines))]
    heapify(turns)
    while len(turns) > 1:
        (*_, first), (*_, second) = heappop(turns), heappop(turns)
        one = lines[first].pop()
        line = lines[second]
        for place in range(len(line) - 1, -1, -1):
            if photographs[line[place]] != photographs[one]:
                yield one, line.pop(place)
                taken[first] += 1
                taken[second] += 1
                break
        for place in (first, second):
            if lines[place]:
                heappush(turns, turn(place))


def whole_pairs(pair_ids: pl.Series) -> Places:
    """For each row the place of the other row with its pair_id, -1 where there is none."""
    found = np.full(len(pair_ids), -1)
    frame = pair_ids.alias("pair_id").to_frame().with_row_index("row").drop_nulls()
    both = frame.group_by("pair_id").agg("row").filter(pl.col("row").list.len() == 2)
    for one, other in both["row"].to_list():
        found[one], found[other] = other, one
    return found


def pair_ids(question_ids: Sequence[str], pairs: Places, taken: NDArray[np.bool_]) -> pl.Series:
    """The pair_id of each row, null where the row or its counterpart is not taken."""
    return pl.Series(
        "pair_id",
        [
            pair_id_of(question_ids[row], question_ids[other])
            if other >= 0 and taken[row] and taken[other]
            else None
            for row, other in enumerate(pairs.tolist())
        ],
        dtype=pl.String,
    )
