"""Turned: a clause that says by the opposite which of two things its question asks for.

Of "Which is nearer, the bicycle or the car?" the reply "the car is farther away" says the bicycle.
The whole clause must be of this form, and compare what is offered with nothing else: "the car is
farther to the left" and "the car is farther from the house" say nothing of it, and "the car is
behind the bicycle" may be meant from the bicycle's own side.
"""

import re
from collections.abc import Sequence

from evaluation.reading.asked import LESSER, TURNS, Asked, things_in
from evaluation.reading.existing import SCENE
from evaluation.reading.option_texts import ARTICLES, singular

IS = "(?:(?:is|are|looks?|appears?|seems?)(?: to be)?|stands?|sits?|lies?|hangs?|rests?)"
NAME = r"(?:(?:the|this|that) )?((?:[\w-]+ ){0,3}?[\w-]+)"
DEGREE = "(?:(?:clearly|slightly|somewhat|much|far|a bit|a little|located|positioned|the) )*"
COMPARES = re.compile(
    rf"(?i)^(?:(?:and|but|so|while|whereas|because|since|as),? )?{NAME} {IS} {DEGREE}"
)
"""What a clause compares, before the word of a scale."""
IN_PICTURE = f"in {SCENE}"
MORE = re.compile(r"(?i)\b(?:\w+er|\w+est|more)\b")
"""In a word that compares."""
TAIL = re.compile(
    r"(?i)(?: (?:away|back))?(?: (?:to|from) (?:us|me|you|(?:the )?([\w-]+)))?"
    rf"(?: (?:of the two|of them|one))?(?: {IN_PICTURE})?(?: than {NAME}?(?: (?:is|does))?)?"
    rf"(?: {IN_PICTURE})?"
)
"""Behind that word: from where, and than what."""
VIEWER = {"camera", "viewer", "observer", "photographer"}


def said_by_opposite(clause: str, asked: Asked) -> str | None:
    """A clause that states the option which a clause says to be asked for; None where it does
    not."""
    begin = COMPARES.match(clause)
    if len(asked.letters) != len(asked.names) or len(asked.names) != 2 or not begin:
        return None
    subject = _meant(begin[1], asked.names)
    rest = clause[begin.end() :].rstrip()
    if subject is None or TURNS.search(clause) or LESSER.search(clause):
        return None
    for _, opposite in asked.ends:
        word = opposite.match(rest)
        if word and MORE.search(word[0]) and _is_of_both(rest[word.end() :], asked, 1 - subject):
            return f"the answer is {asked.names[1 - subject]}"
    return None


def _is_of_both(tail: str, asked: Asked, other: int) -> bool:
    """Whether what follows a word of a scale compares with the other thing, or names none."""
    found = TAIL.fullmatch(tail)
    if not found:
        return False
    origin, than = found.groups(default="")
    is_seen = things_in(origin) <= asked.things - asked.offered | VIEWER
    return is_seen and (not than or _meant(than, asked.names) == other)


def _meant(name: str, names: Sequence[str]) -> int | None:
    """The number of the only one of two things that has this name."""
    found = [number for number, other in enumerate(names) if _words(other) == _words(name)]
    return found[0] if len(found) == 1 else None


def _words(name: str) -> list[str]:
    words = re.findall(r"[\w-]+", name.lower())
    return [singular(word) for word in words if word not in ARTICLES]
