"""Viewpoint: whose left and right a question asks for, and whose a clause of a reply means.

Asked on which side of a person something is as that person sees it, "it is on the left of the
picture" says nothing; nor does "from the man's perspective it is on the left" where the question
asks for what the viewer sees. Of several pictures, the first says nothing of what is in the second.
"""

import re
from collections.abc import Set
from enum import StrEnum, auto

from evaluation.reading.naming import is_another_thing

SIDE_WORD = re.compile(r"(?i)\b(?:left|right)\b")
PICTURE = "(?:image|picture|photo|photograph|frame)"
VIEWER = f"(?:camera|viewer|observer|photographer|{PICTURE})"
VIEW = r"(?:(?:own|visual) )?(?:perspective|viewpoint|point of view|view|standpoint|eyes)\b"
OF_VIEWER = re.compile(
    rf"(?i)\b(?:from the {VIEWER}(?:'s)? (?:side\b|{VIEW})|from (?:our|my) {VIEW}|"
    rf"{VIEW} of (?:the )?{VIEWER}\b|(?:seen|viewed) (?:from|by) the {VIEWER}\b|"
    rf"as (?:the {VIEWER}|we) sees? (?:it|them)\b)"
)
"""What says that the viewer's are meant."""
LED = re.compile(
    rf"(?i)\s*(?:(?:as )?(?:seen|viewed) )?from (?:the {VIEWER}(?:'s {VIEW})?|(?:our|my) {VIEW})\s*"
)
"""What says no more than that, ahead of a clause."""
IN_PICTURE = re.compile(
    rf"(?i)\b(?:(?:in|of|within) (?:the|this) {PICTURE}\b|{VIEWER}'s (?:left|right)\b)"
)
"""What says so in a reply, too: a question may name the picture whatever it asks."""
OF_ANOTHER = re.compile(
    rf"(?i)\b(?:from (?!(?:the |an? )?{VIEWER}\b)[\w -]{{2,40}}?(?:'s|s') {VIEW}|"
    rf"from (?:his|her|their|its) {VIEW}|from the {VIEW} of (?!(?:the )?{VIEWER}\b)|would see\b|"
    r"(?:if|imagine|imagining|suppose)(?: that)? (?:i|you)(?:'m|'re| (?:am|are|was|were|stand|stood"
    r"|standing|sit|sat|face|faced))\b(?!.{0,40}\b(?:camera|viewer|photographer))|"
    r"imagin(?:e|ing) (?:yourself )?(?:standing|sitting|being)\b)"
)
"""What says that those of somebody or something in the picture are meant."""
THEIR_OWN = re.compile(r"(?i)\b(?:his|her|their|my|your) (?:own )?(?:left|right)\b")
"""Whoever's it is, what stands before it in its sentence does not say."""


OWNER = re.compile(
    rf"(?i)\bfrom the (?:[\w-]+ ){{0,2}}?([\w-]+?)(?:'s|(?<=s)') {VIEW}|"
    rf"\bfrom the {VIEW} of the (?:[\w-]+ ){{0,2}}?([\w-]+)$"
)
"""Who sees it so."""
OWN_SIDE = re.compile(r"(?i)\b(on|to) the ([\w-]+)'s (?=(?:left|right)\b)")
"""A side of somebody: "on the driver's left"."""

NAMED_SIDE = re.compile(
    r"(?i)\b(?:the|his|her|their|its|my|your|[\w-]+'s?) (?:own |far )?(left|right)\b"
    r"(?! (?:of|answer|option|choice|one to|way|place|order|size)\b)"
)
"""A side that is meant: "his left", "the right lane", not "the right answer"."""
NUMBERED = re.compile(
    rf"(?i)\b(first|second|third|fourth|last|other) (?:{PICTURE.strip('(?:)')}|view|viewpoint)\b"
)
"""One of several pictures."""


class Viewpoint(StrEnum):
    VIEWER = auto()
    ANOTHER = auto()
    NOBODY = auto()
    """Of somebody of whom the question does not ask."""


def asked_from(question: str, offered: str) -> Viewpoint | None:
    """From where a question with the offered options asks; None where it does not say, and where
    it does not ask for left or right."""
    if not SIDE_WORD.search(offered):
        return None
    if OF_VIEWER.search(question):
        return Viewpoint.VIEWER
    return Viewpoint.ANOTHER if OF_ANOTHER.search(question) else None


def side_in(question: str, offered: str) -> str:
    """The one side that a question names, where its options name none; else empty."""
    sides = {side.lower() for side in NAMED_SIDE.findall(question)}
    return "" if len(sides) != 1 or SIDE_WORD.search(offered) else sides.pop()


def is_on_other_side(clause: str, side: str) -> bool:
    """Whether a clause speaks of the other side than one that is asked for alone: of the right lane
    where the left one is."""
    named = {one.lower() for one in NAMED_SIDE.findall(clause)}
    return bool(side and named) and side not in SIDE_WORD.findall(clause.lower())


def pictures_in(text: str) -> set[str]:
    """Of which of several pictures a text speaks."""
    return {number.lower() for number in NUMBERED.findall(text)}


def said_from(text: str, asked: Set[str]) -> Viewpoint | None:
    """From where a clause of a reply says what it says, to a question that names some things; None
    where it does not say."""
    owner = OWNER.search(text)
    if owner and is_another_thing((owner[1] or owner[2]).lower(), asked):
        return Viewpoint.NOBODY
    if OF_ANOTHER.search(text):
        return Viewpoint.ANOTHER
    return Viewpoint.VIEWER if OF_VIEWER.search(text) or IN_PICTURE.search(text) else None


def is_as_viewed(clause: str) -> bool:
    """Whether a clause says no more than that what follows is as the viewer has it."""
    return LED.fullmatch(clause) is not None


def with_own_side(clause: str, asked: Set[str]) -> str:
    """A clause with a side of whom the question names as a side: "on the left"."""
    return OWN_SIDE.sub(
        lambda found: f"{found[1]} the " if found[2].lower() in asked else found[0], clause
    )
