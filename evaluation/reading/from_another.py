"""From another: a clause that says how something is to a thing that its question does not name.

"The kite is above the trees" says nothing of where the kite is relative to the bench, and "the sofa
is closer to the wall" nothing of which thing is closer to the camera.
"""

import re

from evaluation.reading.asked import COMMON, Asked, things_in
from evaluation.reading.turned import VIEWER

SCENE = {"image", "picture", "photo", "photograph", "scene", "frame", "foreground"}
"""Words for what is seen, and a part of it, which every question speaks of."""
MAX_TAIL = 100
"""Characters behind a word in which a thing is named: bounds time."""
NAMED = (
    r"(?:the|an?|some) ((?:[\w-]+ ){0,2}?[\w-]+)"
    r"(?=$| (?:in|on|at|of|and|or|than|with|near|behind|is|are)\b)"
)
BESIDE = re.compile(rf"(?i)^ (?:(?:-?hand )?side )?(?:of )?{NAMED}")
"""Behind an option that is a place, or a direction: from where it is meant."""
THAN = re.compile(rf"(?i)^[^,;]*? than {NAMED}")
"""Behind "closer": than what."""
GENERAL = {"other", "others", "one", "ones", "rest", "two", "any", "first", "second"}
"""Words for what is offered."""
APART = re.compile(rf"(?i)(?:^ (?:\w+ )?|\bthan\b.* (?:is|are) )(?:to|from) {NAMED}")
"""Behind "closer": to what."""
DIRECT = re.compile(rf"(?i)^ {NAMED}")
"""Behind "in front of", where that is an end of a scale: of what."""


def is_from_another(clause: str, asked: Asked) -> bool:
    """Whether a clause says how something is to a thing that the question does not name: "above the
    trees" where it asks for a place relative to the bench, "closer to the wall"."""
    ends = [*(end for end, _ in asked.ends), *asked.places]
    named = [found for end in ends for found in _behind(end, APART, clause)]
    named += [found for end, _ in asked.ends for found in _behind(end, DIRECT, clause)]
    if asked.references.isdisjoint(things_in(clause) - COMMON):
        named += [found for place in asked.places for found in _behind(place, BESIDE, clause)]
    named += [found for end, _ in asked.ends for found in _behind(end, THAN, clause)]
    known = GENERAL | (asked.things | VIEWER | SCENE) - COMMON
    return any(known.isdisjoint(things) for things in map(things_in, named) if things)


def _behind(word: re.Pattern[str], tail: re.Pattern[str], clause: str) -> list[str]:
    """What a tail names behind each place of a word in a clause."""
    tails = (clause[one.end() :][:MAX_TAIL] for one in word.finditer(clause))
    return [name for text in tails for name in tail.findall(text)]
