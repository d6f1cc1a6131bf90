"""Filled: replies that say their question again, with an option in the place of what it asks for.

"The left side of the car is facing the camera" says the left to "Which side of the car is facing
the camera?", "the ball lies at the bottom right" the ball to "Which object is at the bottom
right?", "the bird is perched on the roof" that to "Where is the bird?", "the horse is facing
left" that to "Which way is the horse facing?", and "four boats are moored" that to "How many boats
are moored?". A whole clause must be of the question's words and the option's, but for the verb by
which a thing is somewhere and for endings of words.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from evaluation.reading.option_texts import DIGITS
from evaluation.reading.plain_clauses import BEGIN, OF_SCENE, clauses_of, stem, words_of

NAME = r"(?:the|this|that) (?:[\w-]+ ){0,2}?[\w-]+"
SUBJECT = re.compile(
    rf"(?i)\b(?:which|what|who)(?: (?!is\b|are\b)(?P<noun>[\w-]+)(?: of (?P<owner>{NAME}))?)? "
    r"(?P<said>(?:is|are|was|were) [^?.,;:\n]+|[a-z]+s(?<!ss) [^?.,;:\n]+)"
)
"""What a question says of the thing, or part of a thing, that it asks for."""
PLACE = re.compile(
    rf"(?i)\bwhere (?:is|are|was|were) (?P<thing>{NAME})"
    r"(?=\?|,| (?:in|on|at|with|relative|located|positioned|placed|situated|compared)\b)"
)
"""The thing for whose place a question asks."""
WAY = re.compile(
    rf"(?i)\b(?:which|what) (?:way|direction) (?:is|are|does|do) (?P<thing>{NAME}) "
    r"(?P<verb>fac\w+|look\w*|point\w*|mov\w+|head\w*|go\w*|travel\w*|driv\w+|walk\w*)(?=[?,])"
)
"""The thing for whose direction a question asks, and what it does."""
COUNT = re.compile(
    r"(?i)\bhow many (?P<said>[\w-]+(?: [\w-]+)? (?:is|are|was|were) (?!there\b)[^?.,;:\n]+)\?"
)
"""The things that a question counts, and what it says of them."""
BEING = {
    "is", "are", "was", "were", "lies", "lie", "lying", "stands", "stand", "standing", "sits",
    "sit", "sitting", "hangs", "hang", "hanging", "rests", "rest", "resting", "located", "placed",
    "positioned", "situated", "perched",
}  # fmt: skip
"""Words by which a thing is somewhere, if a place follows."""


class Gap(NamedTuple):
    """What may stand before and behind an option where a reply says the question again; `is_alone`
    where it must say nothing else: "four boats are moored, and one more behind them"."""

    before: Sequence[str]
    after: Sequence[str]
    is_alone: bool = False


def gaps_in(question: str) -> list[Gap]:
    """Where a question has room for its answer; empty where it is of none of these forms."""
    plain = OF_SCENE.sub("", question)
    if place := PLACE.search(plain):
        return [Gap(_content(place["thing"]), ())]
    if way := WAY.search(plain):
        before = _content(f"{way['thing']} {way['verb']}")
        return [Gap(before, ()), Gap([*before, "to"], ())]
    if count := COUNT.search(plain):
        return [Gap((), _content(count["said"]), is_alone=True)]
    subject = SUBJECT.search(plain)
    if not subject:
        return []
    said, noun = _content(subject["said"]), _content(subject["noun"] or "")
    owner = _content(subject["owner"] or "")
    gaps = [Gap((), said), Gap((), [*noun, *said])]
    if owner:
        gaps += [Gap((), [*part, "of", *owner, *said]) for part in ((), noun)]
        gaps += [Gap(owner, [*part, *said]) for part in ((), noun)]
    return gaps


def filled(text: str, gaps: Sequence[Gap], options: Mapping[str, str]) -> str | None:
    """The letter of the only option that clauses of a plain text put into a gap."""
    clauses = [words for one in clauses_of(text) if (words := _content(BEGIN.sub("", one)))]
    forms = {
        (*gap.before, *_content(option), *gap.after): letter
        for letter, option in options.items()
        for gap in gaps
        if len(clauses) == 1 or not gap.is_alone
    }
    said = {forms.get(tuple(words)) for words in clauses} - {None}
    return said.pop() if len(said) == 1 else None


def _content(text: str) -> list[str]:
    words = words_of(text)[0]
    last = words[-1:] if words[-1:] != ["is"] and words[-1:] != ["are"] else []
    words = [*(word for word in words[: len(words) - len(last)] if word not in BEING), *last]
    return [DIGITS.get(word) or stem(word) for word in words]
