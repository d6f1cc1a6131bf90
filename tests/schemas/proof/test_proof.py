"""The scenes are 900 by 600 pixels: a diagonal of 1,082, contact within 32 pixels and none from 65
on, near within 108 pixels and not from 325 on, cells of 300 by 200."""

import pytest

from schemas.box import Box
from schemas.claim import (
    Cell,
    CountClaim,
    DepthClaim,
    Dimension,
    Direction,
    DistanceClaim,
    ExistenceClaim,
    LocationClaim,
    OrientationClaim,
    ReachClaim,
    RelationClaim,
    SizeClaim,
    category_of,
    decode_claim,
    encode_claim,
    objects_of,
)
from schemas.config.margins import ProofConfig
from schemas.proof.measures import cell_boxes, may_be_one
from schemas.scene_graph import Facing
from tests.scenes import CORNER, OPEN, facts, filled

LEFT, RIGHT = (0, 300, 100, 400), (700, 300, 800, 400)
SIGNS = {"proved": 1, "asserted": 0, "refuted": -1, "unknown": 0}


def standing(claim, *args, **settings):
    evidence = facts(*args, **settings).holds(claim)
    if evidence.margin is not None and SIGNS[evidence.standing]:
        assert evidence.margin * SIGNS[evidence.standing] >= 1.0 - 1e-9
    return evidence.standing.value


@pytest.mark.parametrize(
    ("dog", "couch", "predicate", "expected"),
    [
        # left and right: spans disjoint, way not steep
        ((0, 0, 100, 100), (100, 0, 200, 100), "left of", "proved"),
        ((0, 0, 100, 100), (100, 0, 200, 100), "right of", "refuted"),
        ((0, 0, 100, 100), (99, 0, 199, 100), "left of", "unknown"),
        ((0, 0, 100, 100), (99, 0, 199, 100), "right of", "refuted"),
        ((0, 0, 100, 100), (0, 0, 100, 100), "left of", "refuted"),
        ((0, 0, 100, 100), (100, 300, 200, 400), "left of", "unknown"),
        ((0, 0, 100, 100), (100, 300, 200, 400), "right of", "refuted"),
        # a cup at the left end of a table is neither left of it nor surely not
        ((0, 90, 50, 140), (0, 100, 500, 300), "left of", "unknown"),
        # contact: refuted only by a gap
        ((0, 0, 100, 100), (0, 120, 100, 220), "on", "unknown"),
        ((0, 0, 100, 100), (0, 160, 100, 260), "on", "unknown"),
        ((0, 0, 100, 100), (0, 165, 100, 265), "on", "refuted"),
        ((0, 0, 100, 100), (0, 165, 100, 265), "sitting on", "refuted"),
        ((0, 0, 100, 100), (0, 165, 100, 265), "holding", "refuted"),
        # inside: refuted where the box sticks out by four fifths
        ((0, 0, 100, 100), (0, 0, 500, 500), "inside", "unknown"),
        ((0, 0, 100, 100), (60, 0, 500, 500), "inside", "unknown"),
        ((0, 0, 100, 100), (80, 0, 500, 500), "inside", "refuted"),
        ((80, 0, 500, 500), (0, 0, 100, 100), "contain", "refuted"),
        # above and below: centres 30 pixels apart
        ((0, 0, 100, 100), (0, 29, 100, 129), "below", "unknown"),
        ((0, 0, 100, 100), (0, 30, 100, 130), "below", "refuted"),
        ((0, 0, 100, 100), (0, 30, 100, 130), "above", "unknown"),
        # under: also where it lies off to the side
        ((0, 200, 100, 300), (165, 0, 265, 100), "under", "refuted"),
        ((0, 200, 100, 300), (165, 0, 265, 100), "below", "unknown"),
        ((0, 200, 100, 300), (0, 0, 100, 100), "under", "unknown"),
        # near: not over a third of the picture
        ((0, 0, 100, 100), (425, 0, 525, 100), "next to", "refuted"),
        ((0, 0, 100, 100), (424, 0, 524, 100), "next to", "unknown"),
        # neighbours in the picture, one of them perhaps a long way behind
        ((0, 0, 100, 100), (200, 0, 300, 100), "far from", "unknown"),
        ((0, 300, 100, 400), (50, 100, 300, 320), "far from", "unknown"),
        ((0, 0, 100, 100), (700, 500, 800, 600), "far from", "unknown"),
        # facing and depth need an annotation
        ((0, 0, 100, 100), (100, 0, 200, 100), "facing", "unknown"),
        ((0, 0, 100, 100), (0, 200, 400, 600), "behind", "unknown"),
        ((0, 0, 100, 100), (0, 200, 400, 600), "in front of", "unknown"),
    ],
)
def test_relations_by_boxes_alone(dog, couch, predicate, expected):
    objects = [("dog", dog), ("couch", couch)]
    assert standing(RelationClaim(0, predicate, 1), objects) == expected
    assert standing(ReachClaim(0, predicate, 1), objects) == expected


