import json
from collections import Counter
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.box import Box
from schemas.claim import (
    Category,
    Cell,
    CountClaim,
    DepthClaim,
    Direction,
    ExistenceClaim,
    OrientationClaim,
    ReachClaim,
    RelationClaim,
    decode_claim,
    objects_of,
)
from schemas.config.margins import ExtractConfig
from schemas.mirror import mirrored_scene
from schemas.proof.facts import Facts
from schemas.question import SUBGRAPH
from schemas.scene_graph import Facing
from schemas.testimony import Sighting
from schemas.testimony import Testimony as Said
from schemas.vocabulary.classes import load_vocabulary
from schemas.vocabulary.predicates import asked_as, load_predicates
from tasks.extract.candidates import find_candidates, mirror_image_of
from tasks.extract.counts import propose_counts
from tasks.extract.proposers import PROPOSERS
from tasks.extract.stage import subgraph_rows
from tasks.extract.view import View
from tests.scenes import EXTRACT, NUM_OPTIONS, OPEN, PROOF, facts, filled, scene, scenes

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


@pytest.mark.parametrize("share", [0.0, 0.001, 0.15, 1.0])
def test_salience_is_defined_whatever_is_too_small(share):
    known = facts(LIVING_ROOM)
    view = View(known, EXTRACT.model_copy(update={"min_area_share": share}))
    found = [view.salience(thing) for thing in view.things]
    assert all(0.0 <= one <= 1.0 for one in found)


@given(scenes(at_least=4, names=NAMES))
def test_every_answer_is_supported_and_every_alternative_refuted(one):
    known = Facts(one, PROOF)
    fewer = {one.category: range(1, 3) for one in PROPOSERS if one.may_offer_fewer}
    for candidate in find_candidates(known, EXTRACT, NUM_OPTIONS):
        assert known.holds(candidate.claim).supports
        assert all(known.holds(other).refutes for other in candidate.alternatives)
        most = NUM_OPTIONS[candidate.category] - 1
        assert len(candidate.alternatives) in (1, *fewer.get(candidate.category, ()), most)
        assert set(candidate.names) == set(candidate.objects)
        assert all(known.references.of(key) for key in candidate.objects)


@pytest.mark.parametrize("others", range(5))
def test_reach_offers_as_many_as_might_be_held(others):
    held = [("man", (100, 200, 200, 500)), ("cup", (180, 300, 230, 360))]
    things = [
        ("ball", (800, 100, 860, 160)),
        ("book", (800, 400, 860, 460)),
        ("bottle", (800, 500, 830, 590)),
        ("umbrella", (600, 100, 680, 220)),
    ]
    reaches = found(Category.REACH, [*held, *things[:others]], [(0, "holding", 1)])
    offered = [len(entry.alternatives) for entry in reaches if entry.asks == "object"]
    assert offered == ([min(others, NUM_OPTIONS[Category.REACH] - 1)] if others else [])


@given(scenes(at_least=4, names=NAMES))
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
    assert places == {"under", "next to", "right of"}
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
        "predicate", "subject", "object", "holds",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        # a phone call, an object that is one of several, something with a doubtful name
        ([("man", (100, 100, 300, 500)), ("phone", (150, 150, 190, 200))], (0, "on", 1)),
        ([DOG, COUCH, ("couch", (0, 400, 200, 520))], (0, "on", 1)),
        ([("dogs", (0, 0, 90, 90)), COUCH], (0, "on", 1)),
        # clothing is not named, and belonging not asked about
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
    ("subject", "predicate", "target", "is_asked"),
    [
        ("man", "holding", "cup", True),
        ("dog", "holding", "ball", True),
        ("bed", "holding", "lamp", False),
        ("street light", "holding", "backpack", False),
        ("man", "holding", "couch", False),
        ("woman", "carrying", "house", False),
        ("bench", "eating", "apple", False),
        ("dog", "eating", "couch", False),
        ("dog", "eating", "apple", True),
        ("man", "using", "laptop", True),
        ("man", "using", "house", False),
        ("woman", "using", "tree", False),
    ],
)
def test_only_the_living_hold_and_only_what_can_be_held(subject, predicate, target, is_asked):
    ends = [(subject, (100, 100, 300, 500)), (target, (150, 300, 200, 350))]
    others = [
        ("woman", (700, 100, 890, 500)), ("cat", (500, 500, 560, 560)), ("cup", (600, 20, 640, 60)),
    ]  # fmt: skip
    claims = asked(Category.REACH, [*ends, *others], [(0, predicate, 1)])
    assert (ReachClaim(0, predicate, 1) in claims) is is_asked


