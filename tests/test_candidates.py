import json
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.claim import Category, DepthClaim, RelationClaim, decode_claim, objects_of
from schemas.config import ExtractConfig
from schemas.proof import Facts
from schemas.question import SUBGRAPH
from schemas.vocabulary import load_vocabulary
from tasks.candidates import find_candidates
from tasks.extract import subgraph_rows
from tests.scenes import EXTRACT, NUM_OPTIONS, PROOF, facts, filled, scene, scenes

NAMES = ["dog", "cat", "man", "woman", "couch", "table", "box", "car", "tree", "scissors", "grass"]


def rows_of(one):
    return list(subgraph_rows(one, PROOF, EXTRACT, NUM_OPTIONS))


def found(category, *args, **settings):
    known = facts(*args, **settings)
    candidates = find_candidates(known, EXTRACT, NUM_OPTIONS)
    return [entry for entry in candidates if entry.category is category]


def asked(category, *args, **settings):
    """The claims that are asked in a category, with the alternatives of each."""
    return {entry.claim: entry.alternatives for entry in found(category, *args, **settings)}


DOG, COUCH = ("dog", (0, 0, 90, 90)), ("couch", (0, 80, 200, 200))
LIVING_ROOM = [
    ("man", (100, 200, 200, 500)),
    ("woman", (700, 200, 800, 500)),
    ("dog", (420, 400, 500, 480)),
    ("box", (560, 20, 620, 90)),
    ("couch", (380, 470, 540, 560)),
]


@given(scenes(at_least=4, names=NAMES))
@settings(max_examples=60)
def test_every_answer_is_supported_and_every_alternative_refuted(one):
    known = Facts(one, PROOF)
    for candidate in find_candidates(known, EXTRACT, NUM_OPTIONS):
        assert known.holds(candidate.claim).supports
        assert all(known.holds(other).refutes for other in candidate.alternatives)
        assert len(candidate.alternatives) == NUM_OPTIONS[candidate.category] - 1
        assert all(known.is_unique(key) for key in candidate.objects)


@given(scenes(at_least=4, names=NAMES))
@settings(max_examples=60)
def test_subgraphs_are_closed_and_lie_in_their_scene(one):
    links = {link.relationship_id: link for link in one.relationships}
    rows = rows_of(one)
    assert len({row["question_id"] for row in rows}) == len(rows)
    for row in rows:
        objects = set(row["objects"])
        assert objects <= one.objects.keys()
        assert len(objects) == len(row["objects"]) == len(row["names"])
        ends = [(links[key].subject, links[key].object) for key in row["relationships"]]
        assert all({subject, target} <= objects for subject, target in ends)
        assert len(row["relationships"]) == sum(
            {link.subject, link.object} <= objects for link in one.relationships
        )
        claims = [decode_claim(text) for text in (row["claim"], *row["alternatives"])]
        named = {key for claim in claims for key in objects_of(claim)}
        assert objects == named or row["category"] in ("count", "existence")
        assert 1 <= row["rating"] <= 10
        assert row["level"] in ("easy", "medium", "hard")


@given(scenes(at_least=3, names=NAMES), st.randoms())
@settings(max_examples=40)
def test_the_order_of_objects_and_annotations_changes_nothing(one, random):
    objects = list(one.objects.items())
    random.shuffle(objects)
    shuffled = type(one)(
        one.image_id, one.width, one.height, one.has_frame, one.is_exhaustive, dict(objects),
        one.relationships,
    )  # fmt: skip
    assert {row["question_id"] for row in rows_of(shuffled)} == {
        row["question_id"] for row in rows_of(one)
    }


def test_a_row_says_what_it_asks_and_why_it_is_true():
    one = scene(filled(*LIVING_ROOM), [(2, "on", 4)], image_id="2317")
    row = next(row for row in rows_of(one) if row["asks"] == "predicate" and '"on"' in row["claim"])
    assert pl.DataFrame([row], schema=SUBGRAPH).height == 1
    assert row["question_id"].startswith("2317-relation-")
    assert json.loads(row["claim"]) == {
        "category": "relation", "subject": 2, "predicate": "on", "object": 4,
    }  # fmt: skip
    places = {json.loads(text)["predicate"] for text in row["alternatives"]}
    assert places == {"under", "next to", "far from"}
    assert (row["objects"], row["names"], row["relationships"]) == ([2, 4], ["dog", "couch"], [0])
    assert (row["evidence"], row["margin"], row["detail"]) == (
        "asserted",
        None,
        "annotated as 'on'",
    )