TOUCHING = [("dog", (100, 100, 200, 210)), ("couch", (50, 200, 400, 400))]
OVERLAPPING = [("dog", (100, 250, 200, 350)), ("couch", (50, 200, 400, 400))]
BESIDE = [("dog", (0, 300, 100, 400)), ("couch", (150, 250, 400, 400))]


@pytest.mark.parametrize(
    ("objects", "said", "claim", "expected"),
    [
        # what is said, its synonyms, and the same from the other side
        (TOUCHING, [(0, "on", 1)], (0, "on", 1), "asserted"),
        (TOUCHING, [(0, "on", 1)], (1, "on", 0), "refuted"),
        (TOUCHING, [(0, "on", 1)], (0, "sitting on", 1), "unknown"),
        (TOUCHING, [(0, "under", 1)], (0, "under", 1), "unknown"),
        (BESIDE, [(0, "beside", 1)], (0, "next to", 1), "asserted"),
        (BESIDE, [(0, "next to", 1)], (1, "next to", 0), "asserted"),
        (OVERLAPPING, [(0, "in front of", 1)], (1, "behind", 0), "unknown"),
        (OVERLAPPING, [(0, "behind", 1)], (1, "in front of", 0), "asserted"),
        (OVERLAPPING, [(0, "in", 1)], (1, "contain", 0), "asserted"),
        (OVERLAPPING, [(0, "in", 1)], (0, "inside", 1), "asserted"),
        # exclusion
        (TOUCHING, [(0, "on", 1)], (0, "under", 1), "refuted"),
        (TOUCHING, [(0, "on", 1)], (0, "next to", 1), "refuted"),
        (TOUCHING, [(0, "on", 1)], (0, "far from", 1), "refuted"),
        (OVERLAPPING, [(0, "behind", 1)], (0, "in front of", 1), "refuted"),
        (OVERLAPPING, [(0, "behind", 1)], (0, "inside", 1), "refuted"),
        (OVERLAPPING, [(0, "in", 1)], (0, "behind", 1), "refuted"),
        (OVERLAPPING, [(0, "sitting on", 1)], (0, "in front of", 1), "refuted"),
        # what does not exclude
        (TOUCHING, [(0, "on", 1)], (0, "leaning against", 1), "unknown"),
        (TOUCHING, [(0, "on", 1)], (0, "hanging from", 1), "unknown"),
        (TOUCHING, [(0, "on", 1)], (0, "in front of", 1), "unknown"),
        (OVERLAPPING, [(1, "surrounding", 0)], (0, "behind", 1), "unknown"),
        (TOUCHING, [(0, "near", 1)], (0, "on", 1), "unknown"),
        # contradictory annotations
        (OVERLAPPING, [(0, "behind", 1), (0, "in front of", 1)], (0, "behind", 1), "unknown"),
        (OVERLAPPING, [(0, "behind", 1), (1, "behind", 0)], (0, "behind", 1), "unknown"),
        (OVERLAPPING, [(0, "behind", 1), (1, "behind", 0)], (0, "inside", 1), "unknown"),
        (TOUCHING, [(0, "on", 1), (0, "next to", 1)], (0, "on", 1), "unknown"),
        (TOUCHING, [(0, "on", 1), (0, "next to", 1)], (0, "under", 1), "refuted"),
        # annotations that the boxes are against are worth nothing
        (BESIDE, [(0, "on", 1)], (0, "on", 1), "unknown"),
        (BESIDE, [(0, "on", 1)], (0, "next to", 1), "unknown"),
        (BESIDE, [(0, "in", 1)], (0, "in", 1), "unknown"),
        (BESIDE, [(0, "surrounding", 1)], (0, "surrounding", 1), "unknown"),
        (OVERLAPPING, [(1, "surrounding", 0)], (1, "surrounding", 0), "asserted"),
        (BESIDE, [(0, "right of", 1)], (0, "right of", 1), "unknown"),
        (BESIDE, [(0, "right of", 1)], (0, "left of", 1), "unknown"),
        (BESIDE, [(0, "left of", 1)], (0, "left of", 1), "proved"),
        (BESIDE, [(0, "left of", 1)], (0, "right of", 1), "refuted"),
        (TOUCHING, [(0, "below", 1)], (0, "above", 1), "unknown"),
        # the one in front reaches at least as low
        (TOUCHING, [(0, "in front of", 1)], (0, "in front of", 1), "unknown"),
        (TOUCHING, [(0, "behind", 1)], (0, "behind", 1), "asserted"),
        # other predicates than the 84 say nothing
        (TOUCHING, [(0, "frolicking on", 1)], (0, "on", 1), "unknown"),
    ],
)
def test_relations_by_annotation(objects, said, claim, expected):
    assert standing(RelationClaim(*claim), objects, said) == expected


