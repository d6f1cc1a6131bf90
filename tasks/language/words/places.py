"""Reading questions on places in the picture."""

from collections.abc import Sequence

from schemas.claim import (
    Claim,
    LocationClaim,
)
from tasks.language.words.phrases import NEGATIONS, Reading, Words, named

ROWS = {
    "top": {"top", "upper", "uppermost"},
    "middle": {"middle"},
    "bottom": {"bottom", "lower", "lowermost"},
}
COLUMNS = {
    "left": {"left", "leftmost"},
    "center": {"center", "centre", "central"},
    "right": {"right", "rightmost"},
}


def question_on_place(asked: Words, claim: Claim, asks: str, answers: Sequence[Words]) -> Reading:
    assert isinstance(claim, LocationClaim)
    return Reading.UNREAD if asked.strangers else Reading.READ


def option_on_place(words: Words, claim: Claim, asks: str) -> Reading:
    assert isinstance(claim, LocationClaim)
    if NEGATIONS & set(words.words):
        return Reading.DIFFERS
    rows, columns = named(words.words, ROWS), named(words.words, COLUMNS)
    if not rows and columns - {"center"} and "center" in columns:
        rows, columns = {"middle"}, columns - {"center"}
    elif not rows and columns == {"center"}:
        rows = {"middle"}
    elif not columns and rows == {"middle"}:
        columns = {"center"}
    elif not columns and rows - {"middle"} and "middle" in rows:
        rows, columns = rows - {"middle"}, {"center"}
    row, column = claim.cell.split("_")
    if (rows and row not in rows) or (columns and column not in columns):
        return Reading.DIFFERS
    is_read = rows == {row} and columns == {column}
    return Reading.READ if is_read and not words.strangers else Reading.UNREAD
