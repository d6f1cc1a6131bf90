"""Instance location: in which of nine equal parts of the picture a thing lies."""

from collections.abc import Hashable, Mapping, Sequence

from schemas.chat import ReplyForm
from schemas.claim import Category, Cell, LocationClaim
from tasks.language.form import PLACE, Form, Names
from tasks.language.grammar import Grammar
from tasks.language.wording import PARTS, in_same_picture
from tasks.language.words.phrases import NEGATIONS, Reading, Words, named
from tasks.language.words.sentences import Sentences

GRAMMAR = Grammar(
    PARTS
    | {
        "ask": (
            "in which {part} of the {picture} is the {object}{located}?",
            "in which {part} of the {picture} can the {object} be {found}?",
            "where in the {picture} is the {object}{located}?",
            "where in the {picture} can the {object} be {found}?",
            "in the {picture}, where is the {object}{located}?",
            "which {part} of the {picture} contains the {object}?",
            "the {object} is in which {part} of the {picture}?",
            "divide the {picture} into {nine}: {where}?",
            "with the {picture} divided into {nine}, {where}?",
            "if the {picture} is divided into {nine}, {where}?",
            "the {object} is in the {gap} {part} of the {picture}. {fits}",
        ),
        "part": ("part", "region", "area", "section"),
        "located": ("", " located"),
        "nine": ("three rows and three columns", "nine equal parts", "a 3x3 grid"),
        "where": ("where is the {object}", "in which part is the {object}"),
    }
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
SENTENCES = Sentences(
    "{begin} in {part} {is_it}",
    "{begin} {part} {is_it} in",
    "{begin} {part} (would contain | contains | contain | holds | hold | shows | show | has |"
    " includes) {a} S",
    "{begin} {part} does {a} S (occupy | appear in | lie in)",
    "{begin} where [exactly] {is_it}",
    "{begin} {a} S {be} [{located}] (in {part} | where)",
    "{begin} {a} S {be} [{located}] in the ___ {cell}",
    begin="({open} | {grid})*",
    is_it="({be} {a} S [{located}] | does {a} S (appear | lie) | (can | could) {a} S be (found |"
    " seen) | (can | could | do | would) (you | we) (see | find | spot)"
    " {a} S) [here]",
    part="(which | what) [one] ({cell} | of (the | these) [nine] [equal] ({cell} | X))",
    cell="part | parts | region | regions | area | areas | section | sections | portion | cell |"
    " cells",
    grid="(divide | dividing | with | if | when) [is | were | was] [it] [divided] into"
    " (three rows and three columns | [a] (3x3 | 3 x 3 | three by three) grid |"
    " nine [equal] {cell} | thirds)",
)


class LocationTerms(ReplyForm):
    object: str
    cell: Cell


def _sentences(claim: LocationClaim, asks: str) -> Sentences:
    return SENTENCES


def _ends(claim: LocationClaim, names: Names) -> tuple[str | None, str | None]:
    return names[claim.object], None


def _parts(claim: LocationClaim, asks: str) -> tuple[Hashable, Hashable]:
    return claim.object, claim.cell


def _grammar(
    claim: LocationClaim, asks: str, evidence: str, options: Sequence[str], names: Names
) -> Grammar:
    return GRAMMAR.filled(object=in_same_picture(names[claim.object]))


def _with_article(option: str) -> str:
    return f"the {option}"


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
    return Reading.READ


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
    ends=_ends,
    grammar=_grammar,
    text=_text,
    manners=(str, _with_article),
    means=_means,
    wanted=_wanted,
    context=_context,
    sentences=_sentences,
    read_question=_read_question,
    read_option=_read_option,
)
