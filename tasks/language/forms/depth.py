"""Depth: which of two things is nearer to the viewer, or farther away."""

import re
from collections.abc import Hashable, Iterator, Sequence, Set

from schemas.chat import ReplyForm
from schemas.claim import Category, DepthClaim
from schemas.proof.evidence import Standing
from schemas.reference import Telling
from tasks.language.form import Form, Names
from tasks.language.wording import filled, listed
from tasks.language.words.names import GRAMMAR, spellings, word_set
from tasks.language.words.phrases import Reading, Words, named

NEARER = (
    "Which is closer to the viewer, the {first} or the {second}?",
    "Is it the {first} or the {second} that is nearer to the camera?",
    "Compare the {first} and the {second}: which one is nearer to the viewer?",
)
FARTHER = (
    "Which is farther from the viewer, the {first} or the {second}?",
    "Is it the {first} or the {second} that is farther from the camera?",
    "Compare the {first} and the {second}: which one is farther away from the viewer?",
)
# Annotators do not say from whose side, so these wordings do not, either.
IN_FRONT = (
    "Which is in front of the other, the {first} or the {second}?",
    "Is it the {first} or the {second} that is in front of the other?",
    "Of the {first} and the {second}, which one is in front?",
)
BEHIND = (
    "Which is behind the other, the {first} or the {second}?",
    "Is it the {first} or the {second} that is behind the other?",
    "Of the {first} and the {second}, which one is behind?",
)
DEPTHS = {
    "nearer": {"closer", "closest", "nearer", "nearest", "front", "foreground"},
    "farther": {"farther", "farthest", "further", "furthest", "distant", "behind", "background"},
}
"""Words that ask for each; a question with words of both asks for neither."""
MEASURED = re.compile(
    r"\b(?:to|from) (?:the |a |an )?(\w+)(?! (?:who |that )?(?:\w+ )?(?:taking|took|behind))"
)
"""The word for what a question measures depth from, unless this is who took the picture."""

ASKS_WITH = word_set(
    "closer closest nearer nearest front foreground farther farthest further furthest distant "
    "behind background away other compare than more distance taking took"
)
"""Words of questions of this category."""


class DepthTerms(ReplyForm):
    nearer: str
    farther: str


def _asks_with(claim: DepthClaim) -> Set[str]:
    return ASKS_WITH


def _parts(claim: DepthClaim, asks: str) -> tuple[Hashable, Hashable]:
    asked = claim.nearer if asks == "nearer" else claim.farther
    return frozenset((claim.nearer, claim.farther)), asked


def _wordings(
    claim: DepthClaim, asks: str, evidence: str, options: Sequence[str], names: Names
) -> Sequence[str]:
    first, second = sorted((names[claim.nearer], names[claim.farther]))
    is_annotated = evidence == Standing.ASSERTED
    if asks == "nearer":
        wordings = IN_FRONT if is_annotated else NEARER
    else:
        wordings = BEHIND if is_annotated else FARTHER
    return filled(wordings, {"first": first, "second": second})


def _means(claim: DepthClaim, names: Names) -> str:
    return f"the {names[claim.nearer]} is nearer than the {names[claim.farther]}"


def _wanted(claim: DepthClaim, asks: str, evidence: str, names: Names) -> str:
    pair = listed((claim.nearer, claim.farther), names)
    if evidence == Standing.ASSERTED:
        side = "in front of" if asks == "nearer" else "behind"
        return f"which of {pair} is {side} the other"
    side = "nearer to" if asks == "nearer" else "farther from"
    return f"which of {pair} is {side} the viewer"


def _context(claim: DepthClaim, asks: str, names: Names) -> Sequence[str]:
    return [asks]


def _read_question(asked: Words, claim: DepthClaim, asks: str, answers: Sequence[Words]) -> Reading:
    said = named(asked.words, DEPTHS)
    measured = MEASURED.search(asked.text)
    if measured and measured[1] not in GRAMMAR and spellings().get((measured[1],)):
        return Reading.DIFFERS
    if not said:
        return Reading.UNREAD
    return Reading.READ if said == {asks} else Reading.DIFFERS


def _relationships(claim: DepthClaim) -> Iterator[tuple[int, str, int]]:
    yield claim.nearer, "in front of", claim.farther


FORM = Form(
    category=Category.DEPTH,
    claim=DepthClaim,
    terms=DepthTerms,
    asks=("nearer", "farther"),
    asks_for_object=frozenset({"nearer", "farther"}),
    asks_by_evidence=True,
    hides=frozenset({Telling.HEIGHT}),
    evens=frozenset({Telling.SIZE}),
    parts=_parts,
    wordings=_wordings,
    means=_means,
    wanted=_wanted,
    context=_context,
    asks_with=_asks_with,
    read_question=_read_question,
    relationships=_relationships,
)
