"""Orientation: in which direction one thing lies from another, for the viewer or for the other."""

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence

from schemas.chat import ReplyForm
from schemas.claim import Category, Direction, OrientationClaim
from tasks.language.form import PLACE, Form, Names, topic_on_objects
from tasks.language.grammar import Grammar
from tasks.language.wording import PARTS, in_same_picture
from tasks.language.words.phrases import (
    NEGATIONS,
    OWN_VIEW,
    VIEWER,
    Reading,
    Words,
    matches,
    read_roles,
    takes_a_view,
)
from tasks.language.words.sentences import WHERE_IS, Sentences
from tasks.language.words.sides import sides_in

DIRECTIONS: Mapping[Direction, str] = {
    Direction.LEFT: "to the left",
    Direction.RIGHT: "to the right",
    Direction.ABOVE: "above",
    Direction.BELOW: "below",
    Direction.ABOVE_LEFT: "above and to the left",
    Direction.ABOVE_RIGHT: "above and to the right",
    Direction.BELOW_LEFT: "below and to the left",
    Direction.BELOW_RIGHT: "below and to the right",
    Direction.AHEAD: "in front",
    Direction.BACK: "behind",
}
SEEN = Grammar(
    PARTS
    | {
        "ask": (
            "{seen}, {where}?",
            "{where}, {viewed}?",
            "{where} in the {picture}?",
            "{seen}, {by} the {reference}, the {target} is {gap}. {fits}",
        ),
        "seen": ("{viewed}", "in the {picture}"),
        "where": (
            "in {which} direction from the {reference} is the {target}",
            "where is the {target} {by} the {reference}",
            "where is the {target} located {by} the {reference}",
            "{by} the {reference}, where is the {target}",
            "what is the {position} of the {target} {by} the {reference}",
        ),
        "which": ("which", "what"),
    }
)
OWN = Grammar(
    PARTS
    | {
        "ask": (
            "{own}, {where}?",
            "where is the {target} {own}?",
            "imagine being the {reference} and facing the same way: {where}?",
            "if you were the {reference}, where would the {target} be?",
            "{own}, the {target} is {gap}. {fits}",
        ),
        "own": (
            "from the {reference}'s point of view",
            "from the {reference}'s own point of view",
            "from the {reference}'s perspective",
            "from the {reference}'s own perspective",
            "in the {reference}'s own frame of reference",
            "seen through the {reference}'s eyes",
            "from the perspective of the {reference}",
            "from the point of view of the {reference}",
        ),
        "where": (
            "where is the {target}",
            "in {which} direction is the {target}",
            "where is the {target} located",
        ),
        "which": ("which", "what"),
    }
)
OWN_SIDE = re.compile(
    r"(?:\b(?:his|her|their|your)(?: own)?|(?<!viewer)(?<!camera)(?<!observer)"
    r"(?<!picture)(?<!image) s(?: own)?) (?:left|right)\b"
)
"""A side of somebody in the picture ("on the dog's left")."""
FACES_OTHER = re.compile(r"\bfac(?:e|es|ing) (?:the |a |an )?[SX]\b")
"""A facing that the question supposes."""
SHOWN = {
    Direction.LEFT: "left of",
    Direction.RIGHT: "right of",
    Direction.ABOVE: "above",
    Direction.BELOW: "below",
}
"""Directions in the picture that are also predicates."""
SENTENCES = Sentences(*WHERE_IS)
"""Of questions on directions that the viewer sees."""
OWN_SENTENCES = Sentences(
    "({open})* {view} {where} [{view}]",
    "({open})* {where} {view}",
    "({open})* {view} {a} S {be} ___",
    where="[exactly] (where | in (which | what) direction | on (which | what) side [of {him}])"
    " ({be} {a} S [{located}] | would {a} S be [{located}] | does {a} S lie) [{by} {him}] |"
    " (which | what) direction ({be} {a} S in | would {a} S be in)",
    him="him | her | it | them | {a} O",
    way="[and] facing the same way [as {him}]",
    view="[as] [seen | viewed] from ({a} O s [own] {eyes} | the [own] {eyes} of {a} O) |"
    " in {a} O s [own] frame of reference | [as] seen through {a} O s [own] eyes |"
    " through {a} O s [own] eyes | [as] seen through the eyes of {a} O |"
    " [imagine | imagining] ([that] you (are | were) | being | you being) {a} O [{way}] |"
    " if you (were | are) {a} O [{way}] | [as] {a} O sees it |"
    " if you (stood | stand | were [standing]) where {a} O (stands | is | sits | is standing)"
    " [{way}] | [by] (put | putting) yourself in {a} O s shoes |"
    " from where {a} O is [standing | sitting] | relative to the way {a} O is facing |"
    " for {a} O [himself | herself | itself]",
    eyes="point of view | perspective | viewpoint | standpoint | view",
)
"""Of questions on directions that the reference has itself."""


