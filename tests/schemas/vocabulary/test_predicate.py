import tomllib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.box import Box
from schemas.vocabulary.predicates import (
    CONDITIONS,
    OPPOSITE,
    TABLE,
    Frame,
    canonical_predicate,
    clean_predicate,
    load_predicates,
)

PREDICATES = load_predicates()
FRAME = Frame(900, 600, 1000.0, touch=0.03, ratio=1.6)
MIRRORED = {"left": "right", "right": "left"}
REVERSED = {
    "left": "right", "higher": "lower", "front": "back", "bigger": "smaller", "taller": "shorter",
    "within": "contains", "touch": "touch", "near": "near", "far": "far", "overlap": "overlap",
}  # fmt: skip

edges = st.integers(0, 800)
sides = st.integers(1, 100)
boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h), edges, st.integers(0, 500), sides, sides
)
names = st.sampled_from(sorted(PREDICATES))


def test_the_table_holds_the_84_predicates():
    assert Counter(entry.source for entry in PREDICATES.values()) == {"vg150": 50, "paper": 34}


def test_the_50_of_vg150_are_its_own(visual_genome):
    listed = (visual_genome / "vocabulary/predicate_list.txt").read_text().split("\n")
    own = {name for name, entry in PREDICATES.items() if entry.source == "vg150"}
    assert own == {name for name in listed if name}


@given(names)
def test_synonyms_say_the_same(name):
    entry = PREDICATES[name]
    same = PREDICATES[entry.means]
    assert same.means == same.name
    assert (entry.axes, entry.needs, entry.inverse, entry.symmetric) == (
        same.axes, same.needs, same.inverse, same.symmetric,
    )  # fmt: skip


@given(names)
def test_inverses_are_mutual_and_say_the_same_from_the_other_side(name):
    entry = PREDICATES[name]
    if entry.inverse:
        inverse = PREDICATES[entry.inverse]
        assert inverse.inverse == entry.means
        assert set(inverse.axes) == set(entry.reversed_axes)
    if entry.symmetric:
        assert entry.inverse is None
        assert set(entry.reversed_axes) == set(entry.axes)


def test_opposites_are_mutual():
    assert all(OPPOSITE[axis, to] == value for (axis, value), to in OPPOSITE.items())


def test_every_predicate_that_the_table_names_exists():
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    named = {row[field] for row in rows.values() for field in ("means", "inverse") if field in row}
    assert named <= rows.keys() == PREDICATES.keys()


def test_every_condition_exists_and_is_needed():
    needed = {entry.needs for entry in PREDICATES.values() if entry.needs}
    assert needed == set(CONDITIONS)


def test_only_left_and_right_are_proved_by_boxes():
    assert {name for name, entry in PREDICATES.items() if entry.proved} == {"left of", "right of"}


@pytest.mark.parametrize(
    ("text", "predicate"),
    [
        ("on", "on"),
        ("ON", "on"),
        ("  Is  On. ", "on"),
        ("sits on", "sitting on"),
        ("sitting in", "in"),
        ("lying in", "in"),
        ("standing in front of", "in front of"),
        ("to_the_left_of", "left of"),
        ("to the left of the", "left of"),
        ("inside of", "inside"),
        ("underneath", "beneath"),
        ("in the back of", "at the back of"),
        ("by", "next to"),
        ("on side of", None),
        ("at the front of", None),
        ("frolicking with", None),
        ("", None),
    ],
)
def test_free_text_is_one_of_the_84_or_none(text, predicate):
    assert canonical_predicate(text) == predicate


@given(names)
def test_names_phrases_and_spellings_stand_for_their_predicate(name):
    for text in (name, *PREDICATES[name].also):
        assert canonical_predicate(text) == name
        assert clean_predicate(text) == text


@given(st.text(max_size=30))
def test_any_text_can_be_read(text):
    assert canonical_predicate(text) is None or canonical_predicate(text) in PREDICATES


