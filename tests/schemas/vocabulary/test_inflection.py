"""Plurals and articles are those that inflect gives, or differ from them on purpose."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

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


def looked_at(names: list[str]) -> list[str]:
    """A quarter of the names, spread evenly; all of them with `--hypothesis-profile thorough`:
    inflect takes two milliseconds for each."""
    return names if settings().max_examples > 100 else names[::4]


def plural_by_inflect(english: "inflect.engine", name: str) -> str:
    head = name.split()[-1]
    if head.endswith("s") and not head.endswith(("ss", "us")) and english.singular_noun(head):
        return name
    return english.plural(name)


@pytest.fixture(scope="module")
def english() -> "inflect.engine":
    import inflect  # takes seconds

    return inflect.engine()


@pytest.mark.long
def test_plurals_are_those_of_inflect_or_listed_here(english):
    known = {
        name: plural
        for one in load_vocabulary().classes.values()
        for name, plural in zip((one.name, *one.also), (one.plural, *one.plurals_also), strict=True)
    }
    own = {name: name for name in MASS.split()} | OTHERS
    names = looked_at(list(known))
    expected = {name: plural_by_inflect(english, name) for name in names} | own
    assert {name: known[name] for name in expected} == expected


@pytest.mark.long
def test_articles_are_those_of_inflect_or_listed_here(english):
    vocabulary = load_vocabulary()
    known = [name for one in vocabulary.classes.values() for name in (one.name, *one.also)]
    own = {"suv": "an suv", "rv": "an rv"}
    expected = {name: str(english.a(name)) for name in looked_at(known)} | own
    assert {name: vocabulary.grammar.with_article(name) for name in expected} == expected


def test_words_with_an_article_of_their_own_begin_a_name():
    vocabulary = load_vocabulary()
    first = {
        name.split()[0] for one in vocabulary.classes.values() for name in (one.name, *one.also)
    }
    grammar = vocabulary.grammar
    assert grammar.said_with_a | grammar.said_with_an <= first