class OrientationTerms(ReplyForm):
    viewpoint: str | None
    reference: str
    target: str
    direction: Direction


def _sentences(claim: OrientationClaim, asks: str) -> Sentences:
    return SENTENCES if claim.viewpoint is None else OWN_SENTENCES


def _parts(claim: OrientationClaim, asks: str) -> tuple[Hashable, Hashable]:
    return (claim.viewpoint, claim.reference, claim.target), claim.direction


def _ends(claim: OrientationClaim, names: Names) -> tuple[str | None, str | None]:
    return names[claim.target], names[claim.reference]


def _grammar(
    claim: OrientationClaim, asks: str, evidence: str, options: Sequence[str], names: Names
) -> Grammar:
    reference, target = names[claim.reference], names[claim.target]
    grammar = SEEN if claim.viewpoint is None else OWN
    return grammar.filled(reference=in_same_picture(reference), target=in_same_picture(target))


def _text(claim: OrientationClaim, asks: str, names: Names) -> str:
    return DIRECTIONS[claim.direction]


def _means(claim: OrientationClaim, names: Names) -> str:
    reference, target = names[claim.reference], names[claim.target]
    side = DIRECTIONS[claim.direction]
    if claim.viewpoint is None:
        return f"for the viewer, the way from the {reference} to the {target} is {side}"
    return f"from the {reference}'s own point of view, the {target} is {side}"


def _wanted(claim: OrientationClaim, asks: str, evidence: str, names: Names) -> str:
    reference, target = names[claim.reference], names[claim.target]
    if claim.viewpoint is None:
        return f"in which direction from the {reference} the viewer sees the {target}"
    return f"where the {target} is from the {reference}'s own point of view"


def _context(claim: OrientationClaim, asks: str, names: Names) -> Sequence[str]:
    whose = "viewer" if claim.viewpoint is None else "own"
    return [whose, names[claim.reference], names[claim.target]]


def _read_question(
    asked: Words, claim: OrientationClaim, asks: str, answers: Sequence[Words]
) -> Reading:
    views = {name for name in "SOX" if matches(OWN_VIEW, asked.marked, name)}
    roles = read_roles(asked)
    if claim.viewpoint is None:
        # "for the dog" alone does not take the dog's point of view.
        if any(matches(OWN_VIEW[:-1], asked.marked, name) for name in "SOX"):
            return Reading.DIFFERS
    elif views - {"O"} or (not views and re.search(VIEWER, asked.text)):
        return Reading.DIFFERS
    elif FACES_OTHER.search(asked.marked):
        return Reading.UNREAD
    elif not views:
        roles = Reading.DIFFERS if roles is Reading.DIFFERS else Reading.UNREAD
    is_named = all("O" in words.marked and "S" not in words.marked for words in answers)
    seen_by_all = claim.viewpoint is None or bool(views)
    if roles is Reading.UNREAD and is_named and seen_by_all:
        return Reading.READ
    return roles


def _read_option(words: Words, claim: OrientationClaim, asks: str) -> Reading:
    if NEGATIONS & set(words.words):
        return Reading.DIFFERS
    if claim.viewpoint is None and (OWN_SIDE.search(words.text) or takes_a_view(words)):
        return Reading.DIFFERS
    said = sides_in(words)
    if not said:
        return Reading.UNREAD
    if said != set(claim.direction.split("_")):
        return Reading.DIFFERS
    is_reversed = any(entry.after == "S" and entry.before != "O" for entry in words.said())
    return Reading.DIFFERS if is_reversed else Reading.UNREAD if words.others else Reading.READ


def _topic(claim: OrientationClaim) -> str:
    return topic_on_objects(claim, "side" if claim.viewpoint is None else None)


def _flaw(claim: OrientationClaim) -> str | None:
    if claim.viewpoint in (None, claim.reference):
        return None
    return "viewpoint is null, or the same as reference"


def _is_of_plane(claim: OrientationClaim) -> bool:
    return claim.viewpoint is None


def _relationships(claim: OrientationClaim) -> Iterator[tuple[int, str, int]]:
    if claim.viewpoint is None and claim.direction in SHOWN:
        yield claim.target, SHOWN[claim.direction], claim.reference


FORM = Form(
    category=Category.ORIENTATION,
    claim=OrientationClaim,
    terms=OrientationTerms,
    asks=("direction",),
    hides=PLACE,
    parts=_parts,
    ends=_ends,
    grammar=_grammar,
    text=_text,
    means=_means,
    wanted=_wanted,
    context=_context,
    sentences=_sentences,
    read_question=_read_question,
    read_option=_read_option,
    topic=_topic,
    flaw=_flaw,
    is_of_plane=_is_of_plane,
    relationships=_relationships,
)
