"""Distance: which of several things is nearest to another one in the picture."""

import re
from collections.abc import Hashable, Sequence

from schemas.chat import ReplyForm
from schemas.claim import Category, DistanceClaim
from tasks.language.form import PLACE, Form, Names
from tasks.language.grammar import Grammar
from tasks.language.wording import PARTS, in_same_picture, listed
from tasks.language.words.phrases import VIEWER, Reading, Words
from tasks.language.words.sentences import Sentences, asks_of

GRAMMAR = Grammar(
    PARTS
    | {
        "ask": (
            "measured in the {picture}, {which} is {closest} the {reference}?",
            "{which} is {closest} the {reference}, measured in the {picture}?",
            "{among}, which one is {closest} the {reference}, measured in the {picture}?",
            "measured in the {picture}, one of these is {closest} the {reference}. {which_one}?",
            "{name_the_one} that is {closest} the {reference}, measured in the {picture}?",
            "measured in the {picture}, the {gap} is {closest} the {reference}. {fits}",
        ),
        "closest": ("closest to", "nearest to", "at the shortest distance from"),
    }
)
# Words that ask for the nearest, and words that ask for the opposite.
NEAREST = {"closest", "nearest", "shortest", "closer", "nearer"}
FARTHEST = {"farthest", "furthest", "farther", "further", "longest", "greatest", "distant"}
SENTENCES = Sentences(
    *asks_of("{closest} {a} O"),
    "({open})* {be} {group} ({near}) to {a} O",
    closest="({seems} | lies | sits | stands) [the] [{located}] ({near} [{noun}] [to] | [at | with]"
    " [the] {shortest}) | has the {shortest}",
    shortest="(shortest | shorter) distance (from | to)",
    near="closest | nearest | closer | nearer",
)


class DistanceTerms(ReplyForm):
    reference: str
    nearest: str
    others: list[str]


def _sentences(claim: DistanceClaim, asks: str) -> Sentences:
    return SENTENCES


def _ends(claim: DistanceClaim, names: Names) -> tuple[str | None, str | None]:
    return None, names[claim.reference]


def _parts(claim: DistanceClaim, asks: str) -> tuple[Hashable, Hashable]:
    return (claim.reference, frozenset((claim.nearest, *claim.others))), claim.nearest


def _grammar(
    claim: DistanceClaim, asks: str, evidence: str, options: Sequence[str], names: Names
) -> Grammar:
    return GRAMMAR.filled(reference=in_same_picture(names[claim.reference]))


def _means(claim: DistanceClaim, names: Names) -> str:
    group = listed((claim.nearest, *claim.others), names)
    near, reference = names[claim.nearest], names[claim.reference]
    return f"in the picture, of {group}, the {near} is nearest to the {reference}"


def _wanted(claim: DistanceClaim, asks: str, evidence: str, names: Names) -> str:
    return f"which thing is nearest to the {names[claim.reference]} in the picture"


def _context(claim: DistanceClaim, asks: str, names: Names) -> Sequence[str]:
    return [names[claim.reference]]


def _read_question(
    asked: Words, claim: DistanceClaim, asks: str, answers: Sequence[Words]
) -> Reading:
    words = set(asked.words)
    if words & FARTHEST or re.search(rf"\b(?:to|from) {VIEWER}(?! s)", asked.text):
        return Reading.DIFFERS
    return Reading.READ if words & NEAREST else Reading.UNREAD


def _is_of_plane(claim: DistanceClaim) -> bool:
    return True


FORM = Form(
    category=Category.DISTANCE,
    claim=DistanceClaim,
    terms=DistanceTerms,
    asks=("nearest",),
    asks_for_object=frozenset({"nearest"}),
    hides=PLACE,
    parts=_parts,
    ends=_ends,
    grammar=_grammar,
    means=_means,
    wanted=_wanted,
    context=_context,
    sentences=_sentences,
    read_question=_read_question,
    is_of_plane=_is_of_plane,
)
