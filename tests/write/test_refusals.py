"""What `verify` drops for its words or form, the writer's check of a reply refuses before."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.claim import Category, CountClaim, OrientationClaim
from schemas.completion.publish import published_ids
from schemas.config.margins import ExtractConfig, ProofConfig
from schemas.proof.facts import Facts
from schemas.proof.measures import OWN
from tasks.extract.candidates import find_candidates
from tasks.extract.counts import propose_counts
from tasks.extract.view import View
from tasks.language.forms.table import FORMS
from tasks.language.terms import terms_of
from tasks.verify.checks import find_problem
from tasks.write.open import open_columns, open_form, open_problem
from tasks.write.planned import Order, WrittenQuestion, planned_columns, planned_problem
from tests.scenes import NUM_OPTIONS, PROOF, filled, scene

IN_THE_SCENE = {"answer-refuted", "option-holds", "options-overlap"}
UNJUDGED = {"answer-unproved", "option-possible"}
"""Reasons that only the scene gives; all others are for the writer to know."""
YARD = scene(
    filled(
        ("man", (200, 240, 280, 520), {"depth": 3.0}),
        ("umbrella", (180, 150, 330, 280)),
        ("bicycle", (330, 330, 470, 470)),
        ("dog", (600, 420, 680, 500)),
        ("bus", (640, 60, 890, 330)),
        ("fire hydrant", (40, 420, 90, 510)),
        ("car", (400, 60, 580, 180)),
        *(("cup", (x, 540, x + 40, 590)) for x in (10, 110, 350)),
    ),
    [(0, "holding", 1), (0, "next to", 2), (4, "behind", 3)],
)
KNOWN = Facts(YARD, PROOF)
CANDIDATES = find_candidates(KNOWN, ExtractConfig(max_per_category=4), NUM_OPTIONS)
NAMES = {key: str(thing.class_name) for key, thing in YARD.objects.items()}
IDS = published_ids(YARD)
SPOILT_FIELDS = {
    "viewpoint": "bus.1", "object": "cup.1", "reference": "cup.1", "others": ["cup.1"],
    "class_name": "hair", "other_class": "sky", "predicate": "frolics", "dimension": "larger",
}  # fmt: skip
"""Fields of a reply's claims, and values that they seldom may have."""


@st.composite
def texts(draw, options):
    """The options as they are, or one of them changed."""
    texts, place = list(options), draw(st.integers(0, len(options) - 1))
    own, other = texts[place], texts[place - 1]
    spoilt = [own, f"{own} {own}", f"the {own} of the {own}", f"{own} or {other}", other, "",
              f"B) {own}", f"the {own}", f"{own} by the bus", "x" * 101]  # fmt: skip
    texts[place] = draw(st.sampled_from(spoilt))
    return texts


@st.composite
def asked(draw):
    """A candidate, a question that asks for it, and texts for its options, the answer first."""
    candidate = draw(st.sampled_from(CANDIDATES))
    form, claims = FORMS[candidate.category], [candidate.claim, *candidate.alternatives]
    options = [form.option(claim, candidate.asks, NAMES) for claim in claims]
    grammar = form.grammar(candidate.claim, candidate.asks, "proved", options, NAMES)
    wordings = [grammar.draw(draw(st.randoms(use_true_random=False))) for _ in range(3)]
    question = draw(st.sampled_from([*wordings, "Where is the cup?", "(A) or (B)?"]))
    return candidate, question, draw(texts(options))


def reply_of(candidate, question, options, spoil=lambda terms: terms):
    claims = [candidate.claim, *candidate.alternatives]
    terms = [{"predicate": None, "other_class": None} | terms_of(claim, IDS) for claim in claims]
    return open_form(candidate.category).model_validate(
        {
            "can_tell": True,
            "objects": [],
            "question": question,
            "options": [
                {"text": text, "claim": spoil(said)}
                for text, said in zip(options, terms, strict=True)
            ],
            "answer": "A",
            "level": "easy",
            "rating": 5,
        }
    )


def assert_only_the_scene_speaks_against(row, is_judged):
    problem = find_problem(row, KNOWN, is_judged=is_judged)
    of_scene = IN_THE_SCENE if is_judged else IN_THE_SCENE | UNJUDGED
    assert problem is None or problem[0] in of_scene, problem