def test_only_an_exhaustive_source_boxes_the_whole_of_the_grass():
    objects = [("dog", (0, 0, 100, 100)), ("grass", (0, 200, 500, 400))]
    assert standing(RelationClaim(0, "on", 1), objects) == "unknown"
    assert standing(RelationClaim(0, "on", 1), objects, exhaustive=True) == "refuted"
    assert standing(RelationClaim(0, "on", 1), objects, [(0, "above", 1)]) == "unknown"
    objects[0] = ("dog", (0, 150, 100, 210))
    assert standing(RelationClaim(0, "on", 1), objects, [(0, "on", 1)]) == "asserted"
    large = SizeClaim(Dimension.LARGER, 1, (0,))
    assert standing(large, objects) == "unknown"
    assert standing(large, objects, exhaustive=True) == "proved"


@pytest.mark.parametrize(
    ("dimension", "a", "b", "expected"),
    [
        (Dimension.LARGER, (0, 0, 300, 100), (0, 0, 100, 100), "proved"),
        (Dimension.LARGER, (0, 0, 299, 100), (0, 0, 100, 100), "unknown"),
        (Dimension.LARGER, (0, 0, 100, 100), (0, 0, 300, 100), "refuted"),
        # larger along one side only: boxes say little of such areas
        (Dimension.LARGER, (0, 0, 400, 99), (0, 0, 100, 100), "unknown"),
        (Dimension.TALLER, (0, 0, 1, 160), (0, 0, 400, 100), "proved"),
        (Dimension.TALLER, (0, 0, 1, 159), (0, 0, 400, 100), "unknown"),
        (Dimension.TALLER, (0, 0, 1, 62), (0, 0, 400, 100), "refuted"),
        (Dimension.WIDER, (0, 0, 160, 1), (0, 0, 100, 400), "proved"),
        (Dimension.WIDER, (0, 0, 100, 100), (300, 300, 400, 400), "unknown"),
    ],
)
def test_sizes(dimension, a, b, expected):
    objects = [("dog", a), ("cat", b)]
    assert standing(SizeClaim(dimension, 0, (1,)), objects) == expected


def test_a_box_that_is_mostly_empty_says_little_of_an_area():
    claim = SizeClaim(Dimension.LARGER, 0, (1,))
    for name, expected in (("car", "proved"), ("bicycle", "unknown"), ("umbrella", "unknown")):
        objects = [(name, (0, 0, 400, 400)), ("dog", (0, 0, 100, 100))]
        assert standing(claim, objects) == expected, name
        assert standing(SizeClaim(Dimension.TALLER, 0, (1,)), objects) == "proved"
    objects = [("dog", (0, 0, 100, 100)), ("bicycle", (0, 0, 400, 400))]
    assert standing(claim, objects) == "unknown"
    objects = [("dog", (0, 0, 400, 400)), ("bicycle", (0, 0, 100, 100))]
    assert standing(claim, objects) == "proved"


def test_the_largest_is_larger_than_every_other():
    objects = [("dog", (0, 0, 200, 200)), ("cat", (0, 0, 100, 100)), ("cow", (0, 0, 180, 180))]
    assert standing(SizeClaim(Dimension.LARGER, 0, (1,)), objects) == "proved"
    assert standing(SizeClaim(Dimension.LARGER, 0, (1, 2)), objects) == "unknown"
    assert standing(SizeClaim(Dimension.LARGER, 1, (0, 2)), objects) == "refuted"


