"""Relation: where one thing is relative to another.

The functions also serve `reach`, whose claims have the same parts.
"""

from collections.abc import Hashable, Iterator, Sequence, Set
from typing import TypeAlias

from schemas.chat import ReplyForm
from schemas.claim import Category, ReachClaim, RelationClaim
from schemas.vocabulary.predicates import load_predicates
from tasks.language.form import PLACE, Form, Names, topic_on_objects
from tasks.language.wording import filled, phrase_of
from tasks.language.words import phrases
from tasks.language.words.names import word_set
from tasks.language.words.options import read_name
from tasks.language.words.phrases import (
    NEGATIONS,
    Reading,
    Words,
    all_said,
    meaning_of,
    read_roles,
    takes_a_view,
)
from tasks.language.words.references import again
from tasks.language.words.sides import sides_in

Related: TypeAlias = RelationClaim | ReachClaim

WHERE = (
    "Where is the {subject} in relation to the {object}?",
    "Relative to the {object}, where is the {subject}?",
    "What is the position of the {subject} relative to the {object}?",
)
WHERE_SEEN = (
    "Seen from the viewer's side, where is the {subject} in relation to the {object}?",
    "As the viewer sees it, where is the {subject} relative to the {object}?",
    "From the viewer's side, what is the position of the {subject} relative to the {object}?",
)
OBJECT_OF = (
    "Which of these is the {subject} {phrase}?",
    "Among these, which one is the {subject} {phrase}?",
    "The {subject} is {phrase} one of these. Which one?",
)
SUBJECT_OF = (
    "Which of these is {phrase} the {object}?",
    "Among these, which one is {phrase} the {object}?",
    "One of these is {phrase} the {object}. Which one?",
)
SIDE_PREDICATES = {
    "left": "left of", "right": "right of", "above": "above", "below": "below",
    "ahead": "in front of", "back": "behind",
}  # fmt: skip
"""The predicate that an option means if it names only a side ("on its left")."""

ASKS_WITH = word_set(
    "position location placement place whereabouts relation relative relationship spatial "
    "respect regard reference compared comparison direction side region area part way left right "
    "doing interact interacting contact up hand hands his her their view point perspective"
)
"""Words of questions of this category."""


class RelationTerms(ReplyForm):
    subject: str
    predicate: str
    object: str


def asks_with(claim: Related) -> Set[str]:
    return ASKS_WITH


def parts(claim: Related, asks: str) -> tuple[Hashable, Hashable]:
    if asks == "predicate":
        return (claim.subject, claim.object), meaning_of(claim.predicate)
    if asks == "object":
        return (claim.subject, claim.predicate), claim.object
    return (claim.predicate, claim.object), claim.subject


def ends(claim: Related, names: Names) -> tuple[str | None, str | None]:
    return names[claim.subject], names[claim.object]


def wordings_on_place(
    claim: Related, asks: str, evidence: str, options: Sequence[str], names: Names
) -> Sequence[str]:
    if asks != "predicate":
        return wordings_on_end(claim, asks, evidence, options, names)
    seen = any(" left " in f" {option} " or " right " in f" {option} " for option in options)
    slots = {"subject": names[claim.subject], "object": names[claim.object]}
    return filled(WHERE_SEEN if seen else WHERE, slots)


def wordings_on_end(
    claim: Related, asks: str, evidence: str, options: Sequence[str], names: Names
) -> Sequence[str]:
    """For the object or the subject of a relationship; ValueError for its predicate."""
    phrase = phrase_of(claim.predicate)
    if asks == "object":
        return filled(OBJECT_OF, {"subject": names[claim.subject], "phrase": phrase})
    if asks == "subject":
        return filled(SUBJECT_OF, {"object": names[claim.object], "phrase": phrase})
    raise ValueError(f"there is no wording that asks for the {asks} of {claim}")


def text(claim: Related, asks: str, names: Names) -> str:
    return f"{phrase_of(claim.predicate)} {again(names[claim.object])}"


def distinct_text(claim: Related, asks: str, names: Names) -> str:
    return phrase_of(claim.predicate)


