"""Reading questions on relations: where one thing is by another, who does what with what."""

from collections.abc import Sequence

from schemas.claim import (
    Claim,
    ReachClaim,
    RelationClaim,
)
from schemas.vocabulary.predicates import load_predicates
from tasks.language.words.comparisons import option_on_object
from tasks.language.words.directions import sides_in
from tasks.language.words.phrases import (
    NEGATIONS,
    Reading,
    Words,
    all_said,
    read_roles,
    takes_a_view,
)

SIDE_PREDICATES = {
    "left": "left of", "right": "right of", "above": "above", "below": "below",
    "ahead": "in front of", "back": "behind",
}  # fmt: skip


def question_on_relation(
    asked: Words, claim: Claim, asks: str, answers: Sequence[Words]
) -> Reading:
    assert isinstance(claim, RelationClaim | ReachClaim)
    own = load_predicates()[claim.predicate]
    if asks == "predicate":
        sides = any({"left", "right"} & set(words.words) for words in answers)
        if sides and takes_a_view(asked):
            return Reading.DIFFERS
        roles = read_roles(asked)
        is_named = all("O" in words.marked and "S" not in words.marked for words in answers)
        return Reading.READ if roles is Reading.UNREAD and is_named else roles
    return all_said(asked.said(own.name), own, asks == "object", asks == "subject")


def option_on_relation(words: Words, claim: Claim, asks: str) -> Reading:
    assert isinstance(claim, RelationClaim | ReachClaim)
    if asks != "predicate":
        return option_on_object(words, claim, asks)
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
