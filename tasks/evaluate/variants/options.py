"""Rotation: the options of an item in another order."""

import re
from random import Random

from tasks.evaluate.variants.variant import Changed, Row, unchanged

OF_ORDER = re.compile(
    r"(?i:\bof the (?:above|below)\b"
    r"|\b(?:above|below|previous|remaining) (?:options|choices|answers)\b"
    r"|\b(?:first|second|third|fourth|last) (?:option|choice|answer)\b)"
    r"|\b[Oo]ptions? \(?[A-H]\b|\([A-H]\)"
)
"""Words that name other options, by letter or place: in another order they name others."""
LABEL = re.compile(r"\b[B-H]\b")
"""In an option, a mark in the picture: behind another letter it reads as that of an option. "A" may
be an article; where one option says A, another one says B."""


def rotated(item: Row, random: Random) -> Changed | None:
    """The options turned by some places, at least one; None where an item has none, or the words
    of one name others."""
    same = unchanged(item)
    number = len(same.options)
    is_fixed = any(OF_ORDER.search(text) for text in (same.question, *same.options))
    if number < 2 or is_fixed or any(LABEL.search(text) for text in same.options):
        return None
    turn = random.randrange(1, number)
    return same._replace(
        options=[same.options[(place + turn) % number] for place in range(number)],
        places=[(place - turn) % number for place in range(number)],
    )