@given(
    asked(), st.none() | st.sampled_from(sorted(SPOILT_FIELDS)), st.integers(-9, 25), st.booleans()
)
def test_what_an_open_reply_may_say_verify_does_not_drop(entry, spoilt, offset, is_judged):
    def spoil(terms):
        if spoilt in terms:
            terms = terms | {spoilt: SPOILT_FIELDS[spoilt]}
        return terms | ({"number": terms["number"] + offset} if "number" in terms else {})

    candidate, question, options = entry
    if candidate.category is Category.COUNT:
        options = [
            str(claim.number + offset) for claim in (candidate.claim, *candidate.alternatives)
        ]
    written = reply_of(candidate, question, options, spoil)
    category = candidate.category
    number = NUM_OPTIONS[category]
    if open_problem(written, category, number, Facts(YARD, PROOF), is_judged=is_judged) is None:
        assert_only_the_scene_speaks_against(
            open_columns(written, category, Facts(YARD, PROOF)), is_judged
        )


@given(asked(), st.booleans())
def test_what_a_planned_reply_may_say_verify_does_not_drop(entry, is_judged):
    candidate, question, options = entry
    claims = {
        f"c{place}": claim for place, claim in enumerate((candidate.claim, *candidate.alternatives))
    }
    order = Order(claims, "c0", candidate.asks, NAMES)
    written = planned_reply(question, zip(options, claims, strict=True))
    if planned_problem(written, order, is_judged=is_judged) is None:
        row = {"category": candidate.category.value, "asks": candidate.asks}
        row |= planned_columns(written, order)
        assert_only_the_scene_speaks_against(row, is_judged)


def planned_reply(question, options):
    return WrittenQuestion(
        why="",
        can_tell=True,
        question=question,
        options=[{"text": text, "claim": key} for text, key in options],
        answer="A",
        level="easy",
        rating=5,
    )


def test_an_option_that_names_its_thing_twice_is_refused():
    candidate = next(one for one in CANDIDATES if one.category is Category.SIZE)
    form, claims = FORMS[Category.SIZE], [candidate.claim, *candidate.alternatives]
    names = [form.option(claim, "largest", NAMES) for claim in claims]
    options = [f"the {names[0]} with the {names[0]}", *names[1:]]
    grammar = form.grammar(candidate.claim, "largest", "proved", [], NAMES)
    question = next(grammar.derivations())
    problem = f"option {options[0]!r} must name {names[0]!r} once and nothing else"
    found = open_problem(
        reply_of(candidate, question, options), Category.SIZE, 3, Facts(YARD, PROOF)
    )
    assert found == problem
    keys = {f"c{place}": claim for place, claim in enumerate(claims)}
    written = planned_reply(question, zip(options, keys, strict=True))
    assert planned_problem(written, Order(keys, "c0", "largest", NAMES)) == problem


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        (0, None),
        (20 - 3, None),
        (-1, "the claim of option A: -1 of 'cup': a number is from 0 to 20"),
        (18, "the claim of option D: 21 of 'cup': a number is from 0 to 20"),
    ],
)
def test_a_number_that_nobody_counts_to_is_refused(number, problem):
    claims = [CountClaim("cup", number + place) for place in range(4)]
    candidate = replace(
        CANDIDATES[0], category=Category.COUNT, asks="number", claim=claims[0],
        alternatives=tuple(claims[1:]),
    )  # fmt: skip
    options = [str(claim.number) for claim in claims]
    written = reply_of(candidate, "How many cups are there in the picture?", options)
    assert open_problem(written, Category.COUNT, 4, Facts(YARD, PROOF)) == problem


def test_a_viewpoint_of_a_third_thing_is_refused():
    claims = [OrientationClaim(4, 6, 3, direction) for direction in OWN]
    candidate = replace(
        CANDIDATES[0], category=Category.ORIENTATION, asks="direction", claim=claims[0],
        alternatives=tuple(claims[1:]),
    )  # fmt: skip
    options = [FORMS[Category.ORIENTATION].option(claim, "direction", NAMES) for claim in claims]
    written = reply_of(candidate, "In which direction from the car is the dog?", options)
    problem = "the claim of option A: viewpoint is null, or the same as reference"
    assert open_problem(written, Category.ORIENTATION, 4, Facts(YARD, PROOF)) == problem


@pytest.mark.parametrize(("number", "is_asked"), [(20, True), (21, False)])
def test_no_number_is_planned_that_verify_calls_absurd(number, is_asked):
    things = [("dog", (40 * place, 10, 40 * place + 30, 90)) for place in range(number)]
    view = View(Facts(scene(things, exhaustive=True), ProofConfig(max_count=30)), ExtractConfig())
    found = list(propose_counts(view, 4))
    assert bool(found) is is_asked
    assert all(claim.number <= 20 for entry in found for claim in entry.alternatives)
