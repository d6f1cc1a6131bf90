"""Naming: whether a word may name a thing that a question names by another one.

"The feline" and "the animal" may be its cat, "the sofa" its couch; "the phone" is none of both. Of
a word that is not in data/vocabulary/classes.toml nothing is known.
"""

from collections.abc import Iterable, Set
from functools import cache

from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.kinds import Kind

ANY = {
    "object", "item", "thing", "one", "image", "picture", "photo", "photograph", "scene", "frame",
    "foreground", "background", "viewer", "camera", "observer", "photographer",
}  # fmt: skip
"""Words that may stand for whatever is asked about, or for what is seen and who sees it."""

SETTING = {Kind.STUFF, Kind.ABSTRACT}
SEXES = ({"man", "boy", "father", "son"}, {"woman", "girl", "mother", "daughter"})
"""Classes of people, no one of whom is called by a word for the others."""


def is_another_thing(word: str, known: Iterable[str], said: Set[str] = frozenset()) -> bool:
    """Whether a word names a thing that can be none of those which these words name. Beside those
    that are said, too, it is no other word for one of them: "the boy and the man"."""
    if word in ANY or _class_of(word) is None:
        return False
    return not any(_is_kind(word, name) if name in said else may_be(word, {name}) for name in known)


def may_be(word: str, known: Iterable[str]) -> bool:
    """Whether a word may name a thing that one of these words names."""
    own = _class_of(word)
    others = {other for name in known if (other := _class_of(name))} if own else ()
    return any(
        load_vocabulary().may_be_same(own, other) and {*_sexes(own), *_sexes(other)} != {0, 1}
        for other in others
        if own
    )


def _sexes(class_name: str) -> list[int]:
    lineage = load_vocabulary().lineage(class_name)
    return [number for number, sex in enumerate(SEXES) if not sex.isdisjoint(lineage)]


def _is_kind(word: str, name: str) -> bool:
    """Whether one of two words names a kind of the other's."""
    own, other = _class_of(word), _class_of(name)
    if own is None or other is None:
        return False
    is_kind_of = load_vocabulary().is_kind_of
    return is_kind_of(own, other) or is_kind_of(other, own)


def is_thing(word: str) -> bool:
    """Whether a word is known to name a thing."""
    return _class_of(word) is not None


def is_solid(word: str) -> bool:
    """Whether a word is known to name a thing or its part, not the weather, a place or a time."""
    own = None if word in ANY else _class_of(word)
    return own is not None and load_vocabulary().classes[own].kind not in SETTING


@cache
def _class_of(word: str) -> str | None:
    """The class of a word, which may have lost its last s ("bu")."""
    vocabulary = load_vocabulary()
    return vocabulary.resolve(word).class_name or vocabulary.resolve(f"{word}s").class_name