def means(claim: Related, names: Names) -> str:
    subject, target = names[claim.subject], names[claim.object]
    return f"the {subject} is {phrase_of(claim.predicate)} the {target}"


def wanted(claim: Related, asks: str, evidence: str, names: Names) -> str:
    if asks == "predicate":
        return f"where the {names[claim.subject]} is in relation to the {names[claim.object]}"
    if asks == "object":
        return f"which thing the {names[claim.subject]} is {phrase_of(claim.predicate)}"
    return f"which thing is {phrase_of(claim.predicate)} the {names[claim.object]}"


def context(claim: Related, asks: str, names: Names) -> Sequence[str]:
    said = {"subject": names[claim.subject], "object": names[claim.object]}
    kept = [name for part, name in said.items() if part != asks]
    return [asks, *kept] if asks == "predicate" else [asks, claim.predicate, *kept]


def read_question(asked: Words, claim: Related, asks: str, answers: Sequence[Words]) -> Reading:
    own = load_predicates()[claim.predicate]
    if asks == "predicate":
        sides = any({"left", "right"} & set(words.words) for words in answers)
        if sides and takes_a_view(asked):
            return Reading.DIFFERS
        roles = read_roles(asked)
        is_named = all("O" in words.marked and "S" not in words.marked for words in answers)
        return Reading.READ if roles is Reading.UNREAD and is_named else roles
    return all_said(asked.said(own.name), own, asks == "object", asks == "subject")


def read_option(words: Words, claim: Related, asks: str) -> Reading:
    if asks != "predicate":
        return read_name(words)
    if NEGATIONS & set(words.words):
        return Reading.DIFFERS
    own = load_predicates()[claim.predicate]
    found = words.said(own.name)
    if not found:
        sides = sides_in(words)
        if not sides:
            return Reading.UNREAD
        named = {SIDE_PREDICATES[side] for side in sides}
        if named == {own.means}:
            return Reading.UNREAD if words.others else Reading.READ
        return Reading.UNREAD if own.means in named else Reading.DIFFERS
    reading = all_said(found, own, True, True)
    has_more = words.others or (len(sides_in(words)) > 1 and reading is Reading.READ)
    return Reading.UNREAD if reading is Reading.READ and has_more else reading


def gives_away(
    question: str, options: Sequence[str], claims: Sequence[Related], asks: str, names: Names
) -> bool:
    said = FORM.words(question, claims[0], names).said()  # type: ignore[arg-type]
    found = {entry.predicate.means for entry in said}
    offered = {meaning_of(claim.predicate) for claim in claims}
    return not found.isdisjoint(offered) and not found >= offered


def flaw(claim: Related) -> str | None:
    is_contact = load_predicates()[claim.predicate].is_contact
    if is_contact is isinstance(claim, ReachClaim):
        return None
    other = Category.REACH if is_contact else Category.RELATION
    return f"{claim.predicate!r} is for questions on {other.value}"


def may_both_hold(one: Related, other: Related) -> bool:
    return one.predicate != other.predicate and phrases.may_both_hold(
        one.predicate, other.predicate
    )


def relationships(claim: Related) -> Iterator[tuple[int, str, int]]:
    yield claim.subject, claim.predicate, claim.object


def _are_opposite(one: RelationClaim, other: RelationClaim) -> bool:
    predicates = load_predicates()
    return predicates[one.predicate].is_two_sided_with(predicates[other.predicate])


def _topic(claim: RelationClaim) -> str:
    is_side = claim.predicate in ("left of", "right of")
    return topic_on_objects(claim, "side" if is_side else None)


FORM = Form(
    category=Category.RELATION,
    claim=RelationClaim,
    terms=RelationTerms,
    asks=("predicate", "object", "subject"),
    asks_for_object=frozenset({"object", "subject"}),
    hides=PLACE,
    parts=parts,
    ends=ends,
    wordings=wordings_on_place,
    text=text,
    distinct_text=distinct_text,
    means=means,
    wanted=wanted,
    context=context,
    asks_with=asks_with,
    read_question=read_question,
    read_option=read_option,
    gives_away=gives_away,
    topic=_topic,
    flaw=flaw,
    are_opposite=_are_opposite,
    may_both_hold=may_both_hold,
    relationships=relationships,
)
