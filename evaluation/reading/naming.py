"""Naming: whether a word may name a thing that a question names by another one.

"The feline" and "the animal" may be its cat, "the sofa" its couch; "the phone" is none of both. Of
a word that is not in data/vocabulary/classes.toml nothing is known.
"""

from collections.abc import Iterable
from functools import cache

from schemas.vocabulary.classes import load_vocabulary

ANY = {
    "object", "item", "thing", "one", "image", "picture", "photo", "photograph", "scene", "frame",
    "foreground", "background", "viewer", "camera", "observer", "photographer",
}  # fmt: skip
"""Words that may stand for whatever is asked about, or for what is seen and who sees it."""


def is_another_thing(word: str, known: Iterable[str]) -> bool:
    """Whether a word names a thing that can be none of those which these words name."""
    own = None if word in ANY else _class_of(word)
    if own is None:
        return False
    others = {other for name in known if (other := _class_of(name))}
    return not any(load_vocabulary().may_be_same(own, other) for other in others)


@cache
def _class_of(word: str) -> str | None:
    """The class of a word, which may have lost its last s ("bu")."""
    vocabulary = load_vocabulary()
    return vocabulary.resolve(word).class_name or vocabulary.resolve(f"{word}s").class_name
