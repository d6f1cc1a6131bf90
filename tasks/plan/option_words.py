"""Option words: of each option of a question its text, alone, with each text that the question says
and with each other option, and with all that the question says, as numbers.

Millions of questions have few different texts and many features: texts are kept as places in one
vocabulary, and features are made for some rows at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]
AT_ONCE = 1 << 16
"""Rows whose features are made at a time: about 20 MB."""
SAYS = ("offered", "all_offered", "context")
"""Columns with lists of texts."""
EMPTY = 0
"""Place of the empty text, which is sorted before all others."""


def with_vocabulary(rows: pl.DataFrame) -> pl.DataFrame:
    """Lists of texts as lists of places in one sorted vocabulary, where they are not so already: in
    four bytes what takes twenty and more."""
    return rows_of([rows.lazy()]) if _texts_of(rows.lazy()) else rows


def rows_of(shards: Sequence[pl.LazyFrame]) -> pl.DataFrame:
    """The rows of all shards, `with_vocabulary`. Their texts are held of one shard at a time."""
    vocabulary = pl.Series([""], dtype=pl.String)
    for shard in shards:
        texts = shard.select(_texts_of(shard)).collect()
        found = (column.explode().drop_nulls().unique() for column in texts)
        vocabulary = pl.concat([vocabulary, *found]).unique()
    places = pl.List(pl.Enum(vocabulary.sort()))
    return pl.concat(
        [shard.with_columns(pl.col(_texts_of(shard)).cast(places)).collect() for shard in shards]
    )


def _texts_of(rows: pl.LazyFrame) -> list[str]:
    schema = rows.collect_schema()
    return [name for name in SAYS if schema.get(name) == pl.List(pl.String)]


@dataclass(frozen=True)
class OptionWords:
    """Questions with the same number of options.

    Attributes:
        rows: their places in the table, shape (n,).
        options: the text of each option, the right one first, shape (n, number of options).
        said: the texts that the question says, the empty one where it says fewer, shape (n, m).
        whole: all that the question says, as one number, shape (n,).
        size: texts in the vocabulary.
    """

    rows: Places
    options: NDArray[np.int32]
    said: NDArray[np.int32]
    whole: NDArray[np.int32]
    size: int

    @property
    def counts(self) -> Floats:
        """How much each column of `features` counts, the same in all rows."""
        return np.repeat(self._of_option, 1 + self.said.shape[1] + self.options.shape[1] - 1)

    @property
    def counts_in_context(self) -> Floats:
        """How much each column of `features_in_context` counts."""
        return np.concatenate([self.counts, self._of_option])

    @property
    def _of_option(self) -> Floats:
        number = self.options.shape[1]
        return np.array([float(place == 0) - 1.0 / number for place in range(number)])

    def features(self, chosen: slice | Places) -> Places:
        """The features of the options of some rows, below size * (1 + 2 * size)."""
        options, said = self.options[chosen].astype(np.int64), self.said[chosen].astype(np.int64)
        columns: list[Places] = []
        for place, option in enumerate(options.T):
            beside = [other for number, other in enumerate(options.T) if number != place]
            columns += [option, *(self.size * (1 + text) + option for text in said.T)]
            columns += [self.size * (1 + self.size + other) + option for other in beside]
        return np.stack(columns, axis=1)

    def features_in_context(self, chosen: slice | Places) -> Places:
        """With a feature for each option beside all that the question says: of a kite and a house,
        no single word tells which is above."""
        before = self.size * (1 + 2 * self.size)
        whole = before * (1 + self.whole[chosen].astype(np.int64)[:, None])
        return np.concatenate([self.features(chosen), whole + self.options[chosen]], axis=1)

    def batches(self, at_once: int = AT_ONCE) -> Iterator[slice]:
        for start in range(0, len(self.rows), at_once):
            yield slice(start, start + at_once)


def option_words(part: pl.DataFrame) -> list[OptionWords]:
    """The questions by their number of options. Reads offered and context."""
    part = with_vocabulary(part)
    offered, context = part["offered"], part["context"]
    texts = np.concatenate([[EMPTY], _places(offered.explode()), _places(context.explode())])
    used = np.unique(texts[texts >= 0])
    numbers, lengths = offered.list.len(), context.list.len().to_numpy()
    said = np.full((part.height, int(lengths.max(initial=0))), EMPTY, dtype=np.int32)
    for place in range(said.shape[1]):
        texts = _places(context.list.get(place, null_on_oob=True))
        said[:, place] = np.searchsorted(used, texts.clip(EMPTY))
    whole = _numbered(lengths, said, len(used))
    words = []
    for number in numbers.unique().sort():
        rows = np.flatnonzero((numbers == number).to_numpy())
        texts = _places(offered.gather(rows).explode())
        options = np.searchsorted(used, texts).astype(np.int32).reshape(-1, number)
        words.append(OptionWords(rows, options, said[rows], whole[rows], len(used)))
    return words


def _places(texts: pl.Series) -> Places:
    """Places in the vocabulary, -1 where there is no text."""
    places: Places = texts.to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    return places


def _numbered(lengths: Places, said: NDArray[np.int32], size: int) -> NDArray[np.int32]:
    """A number for each row, the same where rows say the same texts."""
    numbers = lengths.astype(np.int64)
    for column in said.T:
        numbers = np.unique(numbers * size + column, return_inverse=True)[1]
    return numbers.astype(np.int32)
