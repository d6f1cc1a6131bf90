"""Reading questions on directions."""

import re
from collections.abc import Sequence

from schemas.claim import (
    Claim,
    OrientationClaim,
)
from tasks.language.words.phrases import (
    NEGATIONS,
    OWN_VIEW,
    VIEWER,
    Reading,
    Words,
    matches,
    named,
    read_roles,
    takes_a_view,
)

SIDES = {
    "left": {"left", "leftward", "leftwards"},
    "right": {"right", "rightward", "rightwards"},
    "above": {"above", "over", "up", "upper", "top", "higher"},
    "below": {"below", "under", "underneath", "beneath", "down", "lower", "bottom"},
    "ahead": {"front", "ahead"},
    "back": {"behind", "back"},
}
OWN_SIDE = re.compile(
    r"(?:\b(?:his|her|their|your)(?: own)?|(?<!viewer)(?<!camera)(?<!observer)"
    r"(?<!picture)(?<!image) s(?: own)?) (?:left|right)\b"
)


def sides_in(words: Words) -> set[str]:
    """The sides that the words name; "right behind" and "left behind" are only behind."""
    text = re.sub(
        r"\b(?:right|left) (?=(?:behind|above|below|under|over|in front|ahead|next|beside)\b)"
        r"|\bback to\b",
        "",
        " ".join(words.plain),
    )
    return named(text.split(), SIDES)


def question_on_direction(
    asked: Words, claim: Claim, asks: str, answers: Sequence[Words]
) -> Reading:
    assert isinstance(claim, OrientationClaim)
    views = {name for name in "SOX" if matches(OWN_VIEW, asked.marked, name)}
    roles = read_roles(asked)
    if claim.viewpoint is None:
        # "for the dog" is not yet to see with its eyes.
        if any(matches(OWN_VIEW[:-1], asked.marked, name) for name in "SOX"):
            return Reading.DIFFERS
    elif views - {"O"} or (not views and re.search(VIEWER, asked.text)):
        return Reading.DIFFERS
    elif not views:
        roles = Reading.DIFFERS if roles is Reading.DIFFERS else Reading.UNREAD
    is_named = all("O" in words.marked and "S" not in words.marked for words in answers)
    seen_by_all = claim.viewpoint is None or bool(views)
    if roles is Reading.UNREAD and is_named and seen_by_all:
        return Reading.READ
    return roles


def option_on_direction(words: Words, claim: Claim, asks: str) -> Reading:
    assert isinstance(claim, OrientationClaim)
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
