"""Every sentence that the template writer may draw says what its claims say. Each grammar is tried
with all of its derivations, on things named by their class, and with some on things described."""

from random import Random

import pytest

from schemas.claim import (
    Category,
    CountClaim,
    DepthClaim,
    Direction,
    OrientationClaim,
    RelationClaim,
)
from schemas.vocabulary.predicates import load_predicates
from tasks.extract.whether import REFUTED_BY_BOXES
from tasks.language.forms.table import FORMS, form_of
from tasks.language.grammar import BLANK, PART, Grammar
from tasks.language.reading import gives_away, read_words
from tasks.language.words.phrases import Reading
from tasks.write.texts import form_problems, meaning_problems
from tests.language.test_reading import ASKED, NAMES, relations, seen

DESCRIBED = {
    0: "dog at the left edge of the picture",
    1: "red couch",
    2: "largest cat",
    3: "man who appears largest",
    4: "car in the top left corner of the picture",
    5: "brown horse",
}
TEMPLATES = {key: (asks, claims, "proved") for key, (asks, claims, _) in ASKED.items()
             if key != "reach how"} | {
    "in front": ("nearer", [DepthClaim(0, 2), DepthClaim(2, 0)], "asserted"),
    "behind": ("farther", [DepthClaim(0, 2), DepthClaim(2, 0)], "asserted"),
    "beside which": ("object", [RelationClaim(0, "left of", 1), RelationClaim(0, "left of", 2)],
                     "proved"),
    "diagonal": ("direction", seen(None, Direction.ABOVE_LEFT, Direction.BELOW_LEFT), "proved"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("evidence", "asks", "said"),
    [
        ("asserted", "nearer", {"in front of the other"}),
        ("asserted", "farther", {"behind the other"}),
        ("proved", "nearer", {"closer to the", "nearer to the"}),
        ("proved", "farther", {"farther from the", "farther away from the"}),
    ],
)
def test_only_measured_depth_is_asked_from_the_viewer(evidence, asks, said):
    claims, form = [DepthClaim(0, 2), DepthClaim(2, 0)], FORMS[Category.DEPTH]
    questions = [form.worded(claims, asks, evidence, NAMES, Random(seed))[0] for seed in range(40)]
    assert all(any(words in question for words in said) for question in questions)
    is_measured = [" viewer" in question or " camera" in question for question in questions]
    assert set(is_measured) == {evidence == "proved"}


def unread(asks, claims, evidence, names, questions=None):
    """The questions, of all that may be drawn or of some, that are not read as their claims."""
    form, found = form_of(claims[0]), []
    options = [form.option(claim, asks, names) for claim in claims]
    grammar = form.grammar(claims[0], asks, evidence, options, names)
    for question in questions or grammar.derivations():
        for manner in form.manners_of(asks, question):
            texts = [manner(option) for option in options]
            words = question, texts, claims, asks, names
            if read_words(*words)[0] is not Reading.READ or gives_away(*words):
                found.append((question, texts))
    return found


@pytest.mark.parametrize("key", TEMPLATES)
def test_every_derivation_is_read_as_its_claim(key):
    asks, claims, evidence = TEMPLATES[key]
    assert unread(asks, claims, evidence, NAMES) == []


@pytest.mark.parametrize("key", TEMPLATES)
def test_things_that_are_described_are_read_as_well(key):
    asks, claims, evidence = TEMPLATES[key]
    form = form_of(claims[0])
    if isinstance(claims[0], OrientationClaim) and claims[0].viewpoint is not None:
        names = DESCRIBED | {3: "man"}  # who has a point of view is named by his class
    else:
        names = DESCRIBED
    for seed in range(20):
        question, options = form.worded(claims, asks, evidence, names, Random(seed))
        words = question, options, claims, asks, names
        assert read_words(*words) == (Reading.READ, ""), words
        assert not list(form_problems(question, options))
        assert not list(meaning_problems(*words, is_judged=False))


ENDS = [
    (predicate.name, asks)
    for predicate in load_predicates().values()
    for asks in sorted(predicate.asks - {"predicate"})
]


ASKED_FOR_YES_OR_NO = {
    predicate.name
    for predicate in load_predicates().values()
    if predicate.asks and predicate.needs in REFUTED_BY_BOXES
}


@pytest.mark.parametrize("asks", ["object", "subject"])
def test_every_predicate_is_read_where_an_end_is_asked_for(asks):
    for name in [name for name, asked in ENDS if asked == asks]:
        pair = relations(0, 1, name) + (
            relations(0, 2, name) if asks == "object" else relations(2, 1, name)
        )
        claims = [FORMS[_home(name)].claim(*_ends_of(claim)) for claim in pair]
        form = form_of(claims[0])
        questions = {
            form.worded(claims, asks, "asserted", NAMES, Random(seed))[0] for seed in range(12)
        }
        assert unread(asks, claims, "asserted", NAMES, questions) == [], name


@pytest.mark.parametrize("name", sorted(ASKED_FOR_YES_OR_NO))
def test_every_predicate_is_read_where_it_is_asked_for_yes_or_no(name):
    claims = [FORMS[_home(name)].claim(3, name, 1, holds) for holds in (True, False)]
    form = form_of(claims[0])
    questions = {
        form.worded(claims, "holds", "asserted", NAMES, Random(seed))[0] for seed in range(12)
    }
    assert unread("holds", claims, "asserted", NAMES, questions) == []


def _home(name):
    return Category.REACH if load_predicates()[name].is_contact else Category.RELATION


def _ends_of(claim):
    return claim.subject, claim.predicate, claim.object


@pytest.mark.parametrize("key", TEMPLATES)
def test_the_words_do_not_depend_on_which_claim_is_right_nor_on_their_order(key):
    asks, claims, evidence = TEMPLATES[key]
    form = form_of(claims[0])
    for seed in range(8):
        question, options = form.worded(claims, asks, evidence, NAMES, Random(seed))
        turned = form.worded(claims[::-1], asks, evidence, NAMES, Random(seed))
        assert turned == (question, options[::-1])


@pytest.mark.parametrize("key", TEMPLATES)
def test_a_grammar_has_no_derivation_twice_and_no_part_that_stays(key):
    asks, claims, evidence = TEMPLATES[key]
    form = form_of(claims[0])
    options = [form.option(claim, asks, NAMES) for claim in claims]
    grammar = form.grammar(claims[0], asks, evidence, options, NAMES)
    texts = list(grammar.derivations())
    assert len(texts) == len(set(texts)) > 60
    assert all(text[0].isupper() and text.endswith("?") for text in texts)
    assert not any(PART.search(text) or "  " in text for text in texts)
    assert sum(BLANK in text for text in texts) > 3 or asks in form.asks_yes_or_no
    assert all(grammar.draw(Random(seed)) in texts for seed in range(9))


def test_a_part_reads_the_same_wherever_it_stands():
    grammar = Grammar({"ask": ("{a} and {a} or {b}?",), "a": ("x", "y"), "b": ("z {a}",)})
    assert list(grammar.derivations()) == ["X and x or z x?", "Y and y or z y?"]
    assert {grammar.draw(Random(seed)) for seed in range(9)} == set(grammar.derivations())
    said = grammar.filled(a="one. two").draw(Random(1))
    assert said == "One. Two and one. Two or z one. Two?"


def test_numerals_are_written_in_figures_and_in_words():
    claims = [CountClaim("cup", 3), CountClaim("cup", 2)]
    form = FORMS[Category.COUNT]
    drawn = {
        tuple(form.worded(claims, "number", "proved", {}, Random(seed))[1]) for seed in range(20)
    }
    assert drawn == {("3", "2"), ("three", "two")}


def test_the_word_for_the_picture_is_one_in_a_question_and_its_options():
    claims = [RelationClaim(1, "on", 0), RelationClaim(1, "on", 4)]
    form = FORMS[Category.RELATION]
    for seed in range(20):
        question, options = form.worded(claims, "object", "asserted", DESCRIBED, Random(seed))
        text = " ".join((question, *options))
        found = [word for word in ("picture", "image", "photo", "photograph")
                 if f" {word}" in text.replace("photograph", "photogram")]  # fmt: skip
        assert len(found) == 1
