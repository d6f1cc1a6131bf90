"""Plurals are those that inflect gives, for all names that need one."""

import inflect

from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.plurals import plural_of

INFLECT_ERRS = {"gentleman": "gentlemen"}


def plural_by_inflect(english: inflect.engine, name: str) -> str:
    head = name.split()[-1]
    if head.endswith("s") and not head.endswith(("ss", "us")) and english.singular_noun(head):
        return name
    return INFLECT_ERRS.get(name) or english.plural(name)


def test_plurals_are_those_of_inflect():
    classes = load_vocabulary().classes.values()
    names = {name for one in classes for name in one.also}
    names |= {one.name for one in classes if one.plural == plural_of(one.name)}
    english = inflect.engine()
    assert {name: plural_of(name) for name in names} == {
        name: plural_by_inflect(english, name) for name in names
    }
