import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.box import (
    Box,
    center_distance,
    gap,
    horizontal_gap,
    inside_share,
    intersection_area,
    iou,
    nested_share,
    overlap,
    vertical_gap,
)

A = Box(0, 0, 10, 20)

boxes = st.tuples(*[st.integers(-50, 50)] * 2, *[st.integers(0, 60)] * 2).map(
    lambda edges: Box(edges[0], edges[1], edges[0] + edges[2], edges[1] + edges[3])
)


def test_a_box_has_extents_and_a_center():
    assert (A.width, A.height, A.area, A.center) == (10, 20, 200, (5.0, 10.0))


@pytest.mark.parametrize(
    ("b", "shared", "share", "across", "down", "away"),
    [
        (A, 200, 1.0, -10, -20, 0.0),
        (Box(5, 10, 15, 30), 50, 0.25, -5, -10, 0.0),
        (Box(10, 0, 20, 20), 0, 0.0, 0, -20, 0.0),
        (Box(13, 24, 20, 30), 0, 0.0, 3, 4, 5.0),
        (Box(2, 3, 4, 5), 4, 0.02, -2, -2, 0.0),
        (Box(5, 5, 5, 9), 0, 0.0, 0, -4, 0.0),
    ],
)
def test_two_boxes(b, shared, share, across, down, away):
    assert intersection_area(A, b) == shared
    assert inside_share(A, b) == pytest.approx(share)
    assert (horizontal_gap(A, b), vertical_gap(A, b), gap(A, b)) == (across, down, away)


def test_empty_boxes_share_nothing():
    empty = Box(3, 3, 3, 3)
    assert iou(empty, empty) == inside_share(empty, A) == 0.0


@given(boxes, boxes)
def test_iou_is_symmetric_and_bounded(a, b):
    assert iou(a, b) == iou(b, a)
    assert 0.0 <= iou(a, b) <= 1.0
    assert iou(a, b) <= min(inside_share(a, b), inside_share(b, a)) + 1e-9


@pytest.mark.parametrize(
    ("a", "b", "shared", "union_share"),
    [
        ((0, 0, 2, 1), (0, 0, 1, 1), 1, 0.5),
        ((0, 0, 1, 1), (1, 0, 2, 1), 0, 0.0),
        ((0.0, 0.0, 0.5, 0.5), (0.25, 0.25, 0.75, 0.75), 0.0625, 1 / 7),
    ],
)
def test_shares_of_an_image_are_boxes_too(a, b, shared, union_share):
    assert intersection_area(a, b) == shared
    assert iou(a, b) == pytest.approx(union_share)
    assert overlap(a, b) is (shared > 0)


@given(boxes, boxes)
def test_a_smaller_box_is_nested_by_the_share_that_is_inside(a, b):
    assert nested_share(a, b) == nested_share(b, a)
    assert nested_share(a, b) == max(inside_share(a, b), inside_share(b, a))
    if overlap(a, b) and a.area and b.area:
        assert nested_share(a, b) > 0


@given(boxes.filter(lambda box: box.area > 0))
def test_a_box_overlaps_itself_wholly(a):
    assert iou(a, a) == inside_share(a, a) == 1.0


@given(boxes, boxes)
def test_distances_are_symmetric_and_zero_where_boxes_overlap(a, b):
    assert gap(a, b) == gap(b, a) >= 0.0
    assert center_distance(a, b) == center_distance(b, a)
    if intersection_area(a, b):
        assert gap(a, b) == 0.0


@given(boxes, boxes, st.integers(-40, 40), st.integers(-40, 40))
def test_moving_both_boxes_changes_nothing_between_them(a, b, right, down):
    def moved(box):
        return Box(box.x1 + right, box.y1 + down, box.x2 + right, box.y2 + down)

    assert iou(moved(a), moved(b)) == iou(a, b)
    assert gap(moved(a), moved(b)) == gap(a, b)