@pytest.mark.parametrize(
    ("target", "direction", "expected"),
    [
        # the reference lies at 400..500, 250..350
        ((600, 250, 700, 350), Direction.RIGHT, "proved"),
        ((600, 290, 700, 390), Direction.RIGHT, "proved"),
        ((600, 310, 700, 410), Direction.RIGHT, "unknown"),
        ((600, 250, 700, 350), Direction.LEFT, "refuted"),
        ((600, 250, 700, 350), Direction.ABOVE, "refuted"),
        ((600, 250, 700, 350), Direction.ABOVE_RIGHT, "unknown"),
        ((100, 250, 200, 350), Direction.LEFT, "proved"),
        ((400, 0, 500, 100), Direction.ABOVE, "proved"),
        ((400, 450, 500, 550), Direction.BELOW, "proved"),
        ((600, 50, 700, 150), Direction.ABOVE_RIGHT, "proved"),
        ((200, 50, 300, 150), Direction.ABOVE_LEFT, "proved"),
        ((200, 450, 300, 550), Direction.BELOW_LEFT, "proved"),
        ((600, 450, 700, 550), Direction.BELOW_RIGHT, "proved"),
        ((600, 450, 700, 550), Direction.ABOVE_LEFT, "refuted"),
        ((600, 450, 700, 550), Direction.RIGHT, "unknown"),
        # too close together, overlapping, or no direction of the picture plane
        ((510, 250, 520, 350), Direction.RIGHT, "unknown"),
        ((450, 250, 750, 350), Direction.RIGHT, "unknown"),
        ((600, 250, 700, 350), Direction.AHEAD, "unknown"),
    ],
)
def test_directions_of_the_viewer(target, direction, expected):
    objects = [("dog", (400, 250, 500, 350)), ("cat", target)]
    assert standing(OrientationClaim(None, 0, 1, direction), objects) == expected


@pytest.mark.parametrize(
    ("couch", "depths", "expected"),
    [
        ((200, 0, 300, 100), (5.0, 5.0), "refuted"),
        ((200, 0, 300, 100), (5.0, 6.2), "refuted"),
        ((200, 0, 300, 100), (5.0, 6.3), "unknown"),
        ((200, 0, 300, 100), (5.0, None), "unknown"),
        ((201, 0, 301, 100), (5.0, 5.0), "unknown"),
    ],
)
def test_neighbours_are_not_far_where_their_depths_agree(couch, depths, expected):
    objects = [
        ("dog", (0, 0, 100, 100), {"depth": depths[0]}), ("couch", couch, {"depth": depths[1]})
    ]  # fmt: skip
    assert standing(RelationClaim(0, "far from", 1), objects) == expected


def test_a_bed_said_to_be_on_the_cat_that_lies_on_it_is_unknown():
    objects = [("bed", (148, 197, 512, 421)), ("cat", (261, 188, 412, 268))]
    claim = RelationClaim(0, "on", 1)
    assert standing(claim, objects, [(0, "on", 1)]) == "unknown"
    assert standing(RelationClaim(1, "on", 0), objects, [(1, "on", 0)]) == "asserted"


def test_a_lamp_over_the_end_of_a_long_table_may_be_above_it():
    objects = [("table", (100, 400, 800, 500)), ("lamp", (100, 250, 150, 390))]
    assert standing(OrientationClaim(None, 0, 1, Direction.ABOVE), objects) == "unknown"
    assert standing(OrientationClaim(None, 0, 1, Direction.BELOW), objects) == "refuted"


OWN = {
    # what the thing on the right of the picture is to somebody who faces there
    Facing.VIEWER: Direction.LEFT,
    Facing.AWAY: Direction.RIGHT,
    Facing.LEFT: Direction.BACK,
    Facing.RIGHT: Direction.AHEAD,
}
BACKWARDS = {
    Direction.LEFT: Direction.RIGHT,
    Direction.RIGHT: Direction.LEFT,
    Direction.AHEAD: Direction.BACK,
    Direction.BACK: Direction.AHEAD,
}


@pytest.mark.parametrize("facing", Facing)
@pytest.mark.parametrize("direction", BACKWARDS)
def test_own_directions(facing, direction):
    known = {"depth": 5.0, "facing": facing}
    objects = [("man", (400, 200, 500, 400), known), ("dog", RIGHT, {"depth": 5.0})]
    right = "proved" if direction is OWN[facing] else "refuted"
    assert standing(OrientationClaim(0, 0, 1, direction), objects) == right
    objects[1] = ("dog", LEFT, {"depth": 5.0})
    left = "proved" if direction is BACKWARDS[OWN[facing]] else "refuted"
    assert standing(OrientationClaim(0, 0, 1, direction), objects) == left


@pytest.mark.parametrize(
    ("man", "dog", "box", "direction"),
    [
        ({"depth": 5.0}, {"depth": 5.0}, RIGHT, Direction.LEFT),
        ({"facing": Facing.VIEWER}, {"depth": 5.0}, RIGHT, Direction.LEFT),
        ({"facing": Facing.VIEWER, "depth": 5.0}, {}, RIGHT, Direction.LEFT),
        # a good deal nearer, right above, overlapping, and no own direction
        ({"facing": Facing.VIEWER, "depth": 5.0}, {"depth": 4.0}, RIGHT, Direction.LEFT),
        (
            {"facing": Facing.VIEWER, "depth": 5.0},
            {"depth": 5.0},
            (510, 0, 540, 20),
            Direction.LEFT,
        ),
        (
            {"facing": Facing.VIEWER, "depth": 5.0},
            {"depth": 5.0},
            (450, 0, 800, 600),
            Direction.LEFT,
        ),
        ({"facing": Facing.VIEWER, "depth": 5.0}, {"depth": 5.0}, RIGHT, Direction.ABOVE),
    ],
)
def test_own_directions_that_nobody_knows(man, dog, box, direction):
    objects = [("man", (400, 200, 500, 400), man), ("dog", box, dog)]
    assert standing(OrientationClaim(0, 0, 1, direction), objects) == "unknown"


