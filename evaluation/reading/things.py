"""Things: which words of a reply name what its question names, or a part of it.

Asked whether a butterfly's wings are open, "the flower is open" says nothing, nor do "the bird's
wings are open" and "the butterfly's eyes are open".
"""

from collections.abc import Set

from evaluation.reading.asked import Asked
from evaluation.reading.naming import is_another_thing, is_solid, is_thing, may_be
from evaluation.reading.option_texts import singular
from evaluation.reading.subjects import OF_OWNER, OWNER

WHOLE = {
    "top", "bottom", "front", "back", "side", "end", "edge", "middle", "center", "color", "body",
    "head", "face", "surface",
}  # fmt: skip
"""Words for a thing itself, as far as a question about it goes: "the top of the shelf"."""
OWNERS = {"owner", "handler", "keeper", "neighbor", "neighbour"}
"""Who is no part of the thing whose they are."""


def is_none_of(thing: str, asked: Asked, said: Set[str]) -> bool:
    """Whether a word names another thing than all that the question names; `said` are the things
    that the reply names. Of a question for the weather, everything in the picture may speak."""
    is_of_many = asked.is_counted or (_is_which(asked) and not asked.references)
    is_of_thing = bool(asked.references) or any(map(is_solid, asked.things))
    return is_of_thing and not is_of_many and is_another_thing(thing, asked.things, said)


def is_owned_by_another(clause: str, asked: Asked, said: Set[str]) -> bool:
    """Whether a clause speaks of what belongs to another thing, or of no such part of a thing as
    the question names: "the bird's wings", "the woman's friend"."""
    found = OWNER.match(clause) or OF_OWNER.match(clause)
    if not found:
        return False
    owner, thing = found["owner"].lower(), found["thing"].lower()
    is_known = owner in asked.things or may_be(owner, asked.things)
    if not is_known or singular(thing) in asked.things:
        return is_none_of(owner, asked, said)
    is_person = thing in OWNERS or may_be(thing, {owner})
    return is_person or (not _is_which(asked) and is_another_thing(thing, asked.things | WHOLE))


def is_reference(thing: str, asked: Asked) -> bool:
    """Whether a word names that from which the place of another thing is asked."""
    is_only = not may_be(thing, asked.things - asked.references)
    return thing in asked.references or (is_only and may_be(thing, asked.references))


def _is_which(asked: Asked) -> bool:
    """Whether it is asked which of some things is at an end of a scale."""
    return bool(asked.ends) and any(map(is_thing, asked.offered))
