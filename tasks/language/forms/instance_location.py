"""Instance location: in which of nine equal parts of the picture a thing lies."""

from collections.abc import Hashable, Mapping, Sequence, Set

from schemas.chat import ReplyForm
from schemas.claim import Category, Cell, LocationClaim
from tasks.language.form import PLACE, Form, Names
from tasks.language.wording import filled
from tasks.language.words.names import word_set
from tasks.language.words.phrases import NEGATIONS, Reading, Words, named

WORDINGS = (
    "In which part of the picture is the {object}?",
    "Divide the picture into three rows and three columns: where is the {object}?",
    "Where in the picture can the {object} be found?",
)
CELLS: Mapping[Cell, str] = {
    cell: cell.replace("_", " ").replace("middle center", "center") for cell in Cell
}
# Words that name a row or a column. "Middle" is a row and "center" a column; each is also read as
# the other where that one is not named.
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

ASKS_WITH = word_set(
    "part area region section portion cell grid position location place whereabouts divide "
    "divided dividing into three thirds 3x3 3 x rows columns nine equal parts if were holds hold "
    "contains contain occupy occupies within"
)
"""Words of questions of this category."""


class LocationTerms(ReplyForm):
    object: str
    cell: Cell


def _asks_with(claim: LocationClaim) -> Set[str]:
    return ASKS_WITH


def _parts(claim: LocationClaim, asks: str) -> tuple[Hashable, Hashable]:
    return claim.object, claim.cell


def _wordings(
    claim: LocationClaim, asks: str, evidence: str, options: Sequence[str], names: Names
) -> Sequence[str]:
    return filled(WORDINGS, {"object": names[claim.object]})


def _text(claim: LocationClaim, asks: str, names: Names) -> str:
    return CELLS[claim.cell]


def _means(claim: LocationClaim, names: Names) -> str:
    return f"the {names[claim.object]} is in the {CELLS[claim.cell]} part of the picture"


def _wanted(claim: LocationClaim, asks: str, evidence: str, names: Names) -> str:
    return f"in which part of the picture the {names[claim.object]} is"


def _context(claim: LocationClaim, asks: str, names: Names) -> Sequence[str]:
    return [names[claim.object]]


def _read_question(
    asked: Words, claim: LocationClaim, asks: str, answers: Sequence[Words]
) -> Reading:
    return Reading.UNREAD if asked.strangers else Reading.READ


def _read_option(words: Words, claim: LocationClaim, asks: str) -> Reading:
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


FORM = Form(
    category=Category.INSTANCE_LOCATION,
    claim=LocationClaim,
    terms=LocationTerms,
    asks=("cell",),
    hides=PLACE,
    parts=_parts,
    wordings=_wordings,
    text=_text,
    means=_means,
    wanted=_wanted,
    context=_context,
    asks_with=_asks_with,
    read_question=_read_question,
    read_option=_read_option,
)
