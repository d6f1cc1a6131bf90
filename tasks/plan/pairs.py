"""Pairs: two questions with the same words and options, about two photographs, with different
right options. Who reads only the words gives both the same answer, and is wrong once.

Both photographs have to be in one split. Only photographs of one side are paired, which will
probably be in one (tasks.plan.groups.is_on_val_side).
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from heapq import heapify, heappop, heappush
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.claim import Category
from tasks.language.forms.table import FORMS

Places: TypeAlias = NDArray[np.int64]
SEPARATOR = "\x1f"
"""Between texts that are joined: no text of a question has it."""


def pair_id_of(one: str, other: str) -> str:
    """The id of a pair, from the ids of its questions in any order."""
    told = SEPARATOR.join(sorted((one, other)))
    return blake2b(told.encode(), digest_size=8).hexdigest()


def words_of(rows: pl.DataFrame) -> pl.Series:
    """What question and options of each row say, as one text, null where nothing is offered: equal
    texts are the same words, whichever option is right. Reads category, evidence, offered and
    context."""
    by_evidence = [category.value for category in Category if FORMS[category].asks_by_evidence]
    evidence = pl.when(pl.col("category").is_in(by_evidence)).then("evidence").otherwise(pl.lit(""))
    lists = (pl.col("context"), pl.col("offered").list.sort())
    parts = [pl.col("category"), evidence, *(texts.list.join(SEPARATOR) for texts in lists)]
    words = pl.concat_str(parts, separator=SEPARATOR)
    return rows.select(words=pl.when(pl.col("offered").list.len() > 1).then(words)).to_series()


def counterparts(rows: pl.DataFrame) -> Places:
    """For each row the place of its counterpart, -1 for none: among rows with the same `words` and
    `side`, as many pairs as there can be of different `photograph` and right option, up to rows
    of one photograph that meet. Earlier rows are paired with earlier ones."""
    found = np.full(rows.height, -1)
    key = ["words", "side"]
    right = pl.col("offered").list.first()
    asked = (
        rows.select(*key, "photograph", right=right)
        .with_row_index("row")
        .filter(pl.col("words").is_not_null())
        .filter(pl.col("right").n_unique().over(key) > 1)
    )
    groups = (
        asked.group_by(*key, "right", maintain_order=True)
        .agg("row")
        .group_by(key, maintain_order=True)
        .agg("row")
    )
    photographs = rows["photograph"].to_list()
    for lines in groups["row"].to_list():
        for one, other in _matched(lines, photographs):
            found[one], found[other] = other, one
    return found


def _matched(lines: Sequence[list[int]], photographs: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Rows of different lines, two at a time and always from the two longest lines, which leaves
    the fewest over. A row whose photograph is that of the other is passed over."""
    lines = [line[::-1] for line in lines]
    longest = [(-len(line), place) for place, line in enumerate(lines)]
    heapify(longest)
    while len(longest) > 1:
        (_, first), (_, second) = heappop(longest), heappop(longest)
        one = lines[first].pop()
        line = lines[second]
        for place in range(len(line) - 1, -1, -1):
            if photographs[line[place]] != photographs[one]:
                yield one, line.pop(place)
                break
        for place in (first, second):
            if lines[place]:
                heappush(longest, (-len(lines[place]), place))


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