@pytest.mark.parametrize(
    ("box", "cell", "expected"),
    [
        ((10, 10, 110, 110), Cell.TOP_LEFT, "proved"),
        ((225, 10, 325, 110), Cell.TOP_LEFT, "proved"),
        ((226, 10, 326, 110), Cell.TOP_LEFT, "unknown"),
        ((289, 10, 389, 110), Cell.TOP_LEFT, "unknown"),
        ((290, 10, 390, 110), Cell.TOP_LEFT, "refuted"),
        ((310, 210, 410, 310), Cell.MIDDLE_CENTER, "proved"),
        ((800, 500, 900, 600), Cell.BOTTOM_RIGHT, "proved"),
        ((0, 0, 900, 600), Cell.MIDDLE_CENTER, "unknown"),
    ],
)
def test_locations(box, cell, expected):
    assert standing(LocationClaim(0, cell), [("dog", box)]) == expected


def test_nothing_has_a_place_in_a_picture_of_unknown_size():
    assert (
        standing(LocationClaim(0, Cell.TOP_LEFT), [("dog", CORNER)], has_frame=False) == "unknown"
    )


def test_cells_cover_the_picture_without_overlap():
    cells = cell_boxes(500, 333)
    assert list(cells) == list(Cell)
    assert sum(box.area for box in cells.values()) == 500 * 333


@pytest.mark.parametrize(
    ("near", "far", "expected"),
    [
        (4.0, 5.0, "proved"),
        (4.0, 4.9, "unknown"),
        (5.0, 4.0, "refuted"),
        (4.0, 4.0, "unknown"),
        (0.0, 4.0, "unknown"),
        (None, 4.0, "unknown"),
    ],
)
def test_true_depths(near, far, expected):
    objects = [("dog", LEFT, {"depth": near}), ("cat", RIGHT, {"depth": far})]
    assert standing(DepthClaim(0, 1), objects) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], "unknown"),
        ([(0, "in front of", 1)], "asserted"),
        ([(1, "behind", 0)], "asserted"),
        ([(0, "behind", 1)], "refuted"),
        ([(0, "behind", 1), (0, "in front of", 1)], "unknown"),
        ([(0, "sitting on", 1)], "unknown"),
        ([(0, "near", 1)], "unknown"),
    ],
)
def test_annotated_depths(said, expected):
    objects = [("dog", (100, 250, 200, 400)), ("couch", (50, 200, 400, 400))]
    assert standing(DepthClaim(0, 1), objects, said) == expected


def test_what_stands_in_front_reaches_lower():
    objects = [("dog", (100, 250, 200, 350)), ("couch", (50, 200, 400, 400))]
    assert standing(DepthClaim(0, 1), objects, [(0, "in front of", 1)]) == "unknown"


def test_true_depths_overrule_annotated_ones():
    objects = [("dog", LEFT, {"depth": 9.0}), ("cat", LEFT, {"depth": 3.0})]
    said = [(0, "in front of", 1)]
    assert standing(DepthClaim(0, 1), objects, said) == "refuted"
    assert standing(RelationClaim(0, "in front of", 1), objects, said) == "unknown"
    assert standing(RelationClaim(0, "in front of", 1), objects) == "refuted"
    assert standing(RelationClaim(1, "in front of", 0), objects) == "unknown"


@pytest.mark.parametrize(
    ("near", "far", "expected"),
    [
        ((120, 300, 220, 400), (600, 300, 700, 400), "proved"),
        ((600, 300, 700, 400), (120, 300, 220, 400), "refuted"),
        ((300, 300, 400, 400), (380, 300, 480, 400), "unknown"),
        # nearer by its edge, farther by its centre
        ((120, 0, 900, 600), (300, 300, 400, 400), "unknown"),
    ],
)
def test_distances_in_the_picture(near, far, expected):
    objects = [("man", LEFT), ("dog", near), ("cat", far)]
    assert standing(DistanceClaim(0, 1, (2,)), objects) == expected


