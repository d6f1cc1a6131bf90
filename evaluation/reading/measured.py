"""Measured: whether a clause measures something else of a thing than what its question asks for.

"The chair is 1 m wide" says nothing of its height, nor of its distance from the table; nor does
"the chair is 1 m from the door".
"""

import re

from evaluation.reading.asked import MEASURE, Asked, things_in
from evaluation.reading.naming import is_another_thing

DISTANCE = {"far", "distance", "away", "apart", "from"}
DIMENSIONS = (
    {"tall", "height", "high", "above"},
    {"wide", "width"},
    {"long", "length"},
    {"deep", "depth"},
    {"thick", "thickness"},
    DISTANCE,
)
"""Words for what a measure is of."""
END = re.compile(
    r"(?i)\b(?:from|to|between|and) (?:the|an?) (?:[\w-]+ ){0,2}?([\w-]+)"
    r"(?=$| (?:is|and|to|in|on|by)\b)"
)
"""A thing at an end of a distance."""


def is_another_measure(clause: str, asked: Asked) -> bool:
    own = [words for words in DIMENSIONS if words & asked.things]
    if len(own) != 1 or not MEASURE.search(clause):
        return False
    if own[0] is DISTANCE and any(
        is_another_thing(end.lower(), asked.things) for end in END.findall(clause)
    ):
        return True
    said = things_in(clause)
    return said.isdisjoint(own[0]) and any(words & said for words in DIMENSIONS)