@pytest.mark.parametrize(
    ("subject", "target", "is_asked"),
    [("man", "backpack", True), ("cat", "bench", False), ("bed", "backpack", False)],
)
def test_only_the_living_wear_and_only_what_can_be_taken_along(subject, target, is_asked):
    ends = [(subject, (100, 100, 300, 500)), (target, (150, 300, 200, 350))]
    others = [
        ("woman", (700, 100, 890, 500)), ("dog", (500, 500, 560, 560)), ("cup", (600, 20, 640, 60)),
    ]  # fmt: skip
    claims = asked(Category.RELATION, [*ends, *others], [(0, "wearing", 1)])
    assert (RelationClaim(0, "wearing", 1) in claims) is is_asked


@pytest.mark.parametrize(
    ("subject", "is_asked"), [("lantern", True), ("backpack", True), ("couch", False)]
)
def test_nothing_hangs_that_stands_on_the_ground(subject, is_asked):
    ends = [(subject, (100, 150, 160, 250)), ("pole", (90, 100, 300, 160))]
    others = [("dog", (500, 500, 560, 560)), ("cup", (600, 20, 640, 60)), *LIVING_ROOM[:2]]
    claims = asked(Category.RELATION, [*ends, *others], [(0, "hanging from", 1)])
    assert (RelationClaim(0, "hanging from", 1) in claims) is is_asked


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


def test_whether_a_relationship_holds_is_asked_of_things_of_its_kinds():
    objects = [
        ("cup", (110, 150, 160, 220)),
        ("table", (100, 210, 400, 400)),
        ("bottle", (700, 100, 730, 190)),
        ("couch", (600, 400, 880, 560)),
    ]
    relations = found(Category.RELATION, objects, [(0, "on", 1)])
    whether = {entry.claim: entry for entry in relations if entry.asks == "holds"}
    # The bottle is no tableware, and the couch is furniture as the table is.
    assert set(whether) == {RelationClaim(0, "on", 1), RelationClaim(0, "on", 3, holds=False)}
    for claim, entry in whether.items():
        assert entry.alternatives == (RelationClaim(0, "on", claim.object, not claim.holds),)
        assert entry.facet == "support/on/holds"
    assert whether[RelationClaim(0, "on", 3, holds=False)].evidence.standing == "proved"


def test_what_people_usually_do_is_denied_where_they_are_apart():
    objects = [
        ("man", (100, 200, 200, 500)),
        ("ball", (300, 440, 350, 490)),
        ("horse", (600, 250, 860, 560)),
        ("car", (320, 60, 560, 200)),
    ]
    for category, denied in (
        (Category.REACH, ReachClaim(0, "holding", 1, holds=False)),
        (Category.RELATION, RelationClaim(0, "riding", 2, holds=False)),
    ):
        asked_so = [entry for entry in found(category, objects) if entry.asks == "holds"]
        assert [entry.claim for entry in asked_so] == [denied]
        assert asked_so[0].evidence.standing == "proved"
    touching = [objects[0], ("ball", (180, 300, 230, 350)), *objects[2:]]
    assert found(Category.REACH, touching) == []


def test_how_near_is_near_is_not_asked_for_yes_or_no():
    objects = [
        ("cat", (110, 150, 180, 220)),
        ("table", (100, 210, 400, 400)),
        ("dog", (700, 100, 780, 190)),
    ]
    for predicate, number in (("near", 0), ("next to", 1)):
        relations = found(Category.RELATION, objects, [(0, predicate, 1)])
        assert sum(entry.asks == "holds" for entry in relations) == number


def test_a_relationship_that_boxes_leave_open_is_not_denied():
    objects = [
        ("cup", (110, 150, 160, 220)),
        ("table", (100, 210, 400, 400)),
        ("couch", (120, 190, 500, 420)),
    ]
    relations = found(Category.RELATION, objects, [(0, "on", 1)])
    assert {entry.claim for entry in relations if entry.asks == "holds"} == {
        RelationClaim(0, "on", 1)
    }


