"""Subjects: where clauses end, what a clause speaks of, and whether it is meant."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from evaluation.reading.existing import SCENE
from evaluation.reading.naming import is_thing
from evaluation.reading.option_texts import singular
from evaluation.reading.reply_parts import any_of

CONTRASTING = "and|but|yet|while|whereas|though|although"
JOINING = f"{CONTRASTING}|so|because|since|however|therefore|thus|hence"
IN_PICTURE = rf"(?:in (?:{SCENE}|the (?:first|second|third|fourth|last|other) \w+),?\s+)?"
JOINED = rf"(?i)^(?:(?:{JOINING})\s+)?{IN_PICTURE}"
IS = "(?:is|are|was|were|stands?|sits?|lies?|hangs?|rests?|appears?|seems?|looks?)"
THING = r"(?:[\w-]+\s+){0,2}?([\w-]+)"
"""A name of up to three words, with the last one in the group."""
CLAUSE_ENDS = re.compile(
    r"[,;:.!?]+(?=\s|$)\s*|[\u2014\u2013\n]\s*|"
    rf"(?<!\s)\s+(?:-+\s+|(?=(?:{JOINING}|making|meaning)\b))",
    re.IGNORECASE,
)
"""Between two clauses; a word that joins them belongs to the second."""
MAX_NAME = 60
"""Characters before the end of a clause in which a name is looked for: bounds time."""
BETWEEN = re.compile(r"(?i)\bbetween (?:the|an?) (?:[\w-]+ ){0,2}?[\w-]+$")
"""Before the "and" that joins the names of two things, not two clauses."""
WOULD = "(?:should|must|would|could|can|will|may|might)"
PREFACE = (
    r"(?:(?:(?!(?:an?|the|this|these|those|of|to|on|in|at|by|with|from|near|under|behind|above|"
    r"below|beside|inside|between|over)\b)[\w'-]+\s+){0,4}?"
    r"|.{0,60}?(?:\bthat\s+|[\"'\u201c\u2018]))"
    rf"{IN_PICTURE}"
)
"""Before a sentence: "maybe", "I think that", "they claim", "the statement that"."""
SUBJECT = re.compile(
    rf"{JOINED}{PREFACE}(?:the|this|that|these|those)\s+{THING}\s+(?:{IS}|{WOULD} be|has|have)\b"
)
"""What a clause speaks of, with the thing in the group."""
IT = re.compile(
    rf"(?i)^(?:[\w']+\s+){{0,5}}?(?:it|he|she|they)(?:'s|'re|\s+(?:{IS}|{WOULD}\s+be|has|have))\b"
)
"""Speaks of what a clause before it speaks of."""
OTHER = re.compile(
    rf"{JOINED}(?:(?:the|an?) (other|second|third|next|neighbou?ring)|(another)) [\w-]+ {IS}\b"
)
"""Another thing of the kind that is asked about."""
PART = re.compile(
    rf"{JOINED}(?:the|this|that) (?:[\w-]+ )?[\w-]+['\u2019]s ([\w-]+) {IS} "
    r"(?:on|to|in|at|behind|near)\b"
)
"""What belongs to a thing, and where it is, which may not be where the thing is."""
OWNER = re.compile(
    rf"{JOINED}{PREFACE}(?:the|this|that) (?:[\w-]+ )?(?P<owner>[\w-]+)['\u2019]s "
    rf"(?:[\w-]+ )?(?P<thing>[\w-]+) {IS}\b"
)
"""To whom belongs what a clause speaks of, and that."""
OF_OWNER = re.compile(
    rf"{JOINED}{PREFACE}the (?P<thing>[\w-]+) of (?:the|this|that) (?:[\w-]+ ){{0,2}}?"
    rf"(?P<owner>[\w-]+)(?: (?:on|in|at|to|next|near|behind|with)\b[^,;:]*?)? {IS}\b"
)
"""The same in other words."""
WITH_PLACE = re.compile(
    rf"{JOINED}{PREFACE}(?:the|this|that) {THING} (?:(?:to|on|in|at|next|near|behind|beside|under|"
    rf"above|below|by|with|inside)|(?!(?:{IS}|{WOULD})\b)\w+ing)\b[^,;:]*? {IS}\b"
)
"""What a clause speaks of, with where that is: "the man next to the bus"."""
DOING = re.compile(rf"{JOINED}{PREFACE}(?:the|this|that) {THING} [a-z]+s\b(?! (?:is|are)\b)")
"""A thing and what it does, where the word for it is that of a thing: "the dog faces left"."""
INVERTED = re.compile(
    rf"{JOINED}(?:to|on|in|at|behind|above|below|under|beside|near|next)\b[^,;:]*? "
    rf"(?:{IS} (?:the )?)?(?:an?|some) {THING}$"
)
"""A place, and what is there: "to the left of the laptop is a plant"."""
ANOTHER = re.compile(rf"{JOINED}(?:an?|some|another) {THING} {IS}\b")
"""What is brought in, and something of it: "a man is to the left of the car"."""

SUPPOSES = re.compile(rf"(?i)(?:\w+ ){{0,3}}?(?:{any_of('i')}|{any_of('t')})(?![\w'-])")
DENIES = re.compile(
    rf"(?i)(?:\w+ ){{0,3}}?(?:{any_of('n')}|{any_of('w')})(?: \w+){{0,2}}? that(?![\w'-])"
)
""""It is not true that", of all that follows in its sentence."""


class Subject(NamedTuple):
    """What a clause speaks of: the last word of its name, in the singular. `other` is the word for
    another one of its kind ("the second chair"); what `is_part` belongs to a thing that is named,
    and what `is_new` is brought in by the clause."""

    thing: str
    other: str = ""
    is_part: bool = False
    is_new: bool = False

    @property
    def is_named(self) -> bool:
        """Whether it is a thing that is known already."""
        return not (self.is_part or self.is_new)


def clause_ends(text: str) -> Iterator[re.Match[str]]:
    """What stands between the clauses of a text."""
    for found in CLAUSE_ENDS.finditer(text):
        before = text[max(found.start() - MAX_NAME, 0) : found.start()]
        if not (found[0].isspace() and BETWEEN.search(before)):
            yield found


def subject_of(clause: str) -> Subject | None:
    """What a clause speaks of; None where it has no subject of these forms."""
    found = OTHER.match(clause)
    other = (found[1] or found[2]).lower() if found else ""
    if named := SUBJECT.match(clause):
        return Subject(singular(named[1].lower()), other)
    if part := PART.match(clause):
        return Subject(singular(part[1].lower()), is_part=True)
    if new := INVERTED.match(clause) or ANOTHER.match(clause):
        return Subject(singular(new[1].lower()), other, is_new=True)
    placed = WITH_PLACE.match(clause)
    if not placed and (doing := DOING.match(clause)):
        placed = doing if is_thing(singular(doing[1].lower())) else None
    return Subject(singular(placed[1].lower())) if placed else None


def supposing(clause: str) -> str:
    """The start of a clause that is not meant, nor is what follows it in its sentence: that stays
    where the clause is left out. Empty where it is meant."""
    found = SUPPOSES.match(clause)
    return found[0] if found else ""


def denying(clause: str) -> str:
    """The start of a clause that denies what follows it in its sentence, in the same way."""
    found = DENIES.match(clause)
    return found[0] if found else ""
