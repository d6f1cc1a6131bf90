"""Wording: what the sentences of several categories are made of."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from schemas.vocabulary.predicates import load_predicates

if TYPE_CHECKING:
    from inflect import engine

SPELLED_OUT = {"suv", "rv"}
"""Classes whose names are said letter by letter, and begin with the sound of a vowel."""


@cache
def _inflect() -> "engine":
    import inflect  # only here: it takes a second, and a finished build has nothing to word

    return inflect.engine()


def with_article(name: str) -> str:
    """`an elephant` for elephant."""
    return f"an {name}" if name in SPELLED_OUT else str(_inflect().a(name))


def phrase_of(predicate: str) -> str:
    return load_predicates()[predicate].phrase


def filled(wordings: Sequence[str], slots: Mapping[str, str]) -> Sequence[str]:
    return [wording.format(**slots) for wording in wordings]


def listed(keys: Iterable[int], names: Mapping[int, str]) -> str:
    """`the cat, the dog and the bus`, in the order of the ids."""
    things = [f"the {names[key]}" for key in sorted(keys)]
    return f"{', '.join(things[:-1])} and {things[-1]}"