def test_who_does_something_is_only_asked_where_somebody_else_might():
    objects = [("man", (100, 200, 200, 500)), ("umbrella", (120, 100, 260, 220))]
    things = [
        ("car", (700, 0, 800, 90)),
        ("tree", (500, 0, 600, 300)),
        ("box", (800, 500, 890, 590)),
    ]
    reaches = found(Category.REACH, [*objects, *things], [(0, "holding", 1)])
    assert {entry.asks for entry in reaches} == {"object", "holds"}
    things[0] = ("dog", (700, 0, 800, 90))
    reaches = found(Category.REACH, [*objects, *things], [(0, "holding", 1)])
    assert {entry.asks for entry in reaches} == {"object", "subject", "holds"}


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


def test_places_are_offered_together_of_which_each_may_be_the_answer():
    objects = [
        ("couch", (100, 400, 400, 580)),
        ("box", (790, 420, 870, 500)),
        ("dog", (200, 330, 280, 420)),
        ("cat", (410, 480, 470, 570)),
    ]
    links = [(2, "on", 0), (3, "next to", 0)]
    relations = found(Category.RELATION, objects, links)
    claims = {one.claim: one.alternatives for one in relations if one.asks == "predicate"}
    for claim in (
        RelationClaim(1, "right of", 0), RelationClaim(2, "on", 0), RelationClaim(3, "next to", 0)
    ):  # fmt: skip
        places = {claim.predicate, *(other.predicate for other in claims[claim])}
        assert places - {"left of", "right of"} == {"on", "under", "next to"}


@given(st.integers(1, 6), st.integers(2, 4))
def test_a_window_of_numbers_holds_the_count_and_none_that_is_never_right(number, num_options):
    things = [("dog", (100 * place, 10, 100 * place + 60, 90)) for place in range(number)]
    view = View(facts(things, exhaustive=True), EXTRACT)
    (proposal,) = [
        entry for entry in propose_counts(view, num_options) if entry.claim.class_name == "dog"
    ]
    numbers = sorted(claim.number for claim in (proposal.claim, *proposal.alternatives))
    assert numbers == list(range(numbers[0], numbers[0] + num_options))
    assert numbers[0] >= 1 and numbers[-1] <= max(PROOF.max_count, number)