DOGS = [("dog", (0, 0, 100, 100)), ("dog", (200, 0, 300, 100))]


@pytest.mark.parametrize(
    ("objects", "class_name", "number", "expected"),
    [
        (DOGS, "dog", 2, "asserted"),
        (DOGS, "dog", 3, "refuted"),
        (DOGS, "cow", 0, "asserted"),
        ([*DOGS, ("puppy", (400, 0, 500, 100))], "dog", 3, "asserted"),
        # a plural, a general and a doubtful name, a name that may be one, a rough merge
        ([*DOGS, ("dogs", (400, 0, 500, 100))], "dog", 2, "unknown"),
        ([*DOGS, ("animal", (400, 0, 500, 100))], "dog", 2, "unknown"),
        ([*DOGS, ("dog statue", (400, 0, 500, 100))], "dog", 2, "unknown"),
        ([("dog", LEFT, {"is_doubtful": True})], "dog", 1, "unknown"),
        ([("horse", LEFT), ("pony", RIGHT)], "horse", 1, "unknown"),
        # two boxes that may be one
        ([DOGS[0], ("dog", (40, 0, 140, 100))], "dog", 2, "unknown"),
        # a crowd
        ([("dog", (100 * x, 0, 100 * x + 90, 90)) for x in range(7)], "dog", 7, "unknown"),
        ([("chair", LEFT)], "chair", 1, "asserted"),
        ([("man", LEFT)], "man", 1, "asserted"),
    ],
)
def test_counts_in_photographs_of_complete_classes(objects, class_name, number, expected):
    assert standing(CountClaim(class_name, number), objects) == expected


@pytest.mark.parametrize(("class_name", "number"), [("dog", 2), ("dog", 3), ("cow", 0)])
def test_annotators_leave_things_out_of_every_class(class_name, number):
    assert standing(CountClaim(class_name, number), DOGS, proof=OPEN) == "unknown"
    dogs = ProofConfig(complete_classes=("animal",))
    assert standing(CountClaim(class_name, number), DOGS, proof=dogs) != "unknown"


@pytest.mark.parametrize(
    ("class_name", "number", "expected"),
    [("chair", 1, "proved"), ("person", 2, "proved"), ("man", 1, "proved"), ("dog", 1, "refuted")],
)
def test_counts_where_everything_is_annotated(class_name, number, expected):
    objects = [("chair", LEFT), ("man", RIGHT), ("girl", CORNER)]
    assert standing(CountClaim(class_name, number), objects, exhaustive=True) == expected


@pytest.mark.parametrize(
    ("objects", "class_name", "expected"),
    [
        ([("dog", LEFT)], "dog", "asserted"),
        ([("puppy", LEFT)], "dog", "asserted"),
        ([("dogs", LEFT)], "dog", "asserted"),
        ([("dog", LEFT)], "animal", "asserted"),
        ([("animal", LEFT)], "dog", "unknown"),
        ([("cat", LEFT)], "dog", "unknown"),
        (filled(("cat", LEFT)), "dog", "refuted"),
        (filled(("pony", LEFT)), "horse", "unknown"),
        (filled(("cat", LEFT)), "spoon", "unknown"),
        (filled(("dog statue", LEFT)), "dog", "unknown"),
    ],
)
def test_existences_in_photographs(objects, class_name, expected):
    absent = {"asserted": "refuted", "refuted": "asserted", "unknown": "unknown"}
    assert standing(ExistenceClaim(class_name, True), objects) == expected
    assert standing(ExistenceClaim(class_name, False), objects) == absent[expected]


def test_an_absence_is_proved_where_everything_is_annotated():
    objects = [("dog", LEFT)]
    assert standing(ExistenceClaim("spoon", False), objects, exhaustive=True) == "proved"
    assert standing(ExistenceClaim("spoon", True), objects, exhaustive=True) == "refuted"


RIDING = [
    ("horse", (100, 300, 300, 500)),
    ("dog", (700, 400, 800, 500)),
    ("man", (150, 200, 250, 420)),
]


