"""Qualified: whether a clause speaks of things of another colour, material or posture than those of
which its question asks.

Asked how many red cars there are, "there are four blue cars" says nothing, nor does "the people are
sitting" say who is standing. Values that people mix up (data/vocabulary/attributes.toml) are the
same.
"""

import re
from collections.abc import Iterator, Set

from evaluation.reading.option_texts import singular
from schemas.vocabulary.attributes import attribute_spellings, load_attributes

VALUE = rf"(?P<value>{'|'.join(sorted(attribute_spellings(), key=len, reverse=True))})"
NOUN = r"(?P<noun>[\w-]+)"
SAID_OF = (
    re.compile(rf"(?i)\b{VALUE} {NOUN}"),
    re.compile(rf"(?i)\b{NOUN} (?:(?:is|are) )?{VALUE}\b(?! or\b)"),
)
"""A value, and the word for the things of which it is said."""
THEM = "them"
"""Whatever is asked about."""
Qualified = tuple[str, str]
"""A word for things in the singular, and the name of an attribute's value."""


def qualified_in(text: str) -> Iterator[Qualified]:
    """The things of a text of which it says a value of an attribute."""
    for form in SAID_OF:
        for found in form.finditer(text):
            yield singular(found["noun"].lower()), attribute_spellings()[found["value"].lower()]


def is_otherwise(clause: str, asked: Set[Qualified]) -> bool:
    """Whether all values that a clause says of things that are asked about are other ones."""
    nouns = {noun for noun, _ in asked} | {THEM}
    said = [(noun, value) for noun, value in qualified_in(clause) if noun in nouns]
    return bool(said) and all(_refutes(noun, value, asked) for noun, value in said)


def _refutes(noun: str, value: str, asked: Set[Qualified]) -> bool:
    own = load_attributes()[value]
    wanted = {one for thing, one in asked if noun in (thing, THEM)}
    family = {one for one in wanted if load_attributes()[one].family == own.family}
    return bool(family) and family.isdisjoint({value, *own.near})
