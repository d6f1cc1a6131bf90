"""Plurals are those that inflect gives, or differ from them on purpose."""

from typing import TYPE_CHECKING

from schemas.vocabulary.classes import load_vocabulary

if TYPE_CHECKING:
    import inflect

MASS = (
    "alcohol bacon bedding cardboard cattle celery corn dishware fur garlic gravel hay honey ice "
    "milk money paperwork popcorn rice rust scaffolding scenery seafood silverware spinach "
    "sunlight traffic trash wildlife"
)
"""Of which nobody counts several."""
OTHERS = {
    # inflect errs
    "gentleman": "gentlemen", "rhinoceros": "rhinoceroses", "thermos": "thermoses",
    "lens": "lenses", "gas": "gases", "lego": "legos",
    # the word is the plural of something else, or that of the pieces
    "butter": "butters", "peanut butter": "peanut butters", "wood": "wood grains",
}  # fmt: skip


def plural_by_inflect(english: "inflect.engine", name: str) -> str:
    head = name.split()[-1]
    if head.endswith("s") and not head.endswith(("ss", "us")) and english.singular_noun(head):
        return name
    return english.plural(name)


def test_plurals_are_those_of_inflect_or_listed_here():
    import inflect  # takes seconds

    known = {
        name: plural
        for one in load_vocabulary().classes.values()
        for name, plural in zip((one.name, *one.also), (one.plural, *one.plurals_also), strict=True)
    }
    english = inflect.engine()
    expected = {name: plural_by_inflect(english, name) for name in known}
    assert known == expected | {name: name for name in MASS.split()} | OTHERS