@pytest.mark.parametrize(
    ("objects", "said", "claim", "expected"),
    [
        (RIDING, [(2, "riding", 0)], ("man", True, "riding", "horse"), "asserted"),
        (RIDING, [(2, "riding", 0)], ("man", False, "riding", "horse"), "refuted"),
        (RIDING, [(2, "riding", 0)], ("person", True, "riding", "animal"), "asserted"),
        (filled(*RIDING), [], ("dog", True, "on", "horse"), "refuted"),
        (filled(*RIDING), [], ("dog", False, "on", "horse"), "asserted"),
        (RIDING, [], ("dog", True, "on", "horse"), "unknown"),
        (filled(*RIDING), [], ("man", True, "on", "horse"), "unknown"),
        # men and chairs may be missing from the annotation, and an animal may be a dog
        (filled(*RIDING), [], ("man", True, "on", "dog"), "unknown"),
        (filled(*RIDING, ("chair", CORNER)), [], ("dog", True, "on", "chair"), "unknown"),
        (
            filled(*RIDING, ("animal", (110, 200, 200, 310))),
            [],
            ("dog", True, "on", "horse"),
            "unknown",
        ),
        (
            filled(*RIDING, ("pony", (700, 450, 800, 600))),
            [],
            ("dog", True, "on", "horse"),
            "unknown",
        ),
        (filled(*RIDING), [], ("cow", True, "on", "horse"), "unknown"),
    ],
)
def test_related_existences(objects, said, claim, expected):
    assert standing(ExistenceClaim(*claim), objects, said) == expected


@pytest.mark.parametrize(
    ("objects", "settings", "is_unique"),
    [
        ([("dog", LEFT), ("cat", RIGHT)], {}, True),
        ([("dog", LEFT), ("dog", RIGHT)], {}, False),
        ([("dog", LEFT), ("puppy", RIGHT)], {}, False),
        ([("dog", LEFT), ("dogs", RIGHT)], {}, False),
        ([("dog", LEFT), ("animal", RIGHT)], {}, False),
        ([("dogs", LEFT)], {}, False),
        ([("dog", LEFT, {"is_doubtful": True})], {}, False),
        ([("gizmo", LEFT)], {}, False),
        # people go by many names; things do so only on one spot
        ([("man", LEFT), ("skier", RIGHT)], {}, False),
        ([("man", LEFT), ("boy", RIGHT)], {}, False),
        ([("man", LEFT), ("boy", RIGHT)], {"exhaustive": True}, True),
        ([("man", LEFT), ("woman", RIGHT)], {}, True),
        ([("monitor", LEFT), ("computer", RIGHT)], {}, True),
        ([("monitor", LEFT), ("computer", (10, 300, 110, 400))], {}, False),
        ([("monitor", LEFT), ("computer", (10, 300, 110, 400))], {"exhaustive": True}, True),
    ],
)
def test_a_name_picks_out_one_object(objects, settings, is_unique):
    assert facts(objects, **settings).is_unique(0) is is_unique


@pytest.mark.parametrize(
    ("claim", "flaw"),
    [
        (RelationClaim(0, "on", 7), "the scene has no object 7"),
        (RelationClaim(0, "on", 0), "it names an object twice: (0, 0)"),
        (RelationClaim(0, "frolics", 1), "no such predicate: 'frolics'"),
        (SizeClaim(Dimension.LARGER, 0, ()), "it compares with nothing"),
        (DistanceClaim(0, 1, ()), "it compares with nothing"),
        (DistanceClaim(0, 1, (1,)), "it names an object twice: (0, 1, 1)"),
        (OrientationClaim(1, 0, 1, Direction.LEFT), "its viewpoint is not its reference"),
        (CountClaim("gizmo", 1), "no such class: 'gizmo'"),
        (ExistenceClaim("gizmo", True), "no such class: 'gizmo'"),
        (ExistenceClaim("dog", True, "on", "gizmo"), "no such class: 'gizmo'"),
        (ExistenceClaim("dog", True, "frolics", "cat"), "no such predicate: 'frolics'"),
        (ExistenceClaim("dog", True, "on"), "a predicate and another class go together"),
    ],
)
def test_a_claim_with_a_flaw_is_unknown(claim, flaw):
    known = facts([("dog", LEFT), ("cat", RIGHT)])
    assert known.flaw(claim) == flaw
    assert known.holds(claim) == ("unknown", None, flaw)


CLAIMS = [
    (RelationClaim(0, "on", 1), "relation", (0, 1)),
    (ReachClaim(0, "holding", 1), "reach", (0, 1)),
    (SizeClaim(Dimension.WIDER, 2, (0, 1)), "size", (2, 0, 1)),
    (OrientationClaim(None, 0, 1, Direction.BELOW_LEFT), "orientation", (0, 1)),
    (OrientationClaim(0, 0, 1, Direction.AHEAD), "orientation", (0, 1)),
    (LocationClaim(3, Cell.TOP_CENTER), "instance_location", (3,)),
    (DepthClaim(1, 0), "depth", (1, 0)),
    (DistanceClaim(0, 2, (1, 3)), "distance", (0, 2, 1, 3)),
    (CountClaim("dog", 2), "count", ()),
    (ExistenceClaim("dog", False), "existence", ()),
    (ExistenceClaim("dog", True, "on", "couch"), "existence", ()),
]