def test_a_relation_is_asked_by_its_place_its_subject_and_its_object():
    relations = found(Category.RELATION, LIVING_ROOM, [(2, "on", 4)])
    on = RelationClaim(2, "on", 4)
    assert {entry.asks for entry in relations if entry.claim == on} == {
        "predicate", "subject", "object",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        # a phone call, an object that is one of several, something with a doubtful name
        ([("man", (100, 100, 300, 500)), ("phone", (150, 150, 190, 200))], (0, "on", 1)),
        ([DOG, COUCH, ("couch", (600, 0, 700, 90))], (0, "on", 1)),
        ([("dogs", (0, 0, 90, 90)), COUCH], (0, "on", 1)),
        # belonging and clothing are never asked about
        ([("man", (0, 0, 90, 300)), ("hat", (10, 0, 60, 30))], (0, "wearing", 1)),
        ([DOG, COUCH], (0, "with", 1)),
    ],
)  # fmt: skip
def test_some_annotations_make_no_question(objects, said):
    others = [
        ("cow", (800, 0, 890, 90)),
        ("horse", (800, 500, 890, 590)),
        ("cat", (500, 500, 560, 560)),
    ]
    claims = asked(Category.RELATION, [*objects, *others], [said])
    assert RelationClaim(*said) not in claims


@pytest.mark.parametrize(
    ("name", "is_asked"), [("ball", True), ("scissors", False), ("hair", False), ("gizmo", False)]
)
def test_only_nameable_things_are_asked_about(name, is_asked):
    claims = asked(Category.INSTANCE_LOCATION, [(name, (10, 10, 110, 110))])
    assert bool(claims) is is_asked


@pytest.mark.parametrize(
    ("box", "is_asked"),
    [
        ((10, 10, 60, 60), True),
        ((10, 10, 21, 300), False),
        ((10, 10, 50, 60), False),
        ((0, 0, 900, 500), False),
    ],
)
def test_small_and_overwhelming_things_are_not_asked_about(box, is_asked):
    others = [("cat", (400, 300, 700, 560)), ("cow", (750, 10, 880, 160))]
    sizes = asked(Category.SIZE, [("dog", box), *others])
    assert any(0 in objects_of(claim) for claim in sizes) is is_asked


def test_who_does_something_is_only_asked_where_somebody_else_might():
    objects = [("man", (100, 200, 200, 500)), ("umbrella", (120, 100, 260, 220))]
    things = [
        ("car", (700, 0, 800, 90)),
        ("tree", (500, 0, 600, 300)),
        ("box", (800, 500, 890, 590)),
    ]
    reaches = found(Category.REACH, [*objects, *things], [(0, "holding", 1)])
    assert {entry.asks for entry in reaches} == {"object"}
    things[0] = ("dog", (700, 0, 800, 90))
    reaches = found(Category.REACH, [*objects, *things], [(0, "holding", 1)])
    assert {entry.asks for entry in reaches} == {"object", "subject"}


def test_what_might_be_held_comes_before_what_is_too_large():
    objects = [
        ("man", (100, 200, 200, 500)),
        ("cup", (180, 300, 230, 360)),
        ("house", (400, 0, 700, 400)),
        ("car", (400, 450, 700, 590)),
        ("ball", (800, 100, 860, 160)),
        ("book", (800, 400, 860, 460)),
        ("bottle", (800, 500, 830, 590)),
    ]
    (alternatives,) = [
        entry.alternatives
        for entry in found(Category.REACH, objects, [(0, "holding", 1)])
        if entry.asks == "object"
    ]
    assert {other.object for other in alternatives} == {4, 5, 6}


