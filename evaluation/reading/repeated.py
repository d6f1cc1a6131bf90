"""Repeated: replies that say again, or deny, what their question asks for by yes or no.

"The lamp is taller than the sofa" says yes to "Is the lamp taller than the sofa?"; "it is not
taller than the sofa", "the lamp is shorter" and "the sofa is taller" say no. A whole clause must be
of the question's own words, in their order, so that "the lamp is taller than the chair" says
nothing of it. A pronoun stands for what a question speaks of only where no other thing can be
meant: "it is taller" may speak of the sofa. Where a reply speaks of what only seems so, or goes on
with "but", nothing counts; nor does what it says that it will check.
"""

import re
from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

from evaluation.reading.asked import SCALES, Scale
from evaluation.reading.plain_clauses import (
    BEGIN,
    OF_SCENE,
    TOKEN,
    VERBS,
    clauses_of,
    stem,
    words_of,
)
from evaluation.reading.skeletons import with_not
from evaluation.reading.subjects import IT, subject_of

ASKS = re.compile(
    r"(?i)(?:^|[.,:;!?\n]\s+|\bthat\s+)(?:is|are|was|were|do|does|did|can|could) ([^?.,:;\n]+)\?"
)
"""What a question asks to be confirmed."""
ANOTHER_FORM = re.compile(r"(?i)\b(?:or|there|not|no|never|more|any|if)\b|n't\b")
"""Of a question that does not ask by one sentence whether that holds."""
PRONOUNS = [["it"], ["they"], ["he"], ["she"]]
CERTAINLY = {"clearly", "definitely", "indeed", "certainly", "visibly", "obviously", "also"}
"""What a clause that agrees may have besides."""
GOES_ON = {
    "of", "to", "in", "on", "at", "by", "with", "from", "than", "near", "behind", "above", "below",
    "under", "over", "beside", "next", "inside", "between", "and", "left", "right", "front",
}  # fmt: skip
"""Words behind which a sentence speaks of more than one thing."""
MAX_SUBJECT = 4
"""Words that "it" may stand for."""
OPPOSITES = [
    *SCALES,
    Scale(re.compile("same"), re.compile("opposite|different")),
    Scale(re.compile(r"\bleft\b"), re.compile(r"\bright\b")),
]
"""Words of which one in the place of the other denies a sentence."""


class Proposition(NamedTuple):
    """What a question asks to be confirmed: its words in order; the places of those behind an
    article; the letters of the options that confirm and deny it."""

    words: list[str]
    behind_article: Set[int]
    yes: str
    no: str


def proposition_in(question: str, options: Mapping[str, str]) -> Proposition | None:
    """What a question asks to be confirmed; None where its options are not one of yes and one of
    no, or where it asks by more than one sentence, or whether something is there."""
    asked = ASKS.findall(OF_SCENE.sub("", question))
    if not asked or ANOTHER_FORM.search(asked[-1]):
        return None
    starts = {letter: TOKEN.findall(text.lower())[:1] for letter, text in options.items()}
    yes, no = ([one for one in starts if starts[one] == [word]] for word in ("yes", "no"))
    if len(yes) != 1 or len(no) != 1:
        return None
    words, behind = words_of(asked[-1])
    return Proposition(words, behind, yes[0], no[0])


def confirmed(text: str, asked: Proposition) -> str | None:
    """The letter of the option that every clause of a plain text chooses that says again or denies
    what is asked; None where none does, or the text does not simply say so."""
    said: set[str | None] = set()
    things = {*asked.words}
    for clause in clauses_of(with_not(text)):
        if IT.match(clause) and not things <= {*asked.words}:
            continue
        said.add(_said(clause, asked))
        if subject := subject_of(clause):
            things = {subject.thing}
    said -= {None}
    return said.pop() if len(said) == 1 else None


def _said(clause: str, asked: Proposition) -> str | None:
    """The letter that a clause chooses."""
    clause = BEGIN.sub("", clause).lower()
    if clause in ("yes", "no"):
        return asked.yes if clause == "yes" else asked.no
    words, behind = words_of(clause)
    place = next((place for place, word in enumerate(words) if word in VERBS), 0)
    if not place:
        told = [*map(stem, words)]
        return asked.yes if any(told == [*map(stem, form)] for form in _forms(asked)) else None
    is_denied = words[place + 1 : place + 2] == ["not"]
    start = place + 1 + is_denied
    subject, rest = words[:place], words[start:]
    if not is_denied:
        rest = [word for word in rest if word in asked.words or word not in CERTAINLY]
    is_pronoun = subject in PRONOUNS
    named = [subject]
    if is_pronoun:
        named = [asked.words[:end] for end in _ends(asked) if start not in behind]
    holding = [_holds(one, rest, asked.words, is_whole=is_pronoun) for one in named]
    found = [holds for holds in holding if holds is not None]
    if len(found) != 1 or (is_denied and not found[0]):
        return None
    return asked.yes if found[0] != is_denied else asked.no


def _ends(asked: Proposition) -> list[int]:
    """The places where the one thing that a question speaks of may end, which "it" stands for."""
    places = range(1, min(MAX_SUBJECT, len(asked.words) - 1) + 1)
    return [
        place
        for place in places
        if GOES_ON.isdisjoint(asked.words[:place]) and place not in asked.behind_article
    ]


def _forms(asked: Proposition) -> list[list[str]]:
    """What a question asks to be confirmed, with each pronoun in place of what it speaks of."""
    short = [[*one, *asked.words[end:]] for end in _ends(asked) for one in PRONOUNS]
    return [asked.words, *short]


def _holds(subject: list[str], rest: list[str], asked: list[str], *, is_whole: bool) -> bool | None:
    """Whether a sentence with this subject says that what is asked holds, or that its opposite
    does; None where it says neither. Unless it must be whole, a comparison may leave out the other
    thing."""
    compared = asked.index("than") if "than" in asked else len(asked)
    if subject == asked[: len(subject)]:
        wanted = [asked[len(subject) :]]
        if not is_whole:
            wanted.append(asked[len(subject) : compared])
        return True if rest in wanted else False if _is_opposite(rest, wanted) else None
    if subject != asked[compared + 1 :]:
        return None
    for start in range(1, compared):
        head, other = asked[start:compared], asked[:start]
        turned = [head, [*head, "than", *other]]
        if rest in turned:
            return False
        if _is_opposite(rest, turned):
            return True
    return None


def _is_opposite(rest: list[str], wanted: Sequence[list[str]]) -> bool:
    """Whether words are others with one end of a scale in place of its other end."""
    said = " ".join(rest)
    for one, other in [*OPPOSITES, *(scale[::-1] for scale in OPPOSITES)]:
        for words in wanted:
            text = " ".join(words)
            if one.search(said) and one.sub("\0", said) == other.sub("\0", text):
                return True
    return False
