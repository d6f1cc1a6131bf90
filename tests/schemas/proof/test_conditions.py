"""Conditions in an image of 900 by 600 pixels whose diagonal counts as 1,000."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.box import Box
from schemas.config.margins import ProofConfig
from schemas.proof.conditions import CONDITIONS, Image

IMAGE = Image(900, 600, 1000.0, ProofConfig())
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


@pytest.mark.parametrize(
    ("condition", "a", "b", "verdict"),
    [
        # 1,000 pixels of diagonal: contact within 30 pixels, none from 60 on
        ("touch", (0, 0, 10, 10), (10, 0, 20, 10), "clear"),
        ("touch", (0, 0, 10, 10), (39, 0, 50, 10), "doubt"),
        ("touch", (0, 0, 10, 10), (69, 0, 80, 10), "doubt"),
        ("touch", (0, 0, 10, 10), (70, 0, 80, 10), "fails"),
        # rest: as touch, and a quarter of a may hang below b's foot; from one half on, hardly borne
        ("rest", (0, 0, 40, 40), (0, 30, 40, 60), "clear"),
        ("rest", (0, 20, 40, 60), (0, 10, 40, 50), "clear"),
        ("rest", (0, 20, 40, 60), (0, 10, 40, 49), "doubt"),
        ("rest", (0, 100, 300, 300), (50, 80, 120, 130), "doubt"),
        ("rest", (0, 0, 10, 10), (70, 0, 80, 10), "fails"),
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
        ("bigger", (0, 0, 30, 10), (0, 0, 10, 10), "clear"),
        ("bigger", (0, 0, 29, 10), (0, 0, 10, 10), "doubt"),
        ("smaller", (0, 0, 31, 10), (0, 0, 10, 10), "fails"),
        ("taller", (0, 0, 1, 16), (0, 0, 99, 10), "clear"),
        ("shorter", (0, 0, 1, 17), (0, 0, 99, 10), "fails"),
    ],
)
def test_conditions_are_clear_doubtful_or_failed(condition, a, b, verdict):
    degree = CONDITIONS[condition](Box(*a), Box(*b), IMAGE)
    assert verdict == ("clear" if degree >= 1.0 else "fails" if degree <= -1.0 else "doubt")


def test_in_front_is_supported_only_where_the_nearer_one_reaches_as_low():
    front = CONDITIONS["front"]
    tall, short = Box(0, 0, 10, 100), Box(0, 0, 10, 50)
    assert front(tall, short, IMAGE) > 0.0 >= front(short, tall, IMAGE)
    assert front(tall, tall, IMAGE) > 0.0


@given(st.sampled_from(sorted(REVERSED)), boxes, boxes)
def test_reversed_conditions_agree(condition, a, b):
    forward = CONDITIONS[condition](a, b, IMAGE)
    assert forward == pytest.approx(CONDITIONS[REVERSED[condition]](b, a, IMAGE))


@given(st.sampled_from(sorted(CONDITIONS)), boxes, boxes)
def test_mirroring_swaps_left_and_right_only(condition, a, b):
    def mirrored(box):
        return Box(900 - box.x2, box.y1, 900 - box.x1, box.y2)

    reflected = CONDITIONS[MIRRORED.get(condition, condition)](mirrored(a), mirrored(b), IMAGE)
    assert CONDITIONS[condition](a, b, IMAGE) == pytest.approx(reflected)


@pytest.mark.parametrize("pair", [("left", "right"), ("higher", "lower"), ("bigger", "smaller")])
@given(a=boxes, b=boxes)
def test_opposite_conditions_are_never_both_clear(pair, a, b):
    assert min(CONDITIONS[condition](a, b, IMAGE) for condition in pair) < 1.0


@pytest.mark.parametrize(
    ("margin", "condition", "a", "b"),
    [
        # Each pair is just clear by default, and not by a stricter margin.
        ({"overlap_share": 0.3}, "overlap", (0, 0, 10, 10), (5, 5, 15, 15)),
        ({"inside_margin": 0.4}, "within", (0, 0, 10, 10), (2, 0, 99, 99)),
        ({"near_share": 0.05}, "near", (0, 0, 10, 10), (110, 0, 120, 10)),
        ({"height_share": 0.06}, "higher", (0, 0, 10, 10), (0, 30, 10, 40)),
        ({"side_steepness": 1.0}, "left", (0, 0, 10, 10), (60, 100, 70, 110)),
        ({"size_ratio": 1.7}, "taller", (0, 0, 10, 16), (0, 0, 10, 10)),
        ({"area_ratio": 3.2}, "bigger", (0, 0, 31, 10), (0, 0, 10, 10)),
    ],
)
def test_margins_of_the_configuration_decide_what_is_clear(margin, condition, a, b):
    strict = Image(900, 600, 1000.0, ProofConfig(**margin))
    one, other = Box(*a), Box(*b)
    assert CONDITIONS[condition](one, other, IMAGE) >= 1.0 - 1e-9
    assert CONDITIONS[condition](one, other, strict) < 1.0 - 1e-9


@pytest.mark.parametrize(
    ("margin", "condition", "a", "b"),
    [
        ({"far_extents": 0.4}, "far", (0, 0, 40, 40), (60, 0, 100, 40)),
        ({"level_share": 0.01}, "far", (0, 0, 40, 40), (60, 20, 100, 60)),
        ({"touch": 0.05}, "touch", (0, 0, 10, 10), (70, 0, 80, 10)),
    ],
)
def test_margins_of_the_configuration_decide_what_fails(margin, condition, a, b):
    loose = Image(900, 600, 1000.0, ProofConfig(**margin))
    one, other = Box(*a), Box(*b)
    assert CONDITIONS[condition](one, other, IMAGE) <= -1.0 + 1e-9
    assert CONDITIONS[condition](one, other, loose) > -1.0 + 1e-9