def test_a_box_that_does_not_fit_is_no_place_to_be_in():
    objects = [
        ("boy", (100, 100, 200, 400)),
        ("backpack", (300, 300, 360, 380)),
        ("dog", (700, 0, 800, 90)),
    ]
    claims = asked(Category.RELATION, objects, exhaustive=True)
    places = {
        other.predicate for others in claims.values() for other in others if other.object == 1
    }
    assert not places & {"inside", "on", "under"}


def test_front_and_back_of_a_screen_are_left_alone():
    objects = [
        ("man", (100, 200, 300, 560)),
        ("laptop", (200, 300, 320, 420)),
        ("cup", (700, 500, 760, 560)),
    ]
    assert not asked(Category.DEPTH, objects, [(0, "in front of", 1)])
    objects[1] = ("couch", objects[1][1])
    assert set(asked(Category.DEPTH, objects, [(0, "in front of", 1)])) == {DepthClaim(0, 1)}


def test_absent_things_would_be_at_home_with_two_of_those_shown():
    classes = load_vocabulary().classes
    things = [("sink", (0, 0, 90, 90)), ("stove", (200, 0, 300, 90)), ("dog", (400, 0, 490, 90))]
    existences = found(Category.EXISTENCE, filled(*things))
    absent = {entry.claim.class_name for entry in existences if not entry.claim.present}
    assert absent and len(absent) == len(existences) / 2
    assert absent.isdisjoint({"sink", "stove", "dog"})
    shown = [setting for name, _ in things for setting in classes[name].settings]
    assert all(any(shown.count(s) > 1 for s in classes[name].settings) for name in absent)


def test_a_hard_negative_exchanges_one_end_of_a_true_relationship():
    objects = [
        ("man", (100, 200, 200, 500)),
        ("horse", (90, 350, 300, 580)),
        ("woman", (600, 200, 700, 500)),
        ("cow", (700, 350, 890, 580)),
    ]
    rows = subgraph_rows(
        scene(objects, [(0, "riding", 1)], exhaustive=True),
        PROOF,
        ExtractConfig(max_per_category=50),
        NUM_OPTIONS,
    )
    claims = [json.loads(row["claim"]) for row in rows if row["category"] == "existence"]
    related = {
        (claim["class_name"], claim["other_class"]): claim["present"]
        for claim in claims
        if claim["predicate"]
    }
    assert related == {
        ("man", "horse"): True,
        ("woman", "horse"): False,
        ("man", "cow"): False,
    }


def test_an_image_offers_few_candidates_of_a_category_spread_over_facets():
    objects = [
        ("dog", (20, 20, 120, 120)),
        ("cat", (400, 20, 520, 120)),
        ("cow", (20, 400, 120, 520)),
        ("horse", (400, 250, 520, 350)),
        ("car", (700, 20, 800, 120)),
        ("tree", (700, 400, 850, 590)),
        ("box", (550, 450, 640, 560)),
    ]
    candidates = find_candidates(facts(objects), EXTRACT, NUM_OPTIONS)
    numbers = Counter(entry.category for entry in candidates)
    assert max(numbers.values()) == EXTRACT.max_per_category
    locations = [
        entry.facet for entry in candidates if entry.category is Category.INSTANCE_LOCATION
    ]
    assert len(set(locations)) == len(locations)


def test_questions_on_the_same_things_share_a_topic():
    topics = {}
    for row in rows_of(scene(filled(*LIVING_ROOM), [(2, "on", 4)])):
        topics.setdefault(row["topic"], set()).add((row["category"], row["asks"]))
    assert topics["relation 2 4"] == {
        ("relation", "predicate"), ("relation", "subject"), ("relation", "object"),
    }  # fmt: skip
    assert any(len({category for category, _ in group}) == 2 for group in topics.values())


def test_a_scene_of_one_thing_or_of_none_that_may_be_asked_about_is_no_trouble():
    assert rows_of(scene([("gizmo", (0, 0, 90, 90))])) == []
    assert {row["category"] for row in rows_of(scene([("dog", (10, 10, 110, 110))]))} <= {
        "instance_location", "count", "existence",
    }  # fmt: skip
