"""Constants: repliers who give one answer to every item, for the constant baseline."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from schemas.benchmark import AnswerKind

MOST_FREQUENT = 8
"""Number of texts that are tried; each costs one more evaluation of all metrics. By accuracy the
most frequent text is best; the others are for rules that reward a near miss, as of counts."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a replier says of every item, in their order: whether it is right, and the letter or
    text, null where that does not matter."""

    right: pl.Series
    answer: pl.Series


NUM_NUMBERS = 4
"""Numbers that are tried with each letter."""
Constants = Callable[[pl.DataFrame], Iterator[Said]]
"""Repliers for the items of one benchmark (rows of ITEM)."""


def silence(items: pl.DataFrame) -> Iterator[Said]:
    """Says nothing, which is right nowhere."""
    yield Said(pl.Series([False] * items.height), pl.Series([None] * items.height, dtype=pl.String))


def letters(items: pl.DataFrame) -> Iterator[Said]:
    """The same letter everywhere."""
    found = items["options"].explode().struct.field("letter").drop_nulls().unique().sort()
    for letter in found:
        yield _everywhere(items, letter)


def texts(items: pl.DataFrame) -> Iterator[Said]:
    """One of the most frequent answers to the items that ask for a text."""
    asked = items.filter(pl.col("kind") == AnswerKind.TEXT.value)
    for text in _frequent(asked["answer"]):
        yield _everywhere(items, text)


def letters_and_numbers(items: pl.DataFrame) -> Iterator[Said]:
    """The same letter to every item with options, and the same number to every one that asks for a
    number: one of those that divide the true ones into parts of equal size."""
    is_number = pl.Series(items["kind"] == AnswerKind.NUMBER.value)
    true = items.filter(is_number)["answer"].cast(pl.Float64)
    shares = [(2 * place + 1) / (2 * NUM_NUMBERS) for place in range(NUM_NUMBERS)]
    numbers = sorted({float(true.quantile(share, "nearest") or 0.0) for share in shares})
    for by_letter in letters(items):
        for number in numbers:
            answer = pl.Series([str(number)] * items.height, dtype=pl.String)
            yield Said(by_letter.right, answer.zip_with(is_number, by_letter.answer))


def words(items: pl.DataFrame) -> Iterator[Said]:
    """One word at any letter, for items with two options, such as yes and no in either order."""
    found = []
    for options, answer in items.select("options", "answer").iter_rows():
        by_letter = {option["letter"]: option["text"].lower() for option in options}
        found.append(by_letter.get(answer) if len(by_letter) == 2 else None)
    right = pl.Series(found, dtype=pl.String)
    for word in _frequent(right):
        nothing = pl.Series([None] * items.height, dtype=pl.String)
        yield Said(right.eq_missing(word), nothing)


def _everywhere(items: pl.DataFrame, answer: str) -> Said:
    return Said(items["answer"] == answer, pl.Series([answer] * items.height, dtype=pl.String))


def _frequent(found: pl.Series) -> list[str]:
    counts = found.drop_nulls().alias("text").value_counts()
    ranked = counts.sort("count", "text", descending=[True, False])
    return ranked["text"].head(MOST_FREQUENT).to_list()
