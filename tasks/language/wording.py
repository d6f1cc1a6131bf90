"""Wording: what the sentences of several categories are made of."""

from collections.abc import Iterable, Mapping, Sequence

from schemas.vocabulary.predicates import load_predicates


def phrase_of(predicate: str) -> str:
    return load_predicates()[predicate].phrase


def filled(wordings: Sequence[str], slots: Mapping[str, str]) -> Sequence[str]:
    return [wording.format(**slots) for wording in wordings]


def listed(keys: Iterable[int], names: Mapping[int, str]) -> str:
    """`the cat, the dog and the bus`, in the order of the ids."""
    things = [f"the {names[key]}" for key in sorted(keys)]
    return f"{', '.join(things[:-1])} and {things[-1]}"