@pytest.mark.parametrize(("claim", "category", "objects"), CLAIMS)
def test_claims_know_their_category_and_objects_and_survive_json(claim, category, objects):
    assert category_of(claim) == category
    assert objects_of(claim) == objects
    assert decode_claim(encode_claim(claim)) == claim


def test_a_claim_reads_as_tagged_json():
    text = encode_claim(RelationClaim(3, "on", 5))
    assert text == '{"category":"relation","subject":3,"predicate":"on","object":5}'


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([], False),
        ([LEFT], False),
        # 3 of 15 columns: an IoU of exactly 0.2
        ([Box(0, 0, 9, 10), Box(6, 0, 15, 10)], False),
        ([Box(0, 0, 9, 10), Box(5, 0, 14, 10)], True),
        ([Box(0, 0, 9, 10), Box(50, 0, 59, 10), Box(51, 0, 60, 10)], True),
    ],
)
def test_boxes_that_overlap_may_be_one_thing(boxes, expected):
    assert may_be_one(boxes) is expected


@pytest.mark.parametrize(
    ("bowl", "said", "claim", "expected"),
    [
        # A bowl that is larger than the table beside it stands on more of the table.
        ((300, 200, 650, 500), (0, "next to", 1), (0, "next to", 1), "unknown"),
        ((300, 200, 650, 500), (0, "left of", 1), (0, "left of", 1), "unknown"),
        ((560, 380, 760, 480), (0, "on", 1), (0, "on", 1), "asserted"),
        # Smaller, or far away: the box is that of the table.
        ((600, 420, 680, 480), (0, "next to", 1), (0, "next to", 1), "asserted"),
        ((0, 350, 300, 600), (0, "left of", 1), (0, "left of", 1), "proved"),
    ],
)
def test_a_piece_of_a_table_has_no_sides(bowl, said, claim, expected):
    objects = [("bowl", bowl), ("table", (690, 450, 820, 550))]
    subject, predicate, target = claim
    assert standing(RelationClaim(subject, predicate, target), objects, [said]) == expected


def test_a_piece_of_a_table_has_no_place():
    place = (690, 450, 820, 550)
    alone = [("table", place)]
    assert standing(LocationClaim(0, Cell.BOTTOM_RIGHT), alone) == "proved"
    beside = [*alone, ("bowl", (300, 200, 650, 500))]
    assert standing(LocationClaim(0, Cell.BOTTOM_RIGHT), beside) == "unknown"


@pytest.mark.parametrize(
    ("surface", "other", "is_piece"),
    [
        # Not as large as the strip of table at the edge, but wider; a flat thing larger than it.
        (("table", (0, 0, 80, 600)), ("plate", (200, 150, 400, 330)), True),
        (("desk", (0, 540, 900, 600)), ("keyboard", (200, 350, 700, 510)), True),
        (("table", (700, 450, 830, 560)), ("laptop", (200, 150, 650, 500)), True),
        # A plate that fills the picture is farther from a corner of its table than that is wide.
        (("table", (700, 470, 840, 600)), ("plate", (150, 50, 550, 430)), True),
        # Other surfaces.
        (("stove", (600, 400, 720, 500)), ("cooking pot", (250, 150, 560, 420)), True),
        (("tablecloth", (700, 430, 860, 590)), ("pizza", (250, 100, 650, 500)), True),
        (("placemat", (560, 400, 690, 500)), ("plate", (200, 150, 500, 450)), True),
        # What is wider may hang over the edge, or stand on the floor.
        (("table", (200, 330, 600, 560)), ("tablecloth", (190, 325, 610, 570)), False),
        (("desk", (400, 300, 600, 420)), ("suitcase", (60, 300, 260, 580)), False),
        (("desk", (400, 300, 600, 420)), ("trash can", (60, 300, 260, 580)), False),
        # A pillow of the couch behind it.
        (("desk", (0, 337, 67, 478)), ("pillow", (183, 222, 294, 308)), False),
        # A bottle as high as the table that it stands in front of; people and lamps are large.
        (("table", (300, 330, 600, 560)), ("bottle", (200, 300, 270, 590)), False),
        (("desk", (400, 300, 600, 420)), ("man", (620, 50, 880, 590)), False),
        (("bench", (400, 300, 600, 420)), ("bowl", (100, 300, 380, 500)), False),
        (("table", (700, 470, 840, 600)), ("gizmo", (150, 50, 550, 430)), False),
    ],
)
def test_a_surface_under_what_is_larger_or_wider_is_a_piece(surface, other, is_piece):
    assert facts([surface, other]).is_piece(0) is is_piece
    assert not facts([surface, other], exhaustive=True).is_piece(0)
