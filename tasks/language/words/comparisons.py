"""Reading questions that compare: what is larger, nearer to the viewer, nearest to another."""

import re
from collections.abc import Mapping, Sequence, Set

from schemas.claim import (
    Claim,
    Dimension,
    SizeClaim,
)
from tasks.language.words.names import GRAMMAR, spellings, word_set
from tasks.language.words.phrases import NEGATIONS, VIEWER, Reading, Words, named

DEPTHS = {
    "nearer": {"closer", "closest", "nearer", "nearest", "front", "foreground"},
    "farther": {"farther", "farthest", "further", "furthest", "distant", "behind", "background"},
}
SIZES: Mapping[str, Set[str]] = {
    Dimension.LARGER: {
        "larger", "largest", "bigger", "biggest", "area", "room", "space", "dominates",
    },
    Dimension.TALLER: {"taller", "tallest", "higher", "highest", "height", "vertically"},
    Dimension.WIDER: {
        "wider", "widest", "broader", "broadest", "width", "breadth", "horizontally",
    },
}  # fmt: skip
SMALLEST = word_set(
    "smaller smallest tiniest littlest shorter shortest lower lowest narrower narrowest thinner "
    "thinnest slimmest fewest"
)
REAL_SIZE = re.compile(r"\b(?:real|reality|really|actual|actually|physical|physically|heavi\w+)\b")
NEAREST = {"closest", "nearest", "shortest", "closer", "nearer"}
FARTHEST = {"farthest", "furthest", "farther", "further", "longest", "greatest", "distant"}


def option_on_object(words: Words, claim: Claim, asks: str) -> Reading:
    if NEGATIONS & set(words.words):
        return Reading.DIFFERS
    named = {entry.class_name for entry in words.mentions if entry.class_name in words.names}
    return Reading.READ if len(named) < 2 and not words.strangers else Reading.UNREAD


def question_on_depth(asked: Words, claim: Claim, asks: str, answers: Sequence[Words]) -> Reading:
    said = named(asked.words, DEPTHS)
    measured = re.search(
        r"\b(?:to|from) (?:the |a |an )?(\w+)(?! (?:who |that )?(?:\w+ )?(?:taking|took|behind))",
        asked.text,
    )
    if measured and measured[1] not in GRAMMAR and spellings().get((measured[1],)):
        return Reading.DIFFERS
    if not said:
        return Reading.UNREAD
    return Reading.READ if said == {asks} else Reading.DIFFERS


def question_on_size(asked: Words, claim: Claim, asks: str, answers: Sequence[Words]) -> Reading:
    assert isinstance(claim, SizeClaim)
    text = asked.text
    spans = {
        "from top to bottom": "height",
        "from left to right": "width",
        "from side to side": "width",
    }
    words = [*asked.words, *(word for span, word in spans.items() if span in text)]
    said = named(words, SIZES)
    if SMALLEST & set(words) or REAL_SIZE.search(text):
        return Reading.DIFFERS
    if not said:
        return Reading.UNREAD
    return Reading.READ if said == {claim.dimension.value} else Reading.DIFFERS


def question_on_distance(
    asked: Words, claim: Claim, asks: str, answers: Sequence[Words]
) -> Reading:
    words = set(asked.words)
    if words & FARTHEST or re.search(rf"\b(?:to|from) {VIEWER}(?! s)", asked.text):
        return Reading.DIFFERS
    return Reading.READ if words & NEAREST else Reading.UNREAD