@pytest.mark.parametrize(
    ("condition", "a", "b", "verdict"),
    [
        # 1,000 pixels of diagonal: contact within 30 pixels, none from 60 on
        ("touch", (0, 0, 10, 10), (10, 0, 20, 10), "clear"),
        ("touch", (0, 0, 10, 10), (39, 0, 50, 10), "doubt"),
        ("touch", (0, 0, 10, 10), (69, 0, 80, 10), "doubt"),
        ("touch", (0, 0, 10, 10), (70, 0, 80, 10), "fails"),
        ("overlap", (0, 0, 10, 10), (5, 5, 15, 15), "clear"),
        ("overlap", (0, 0, 10, 10), (10, 0, 20, 10), "doubt"),
        ("overlap", (0, 0, 10, 10), (80, 0, 90, 10), "fails"),
        ("within", (0, 0, 10, 10), (2, 0, 99, 99), "clear"),
        ("within", (0, 0, 10, 10), (5, 0, 99, 99), "doubt"),
        ("within", (0, 0, 10, 10), (8, 0, 99, 99), "fails"),
        ("contains", (2, 0, 99, 99), (0, 0, 10, 10), "clear"),
        ("near", (0, 0, 10, 10), (110, 0, 120, 10), "clear"),
        ("near", (0, 0, 10, 10), (309, 0, 319, 10), "doubt"),
        ("near", (0, 0, 10, 10), (310, 0, 320, 10), "fails"),
        # far: on one level and no farther apart than the smaller is large
        ("far", (0, 0, 40, 40), (60, 0, 100, 40), "fails"),
        ("far", (0, 0, 40, 40), (110, 0, 150, 40), "doubt"),
        ("far", (0, 0, 40, 40), (60, 40, 100, 80), "doubt"),
        # left: disjoint spans are clear; level or reversed centres fail
        ("left", (0, 0, 10, 10), (10, 0, 20, 10), "clear"),
        ("left", (0, 0, 10, 10), (9, 0, 19, 10), "doubt"),
        ("left", (0, 0, 10, 10), (1, 0, 11, 10), "doubt"),
        ("left", (0, 0, 10, 10), (0, 0, 10, 10), "fails"),
        ("left", (20, 0, 30, 10), (10, 0, 20, 10), "fails"),
        ("left", (0, 0, 10, 10), (10, 100, 20, 110), "doubt"),
        ("left", (0, 0, 10, 10), (60, 100, 70, 110), "clear"),
        ("left", (0, 0, 50, 50), (0, 0, 500, 50), "doubt"),
        # higher: centres 5 % of the height apart
        ("higher", (0, 0, 10, 10), (0, 30, 10, 40), "clear"),
        ("higher", (0, 0, 10, 10), (0, 29, 10, 39), "doubt"),
        ("higher", (0, 30, 10, 40), (0, 0, 10, 10), "fails"),
        ("under", (0, 30, 10, 40), (0, 0, 10, 10), "clear"),
        ("under", (70, 30, 80, 40), (0, 0, 10, 10), "fails"),
        ("under", (40, 30, 50, 40), (0, 0, 10, 10), "doubt"),
        # what is in front reaches as low or lower, which proves nothing
        ("front", (0, 0, 10, 100), (0, 0, 10, 50), "doubt"),
        ("front", (0, 0, 10, 50), (0, 0, 10, 100), "doubt"),
        ("bigger", (0, 0, 16, 10), (0, 0, 10, 10), "clear"),
        ("bigger", (0, 0, 15, 10), (0, 0, 10, 10), "doubt"),
        ("smaller", (0, 0, 17, 10), (0, 0, 10, 10), "fails"),
        ("taller", (0, 0, 1, 16), (0, 0, 99, 10), "clear"),
        ("shorter", (0, 0, 1, 17), (0, 0, 99, 10), "fails"),
    ],
)
def test_conditions_are_clear_doubtful_or_failed(condition, a, b, verdict):
    degree = CONDITIONS[condition](Box(*a), Box(*b), FRAME)
    assert verdict == ("clear" if degree >= 1.0 else "fails" if degree <= -1.0 else "doubt")


def test_in_front_is_supported_only_where_the_nearer_one_reaches_as_low():
    front = CONDITIONS["front"]
    tall, short = Box(0, 0, 10, 100), Box(0, 0, 10, 50)
    assert front(tall, short, FRAME) > 0.0 >= front(short, tall, FRAME)
    assert front(tall, tall, FRAME) > 0.0


@given(st.sampled_from(sorted(REVERSED)), boxes, boxes)
def test_reversed_conditions_agree(condition, a, b):
    forward = CONDITIONS[condition](a, b, FRAME)
    assert forward == pytest.approx(CONDITIONS[REVERSED[condition]](b, a, FRAME))


@given(st.sampled_from(sorted(CONDITIONS)), boxes, boxes)
def test_mirroring_swaps_left_and_right_only(condition, a, b):
    def mirrored(box):
        return Box(900 - box.x2, box.y1, 900 - box.x1, box.y2)

    reflected = CONDITIONS[MIRRORED.get(condition, condition)](mirrored(a), mirrored(b), FRAME)
    assert CONDITIONS[condition](a, b, FRAME) == pytest.approx(reflected)


@pytest.mark.parametrize("pair", [("left", "right"), ("higher", "lower"), ("bigger", "smaller")])
@given(a=boxes, b=boxes)
def test_opposite_conditions_are_never_both_clear(pair, a, b):
    assert min(CONDITIONS[condition](a, b, FRAME) for condition in pair) < 1.0