@given(st.integers(0, 8))
def test_cells_are_offered_of_two_rows_and_two_columns(place):
    x, y = 300 * (place % 3), 200 * (place // 3)
    ((claim, others),) = asked(
        Category.INSTANCE_LOCATION, [("ball", (x + 100, y + 60, x + 200, y + 140))]
    ).items()
    cells = [list(Cell).index(entry.cell) for entry in (claim, *others)]
    assert cells[0] == place
    assert len({cell // 3 for cell in cells}) == len({cell % 3 for cell in cells}) == 2


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
    assert numbers.pop(Category.RELATION) == 2 * EXTRACT.max_per_category
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
        ("relation", "holds"),
    }  # fmt: skip
    assert any(len({category for category, _ in group}) == 2 for group in topics.values())


def test_a_scene_of_one_thing_or_of_none_that_may_be_asked_about_is_no_trouble():
    assert rows_of(scene([("gizmo", (0, 0, 90, 90))])) == []
    assert {row["category"] for row in rows_of(scene([("dog", (10, 10, 110, 110))]))} <= {
        "instance_location", "count", "existence",
    }  # fmt: skip


def left_open(category, *args, **settings):
    """The undecided candidates of a category."""
    known = facts(*args, **settings)
    candidates = find_candidates(known, EXTRACT, NUM_OPTIONS, undecided=True)
    return [
        entry for entry in candidates if entry.category is category and not entry.evidence.supports
    ]


@given(scenes(at_least=4, names=NAMES))
def test_undecided_candidates_come_after_all_decided_ones(one):
    known = Facts(one, PROOF)
    decided = find_candidates(known, EXTRACT, NUM_OPTIONS)
    candidates = find_candidates(known, EXTRACT, NUM_OPTIONS, undecided=True)
    assert [entry for entry in candidates if entry.evidence.supports] == decided
    numbers = Counter(entry.category for entry in candidates)
    assert numbers.pop(Category.RELATION, 0) <= 2 * EXTRACT.max_per_category
    assert not numbers or max(numbers.values()) <= EXTRACT.max_per_category
    for category in Category:
        supported = [entry.evidence.supports for entry in candidates if entry.category is category]
        assert supported == sorted(supported, reverse=True)


@given(
    scenes(at_least=4, names=["man", "woman", "horse", "car", "tree", "couch", "bicycle", "cup"])
)
def test_an_undecided_candidate_leaves_two_answers_open_and_none_proved(one):
    known = Facts(one, PROOF)
    for entry in find_candidates(known, EXTRACT, NUM_OPTIONS, undecided=True):
        if entry.evidence.supports:
            assert not entry.facet.startswith("undecided-")
            continue
        assert entry.facet.startswith("undecided-")
        claims = [entry.claim, *entry.alternatives]
        assert len(set(claims)) == NUM_OPTIONS[entry.category]
        found = [known.holds(claim) for claim in claims]
        assert not any(evidence.supports for evidence in found)
        assert not found[0].refutes
        assert sum(not evidence.refutes for evidence in found) >= 2
        assert set(entry.names) == set(entry.objects)
        assert entry.category not in (Category.SIZE, Category.DISTANCE, Category.INSTANCE_LOCATION)


def test_undecided_rows_say_so():
    street = scene([("man", (100, 250, 220, 560)), ("car", (450, 200, 800, 400))])
    rows = subgraph_rows(street, PROOF, EXTRACT, NUM_OPTIONS, undecided=True)
    (row,) = [row for row in rows if row["category"] == "depth"]
    assert pl.DataFrame([row], schema=SUBGRAPH).height == 1
    assert (row["evidence"], row["margin"]) == ("unknown", None)
    assert row["facet"] == f"undecided-{row['asks']}"
    assert row["topic"] == "depth 0 1"
    claims = {decode_claim(text) for text in (row["claim"], *row["alternatives"])}
    assert claims == {DepthClaim(0, 1), DepthClaim(1, 0)}


def test_the_claim_of_an_undecided_row_is_drawn_by_the_image():
    boxes = [("man", (100, 250, 220, 560)), ("car", (450, 200, 800, 400))]
    claims = set()
    for number in range(20):
        street = scene(boxes, image_id=str(number))
        claims |= {row["claim"] for row in subgraph_rows(
            street, PROOF, EXTRACT, NUM_OPTIONS, undecided=True) if row["category"] == "depth"
        }  # fmt: skip
    assert len(claims) == 2


MAN, CAR = ("man", (100, 250, 220, 560)), ("car", (450, 200, 800, 400))


@pytest.mark.parametrize(
    ("objects", "said", "is_asked"),
    [
        ([MAN, CAR], [], True),
        ([MAN, CAR], [(1, "left of", 0)], True),
        ([MAN, ("woman", (200, 200, 300, 480))], [], True),
        # as far, as boxes go; nested; one may bear the other; too small; hanging; a screen
        ([MAN, ("car", (450, 400, 800, 570))], [], False),
        ([MAN, ("car", (50, 150, 500, 480))], [], False),
        ([MAN, ("couch", (215, 300, 500, 480))], [], False),
        ([MAN, ("horse", (60, 350, 300, 590))], [], False),
        ([MAN, ("car", (450, 200, 540, 260))], [], False),
        ([MAN, ("lamp", (450, 200, 600, 400))], [], False),
        ([MAN, ("television", (450, 200, 800, 400))], [], False),
        # something annotated that might tell
        ([MAN, CAR], [(0, "looking at", 1)], False),
        ([MAN, CAR], [(0, "about to enter", 1)], False),
        ([MAN, CAR], [(0, "next to", 1)], False),
        ([MAN, CAR, ("boat", (0, 150, 890, 590))], [(0, "on", 2), (1, "on", 2)], False),
        ([MAN, CAR, ("street", (0, 150, 890, 590))], [(0, "on", 2), (1, "on", 2)], True),
        # true depth that is too close to call
        ([(*MAN, {"depth": 3.0}), (*CAR, {"depth": 3.1})], [], False),
    ],
)
def test_depth_is_asked_where_the_eye_can_tell(objects, said, is_asked):
    asked = [entry.claim for entry in left_open(Category.DEPTH, objects, said)]
    assert any(set(objects_of(claim)) == {0, 1} for claim in asked) is is_asked


@pytest.mark.parametrize(
    ("objects", "is_asked"),
    [
        ([MAN, ("car", (450, 400, 800, 570))], True),
        ([(*MAN, {"facing": Facing.LEFT}), ("car", (450, 400, 800, 570))], False),
        ([MAN, CAR], False),
        ([("car", (450, 400, 800, 570)), ("tree", (100, 250, 220, 560))], False),
        ([MAN, ("car", (190, 400, 540, 570))], False),
    ],
)
def test_somebodys_own_directions_are_asked_side_by_side(objects, is_asked):
    asked = left_open(Category.ORIENTATION, objects)
    assert bool(asked) is is_asked
    for entry in asked:
        claims = {entry.claim, *entry.alternatives}
        own = (Direction.LEFT, Direction.RIGHT, Direction.AHEAD, Direction.BACK)
        assert claims == {OrientationClaim(0, 0, 1, to) for to in own}
        assert entry.hardness >= 2


def test_contact_is_asked_where_boxes_meet_and_nobody_says_how():
    objects = [("man", (200, 100, 320, 480)), ("bicycle", (180, 260, 420, 560))]
    (entry,) = left_open(Category.REACH, objects)
    claims = [entry.claim, *entry.alternatives]
    assert {claim.predicate for claim in claims} == {
        "riding", "holding", "leaning against", "reached",
    }  # fmt: skip
    assert all(claim == ReachClaim(0, claim.predicate, 1) for claim in claims)
    assert not left_open(Category.REACH, objects, [(0, "riding", 1)])
    assert not left_open(Category.REACH, objects, [(0, "about to enter", 1)])
    assert not left_open(Category.REACH, [objects[0], ("bicycle", (500, 260, 800, 560))])


def test_places_by_furniture_are_asked_where_boxes_meet():
    objects = [("dog", (300, 250, 420, 420)), ("couch", (200, 300, 700, 560))]
    (entry,) = left_open(Category.RELATION, objects)
    names = {claim.predicate for claim in (entry.claim, *entry.alternatives)}
    assert names == {"on", "in front of", "behind", "under"}
    assert not left_open(Category.RELATION, objects, [(0, "on", 1)])
    assert not left_open(Category.RELATION, objects, [(0, "looking at", 1)])


def test_what_annotators_leave_out_is_counted_by_eye():
    cups = [("cup", (100 * place, 300, 100 * place + 60, 380)) for place in range(3)]
    (entry,) = left_open(Category.COUNT, cups, proof=OPEN)
    numbers = sorted(claim.number for claim in (entry.claim, *entry.alternatives))
    assert numbers in ([2, 3, 4, 5], [3, 4, 5, 6])
    assert isinstance(entry.claim, CountClaim)
    assert not left_open(Category.COUNT, [*cups, ("cups", (600, 300, 800, 380))], proof=OPEN)
    assert not left_open(Category.COUNT, [*cups, ("mug", (600, 300, 660, 380))], proof=OPEN)
    assert not left_open(Category.COUNT, [cups[0], ("cup", (20, 300, 90, 380))], proof=OPEN)
    assert not left_open(Category.COUNT, cups, exhaustive=True)


def test_what_would_be_at_home_is_looked_for_where_little_is_annotated():
    kitchen = [("sink", (0, 0, 90, 90)), ("stove", (200, 0, 300, 90))]
    for entry in left_open(Category.EXISTENCE, kitchen):
        assert entry.claim in (
            ExistenceClaim(entry.claim.class_name, True),
            ExistenceClaim(entry.claim.class_name, False),
        )
    assert left_open(Category.EXISTENCE, kitchen[:1] * 1 + kitchen[1:])


BOX = (120, 230, 270, 400)
INSIDE, OVER, UNDER = (140, 250, 230, 350), (140, 110, 230, 235), (140, 395, 230, 500)
PLACED = {
    "touch": INSIDE, "rest": OVER, "overlap": INSIDE, "within": INSIDE, "higher": OVER,
    "lower": UNDER, "under": UNDER, "near": (275, 290, 360, 400), "left": (10, 250, 100, 380),
    "right": (300, 250, 390, 380), "far": (790, 290, 880, 400), "front": (220, 320, 320, 500),
    "back": (220, 150, 320, 330), None: (340, 250, 430, 380),
}  # fmt: skip
"""Where a thing is for the condition of a predicate on it and BOX."""
AROUND = [
    ("cow", (810, 0, 890, 90)),
    ("horse", (700, 500, 890, 590)),
    ("sheep", (800, 120, 890, 190)),
    ("dog", (640, 400, 720, 480)),
    ("bus", (700, 210, 860, 310)),
]
BESIDE = [
    ("cow", (275, 290, 370, 400)),
    ("horse", (10, 250, 115, 400)),
    ("sheep", (280, 310, 350, 400)),
]


@pytest.mark.parametrize("name", [name for name in load_predicates() if asked_as(name)])
def test_every_predicate_that_a_source_holds_is_asked(name):
    as_name, is_turned = asked_as(name)
    predicate = load_predicates()[as_name]
    pair = [("boy", PLACED[predicate.needs]), ("box", BOX)]
    said = (1, name, 0) if is_turned else (0, name, 1)
    category = Category.REACH if predicate.is_contact else Category.RELATION
    things = [*pair, *(BESIDE if predicate.needs == "far" else AROUND)]
    if predicate.needs == "far":
        things = [(*thing, {"depth": 3.0}) for thing in things]
    facets = {entry.facet for entry in found(category, things, [said])}
    # What is behind is also asked about from the view of what is in front.
    asked = {as_name, predicate.inverse} if predicate.needs in ("front", "back") else {as_name}
    assert facets & {f"{predicate.family}/{name}" for name in asked}


def mirror_images(one):
    """The rows of a scene and those of its mirror image, by the words of what they ask."""
    rows = list(subgraph_rows(one, PROOF, EXTRACT, NUM_OPTIONS, has_mirror_image=True))
    by_words = {}
    for row in rows:
        offered = row["offered"][: row["num_offered"] + 1]
        words = row["category"], tuple(row["context"]), tuple(sorted(offered))
        by_words.setdefault(words, {})[row["image_id"]] = row
    return [found for found in by_words.values() if "1-mirrored" in found]


def test_the_mirror_image_is_asked_the_same_with_the_other_answer():
    one = scene(filled(*LIVING_ROOM))
    found = mirror_images(one)
    there = Facts(mirrored_scene(one), PROOF)
    assert {asked["1"]["category"] for asked in found} >= {"relation", "orientation"}
    for asked in found:
        here, image = asked["1"], asked["1-mirrored"]
        assert here["offered"][0] != image["offered"][0]
        assert here["names"] == image["names"]
        assert image["num_offered"] == len(image["alternatives"]) == here["num_offered"]
        assert there.holds(decode_claim(image["claim"])).supports
        assert all(there.holds(decode_claim(text)).refutes for text in image["alternatives"])
        assert image["question_id"].startswith(f"1-mirrored-{image['category']}-")


@pytest.mark.parametrize(
    ("seen", "has_image"), [("toaster", True), ("stop sign", False), ("clock", False)]
)
def test_what_a_witness_saw_bears_letters_too(seen, has_image):
    sighting = Sighting("coco", (seen,), Box(0, 0, 20, 20), True, None)
    one = replace(scene(filled(*LIVING_ROOM)), testimony=Said((sighting,)))
    assert bool(mirror_images(one)) is has_image


def test_only_what_is_left_or_right_is_asked_of_a_mirror_image():
    asked = [found["1-mirrored"] for found in mirror_images(scene(filled(*LIVING_ROOM)))]
    assert asked and all("left" in row["claim"] or "right" in row["claim"] for row in asked)


@pytest.mark.parametrize(
    ("name", "has_image"),
    [
        ("red dog", True),
        ("bright dog", True),
        ("leftmost dog", False),
        ("dog at the right edge of the picture", False),
        ("dog left of the couch", False),
    ],
)
def test_a_name_that_tells_a_side_is_not_used_of_a_mirror_image(name, has_image):
    one = next(
        entry
        for entry in found(Category.RELATION, filled(*LIVING_ROOM))
        if mirror_image_of(entry) is not None
    )
    named = replace(one, names=dict.fromkeys(one.names, name))
    assert (mirror_image_of(named) is not None) is has_image


def test_without_a_mirror_image_nothing_is_asked_of_it():
    assert {row["image_id"] for row in rows_of(scene(filled(*LIVING_ROOM)))} == {"1"}
