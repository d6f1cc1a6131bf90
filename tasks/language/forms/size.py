"""Size: which of several things is the largest, tallest or widest in the picture."""

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence, Set

from schemas.chat import ReplyForm
from schemas.claim import Category, Dimension, SizeClaim
from schemas.reference import Telling
from tasks.language.form import Form, Names
from tasks.language.grammar import Grammar
from tasks.language.wording import PARTS, listed
from tasks.language.words.names import word_set
from tasks.language.words.phrases import Reading, Words, named
from tasks.language.words.sentences import Sentences, asks_of

GRAMMAR = Grammar(
    PARTS
    | {
        "ask": (
            "{which} {extent} in the {picture}?",
            "{among}, which one {extent} in the {picture}?",
            "in the {picture}, {which} {extent}?",
            "in the {picture}, one of these {extent}. {which_one}?",
            "one of these {extent} in the {picture}. {which_one}?",
            "{name_the_one} that {extent} in the {picture}?",
            "judging by the {picture} only, {which} {extent}?",
            "in the {picture}, the {gap} {extent}. {fits}",
        ),
        "room": ("room", "space"),
        "vertically": ("from top to bottom", "vertically"),
        "horizontally": ("from left to right", "from side to side", "horizontally"),
    }
)
SPANNING: Mapping[Dimension, Sequence[str]] = {
    Dimension.LARGER: (
        "takes up the most {room}",
        "takes up the largest area",
        "covers the largest area",
        "fills the most {room}",
        "occupies the most {room}",
        "appears largest",
    ),
    Dimension.TALLER: (
        "spans the greatest height",
        "has the greatest height",
        "stretches the farthest {vertically}",
        "extends the farthest {vertically}",
        "appears tallest",
    ),
    Dimension.WIDER: (
        "spans the greatest width",
        "has the greatest width",
        "stretches the farthest {horizontally}",
        "extends the farthest {horizontally}",
        "appears widest",
    ),
}
"""Part `extent` of the grammar."""
EXTENTS: Mapping[Dimension, str] = {
    Dimension.LARGER: "takes up the most room in the picture",
    Dimension.TALLER: "spans the greatest height in the picture",
    Dimension.WIDER: "spans the greatest width in the picture",
}
"""The same as statements, for prompts. Only one wording each, so that a model finds its own."""
SIZES: Mapping[str, Set[str]] = {
    Dimension.LARGER: {
        "larger", "largest", "bigger", "biggest", "area", "room", "space", "dominates",
    },
    Dimension.TALLER: {"taller", "tallest", "higher", "highest", "height", "vertically"},
    Dimension.WIDER: {
        "wider", "widest", "broader", "broadest", "width", "breadth", "horizontally",
    },
}  # fmt: skip
"""Words that ask for each extent; a question with words of two cannot be read."""
SPANS = {
    "from top to bottom": "height",
    "from left to right": "width",
    "from side to side": "width",
    **{
        f"{verb} {most} of the": "room"
        for verb in ("takes up", "covers", "fills", "occupies")
        for most in ("more", "most")
    },
}
"""Phrases that mean such a word."""
SMALLEST = word_set(
    "smaller smallest tiniest littlest shorter shortest lower lowest narrower narrowest thinner "
    "thinnest slimmest fewest"
)
"""Words that ask for the opposite."""
REAL_SIZE = re.compile(r"\b(?:real|reality|really|actual|actually|physical|physically|heavi\w+)\b")
"""Words that ask for the size of the things themselves."""
EXTENT = Sentences(
    *asks_of("{extent}"),
    "({open})* {be} {group} [the] {larger} [{noun}]",
    "({open})* does {group} (appear | look | seem) [to be] [the] {larger} [{noun}]",
)
SENTENCES: Mapping[Dimension, Sentences] = {
    dimension: EXTENT.with_parts(
        extent=f"{{seems}} [the] {{larger}} [{{noun}}] [{{rest}}] | {verbs}",
        larger=adjectives,
        far="most | farthest | furthest | farther | further",
        rest="than the (other [one] | rest) | of {these} | of all",
        most="most | more | larger | largest | bigger | biggest | greater | greatest",
    )
    for dimension, adjectives, verbs in (
        (
            Dimension.LARGER,
            "larger | largest | bigger | biggest",
            "(takes | take | takes up | take up | covers | cover | fills | fill | occupies |"
            " occupy | has) [the | a] {most} (room | space | area) [up] |"
            " (takes up | covers | fills | occupies) (more | most) | dominates",
        ),
        (
            Dimension.TALLER,
            "taller | tallest",
            "(spans | has | reaches) [the | a] {most} height | (measures | stretches | extends |"
            " goes) [the] {far} (vertically | from top to bottom)",
        ),
        (
            Dimension.WIDER,
            "wider | widest | broader | broadest",
            "(spans | has) [the | a] {most} (width | breadth) | (measures | stretches | extends |"
            " goes) [the] {far} (horizontally | from left to right |"
            " from side to side)",
        ),
    )
}


class SizeTerms(ReplyForm):
    dimension: Dimension
    largest: str
    others: list[str]


def _sentences(claim: SizeClaim, asks: str) -> Sentences:
    return SENTENCES[claim.dimension]


def _parts(claim: SizeClaim, asks: str) -> tuple[Hashable, Hashable]:
    return (claim.dimension, frozenset((claim.largest, *claim.others))), claim.largest


def _grammar(
    claim: SizeClaim, asks: str, evidence: str, options: Sequence[str], names: Names
) -> Grammar:
    return Grammar({**GRAMMAR.parts, "extent": SPANNING[claim.dimension]})


def _means(claim: SizeClaim, names: Names) -> str:
    group = listed((claim.largest, *claim.others), names)
    return f"of {group}, the {names[claim.largest]} {EXTENTS[claim.dimension]}"


def _wanted(claim: SizeClaim, asks: str, evidence: str, names: Names) -> str:
    return f"which thing {EXTENTS[claim.dimension]}"


def _context(claim: SizeClaim, asks: str, names: Names) -> Sequence[str]:
    return [claim.dimension.value]


def _read_question(asked: Words, claim: SizeClaim, asks: str, answers: Sequence[Words]) -> Reading:
    words = [*asked.words, *(word for span, word in SPANS.items() if span in asked.text)]
    said = named(words, SIZES)
    if SMALLEST & set(words) or REAL_SIZE.search(asked.text):
        return Reading.DIFFERS
    if not said:
        return Reading.UNREAD
    return Reading.READ if said == {claim.dimension.value} else Reading.DIFFERS


def _is_of_plane(claim: SizeClaim) -> bool:
    return True


def _relationships(claim: SizeClaim) -> Iterator[tuple[int, str, int]]:
    predicate = {Dimension.LARGER: "bigger", Dimension.TALLER: "taller"}.get(claim.dimension)
    if predicate:
        yield from ((claim.largest, predicate, other) for other in claim.others)


FORM = Form(
    category=Category.SIZE,
    claim=SizeClaim,
    terms=SizeTerms,
    asks=("largest",),
    asks_for_object=frozenset({"largest"}),
    evens=frozenset({Telling.SIZE}),
    parts=_parts,
    grammar=_grammar,
    means=_means,
    wanted=_wanted,
    context=_context,
    sentences=_sentences,
    read_question=_read_question,
    is_of_plane=_is_of_plane,
    relationships=_relationships,
)
