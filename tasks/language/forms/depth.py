"""Depth: which of two things is nearer to the viewer, or farther away."""

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence

from schemas.chat import ReplyForm
from schemas.claim import Category, DepthClaim
from schemas.proof.evidence import Standing
from schemas.reference import Telling
from tasks.language.form import Form, Names
from tasks.language.grammar import Grammar
from tasks.language.wording import PARTS, in_same_picture, listed
from tasks.language.words.names import GRAMMAR, spellings
from tasks.language.words.phrases import Reading, Words, named
from tasks.language.words.sentences import Sentences, asks_of

ASKING = Grammar(
    PARTS
    | {
        "ask": (
            "{look}which is {so}, {either}?",
            "{look}which one is {so}, {either}?",
            "{look}is it {either} that is {so}?",
            "{look}is {either} {so}?",
            "compare {both}: which one is {so}?",
            "{look}of {both}, which one is {so}?",
            "{either}: which one is {so}?",
            "{look}either {either} is {so}. {which_one}?",
            "of {both}, the {gap} is {so}. {fits}",
        ),
        "which_one": ("which one", "which one is it"),
        "either": ("the {first} or the {second}", "the {second} or the {first}"),
        "both": ("the {first} and the {second}", "the {second} and the {first}"),
        "viewer": ("viewer", "camera"),
    }
)
SO: Mapping[str, Sequence[str]] = {
    "nearer": ("closer to the {viewer}", "nearer to the {viewer}"),
    "farther": ("farther from the {viewer}", "farther away from the {viewer}"),
}
SO_ANNOTATED: Mapping[str, Sequence[str]] = {
    "nearer": ("in front of the other",),
    "farther": ("behind the other",),
}
"""Annotators do not say from whose side, so these words do not, either."""
DEPTHS = {
    "nearer": {"closer", "closest", "nearer", "nearest", "front", "foreground"},
    "farther": {"farther", "farthest", "further", "furthest", "distant", "behind", "background"},
}
"""Words that ask for each; a question with words of both asks for neither."""
MEASURED = re.compile(
    r"\b(?:to|from) (?:the |a |an )?(\w+)(?! (?:who |that )?(?:\w+ )?(?:taking|took|behind))"
)
"""The word for what a question measures depth from, unless this is who took the picture."""
WHICH = Sentences(
    *asks_of("{so}"),
    "({open})* {be} [it] {group} [that {be} | who {be}] {far}",
    "({open})* {be} {a} X {far} [than {a} X] or {be} {a} X {far}",
    "({open})* either {group} {so} {asked}",
    so="{seems} {far}",
)
OTHER = "[[of | than] the other [one] | of {these} | of all]"
SENTENCES: Mapping[str, Sentences] = {
    "nearer": WHICH.with_parts(
        far="[the] [{located}] (closer | closest | nearer | nearest) [{noun}]"
        " [the (camera | viewer | observer | photographer) | to (us | you | me | the front |"
        " the X taking | whoever took | the one taking)]"
        f" {OTHER} | [{{located}}] in [the] (front | foreground) {OTHER}",
    ),
    "farther": WHICH.with_parts(
        far="[the] [{located}] ((farther | farthest | further | furthest) [away | back] |"
        f" [more | most] distant) [{{noun}}] [from (us | you | me)] {OTHER} |"
        " [{located}] behind [the other [one]] | [{located}] in [the] background",
    ),
}


class DepthTerms(ReplyForm):
    nearer: str
    farther: str


def _sentences(claim: DepthClaim, asks: str) -> Sentences:
    return SENTENCES[asks]


def _parts(claim: DepthClaim, asks: str) -> tuple[Hashable, Hashable]:
    asked = claim.nearer if asks == "nearer" else claim.farther
    return frozenset((claim.nearer, claim.farther)), asked


def _grammar(
    claim: DepthClaim, asks: str, evidence: str, options: Sequence[str], names: Names
) -> Grammar:
    first, second = sorted((names[claim.nearer], names[claim.farther]))
    so = (SO_ANNOTATED if evidence == Standing.ASSERTED else SO)[asks]
    pair = {"first": in_same_picture(first), "second": in_same_picture(second)}
    return Grammar({**ASKING.parts, "so": so}).filled(**pair)


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
    grammar=_grammar,
    means=_means,
    wanted=_wanted,
    context=_context,
    sentences=_sentences,
    read_question=_read_question,
    relationships=_relationships,
)
