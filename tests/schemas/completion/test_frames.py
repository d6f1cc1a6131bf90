"""Frames: the size that Qwen2.5-VL gives an image, and boxes in it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.box import Box, iou
from schemas.completion.frames import (
    FACTOR,
    MAX_PIXELS,
    MIN_PIXELS,
    moved_gold,
    rescale_box,
    smart_resize,
)
from schemas.completion.publish import PublishedScene, parse_completion, render_completion

sides = st.integers(1, 6_000)


@pytest.mark.parametrize(
    ("size", "resized"),
    [
        # Multiples of 28, nearest: 640 / 28 = 22.86, 480 / 28 = 17.14.
        ((640, 480), (23 * 28, 17 * 28)),
        # 504 x 364 has 183,456 pixels: sqrt(262144 / 187500) = 1.1824; 591.2 and 443.4, rounded up.
        ((500, 375), (616, 448)),
        ((375, 500), (448, 616)),
        # 12 million pixels: sqrt(12e6 / 4194304) = 1.6914; 2364.9 and 1773.6, rounded down.
        ((4000, 3000), (2352, 1764)),
        ((1, 200), (56, 7252)),
    ],
)
def test_an_image_gets_the_size_that_the_model_gives_it(size, resized):
    assert smart_resize(*size) == resized


@pytest.mark.parametrize("size", [(0, 10), (-5, 10), (1, 201), (2001, 10)])
def test_what_the_model_refuses_is_refused(size):
    with pytest.raises(ValueError, match=f"takes no image of {size[0]} x {size[1]} pixels"):
        smart_resize(*size)


@given(sides, sides)
def test_sizes_are_multiples_in_range_of_nearly_the_same_shape(width, height):
    if max(width, height) > 200 * min(width, height):
        return
    new_width, new_height = smart_resize(width, height)
    assert new_width % FACTOR == new_height % FACTOR == 0
    assert MIN_PIXELS <= new_width * new_height <= MAX_PIXELS
    if max(width, height) < 4 * min(width, height):
        assert (new_width / new_height) / (width / height) == pytest.approx(1, abs=0.2)


@given(st.data())
def test_a_box_inside_stays_inside_and_on_its_thing(data):
    width, height = data.draw(st.integers(60, 3_000)), data.draw(st.integers(60, 3_000))
    x1, y1 = data.draw(st.integers(0, width - 12)), data.draw(st.integers(0, height - 12))
    box = Box(
        x1, y1, data.draw(st.integers(x1 + 12, width)), data.draw(st.integers(y1 + 12, height))
    )
    old, new = (width, height), smart_resize(width, height)
    moved = Box(*rescale_box(box, old, new))
    assert 0 <= moved.x1 < moved.x2 <= new[0]
    assert 0 <= moved.y1 < moved.y2 <= new[1]
    back = Box(*(round(x * 1000) for x in back_of(moved, old, new)))
    assert iou(Box(*(1000 * x for x in box)), back) > 0.75


def back_of(box: Box, old: tuple[int, int], new: tuple[int, int]) -> list[float]:
    return [x * old[i % 2] / new[i % 2] for i, x in enumerate(box)]


def test_a_box_below_a_pixel_keeps_a_pixel():
    assert rescale_box((10, 10, 11, 11), (6_000, 6_000), (2_044, 2_044)) == (3, 3, 4, 4)
    assert rescale_box((5_999, 0, 6_000, 1), (6_000, 6_000), (2_044, 2_044)) == (2_043, 0, 2_044, 1)


def test_the_same_frame_changes_nothing():
    assert rescale_box((1, 2, 30, 40), (56, 56), (56, 56)) == (1, 2, 30, 40)


@st.composite
def golds(draw):
    """A scene of up to four boxes in a frame, as the gold of a sample, and another frame."""
    old, new = [(draw(st.integers(30, 3_000)), draw(st.integers(30, 3_000))) for _ in range(2)]
    boxes = []
    for _ in range(draw(st.integers(0, 4))):
        x1, y1 = (draw(st.integers(0, side - 1)) for side in old)
        x2, y2 = draw(st.integers(x1 + 1, old[0])), draw(st.integers(y1 + 1, old[1]))
        boxes.append((x1, y1, x2, y2))
    # Not in the order of ids: "dog.10" comes before "dog.2" in a sorted scene.
    objects = [{"id": f"dog.{12 - place}", "bbox": box} for place, box in enumerate(boxes)]
    ends = [entry["id"] for entry in objects]
    links = [{"subject": a, "predicate": "on", "object": b} for a, b in pairwise(ends)]
    return PublishedScene(objects=objects, relationships=links), old, new


@given(golds(), st.sampled_from(["(A) left", "(B) 2 < 3", "(C) caf\u00e9"]))
def test_a_moved_gold_changes_its_boxes_alone(gold, answer):
    scene, old, new = gold
    moved, said = parse_completion(moved_gold(render_completion(scene, answer), old, new))
    assert (said, moved.relationships) == (answer, scene.relationships)
    assert [entry["id"] for entry in moved.objects] == [entry["id"] for entry in scene.objects]
    for entry, before in zip(moved.objects, scene.objects, strict=True):
        x1, y1, x2, y2 = entry["bbox"]
        assert (x1, y1, x2, y2) == rescale_box(before["bbox"], old, new)
        assert 0 <= x1 < x2 <= new[0] and 0 <= y1 < y2 <= new[1]
        # Every edge within a pixel of where it was.
        for place, edge in enumerate((x1, y1, x2, y2)):
            assert abs(edge - before["bbox"][place] * new[place % 2] / old[place % 2]) <= 1


@pytest.mark.parametrize("new", [(400, 300), (800, 600)])
@pytest.mark.parametrize(
    ("gold", "message"),
    [
        ("(A) left", "it is not one <scene> and then one <answer>"),
        (
            '<scene>{"objects":[{"id":"dog.1","bbox":[40,30,40,90]}]}</scene>\n<answer>x</answer>',
            "the box of dog.1 is empty, inverted or endless",
        ),
    ],
)
def test_a_gold_that_is_not_one_does_not_move(gold, message, new):
    with pytest.raises(ValueError, match=message):
        moved_gold(gold, (400, 300), new)


def test_the_gold_of_another_source_moves_too():
    """Spaces, numbers with a point and no line break, as other writers of JSON have them."""
    gold = (
        '<scene> {"objects": [{"id": "cat.1", "bbox": [200.0, 150, 4e2, 300]}]} </scene><answer>x'
    )
    assert moved_gold(f"{gold}</answer>", (800, 600), (400, 300)) == (
        '<scene>{"objects":[{"id":"cat.1","bbox":[100,75,200,150]}]}</scene>\n<answer>x</answer>'
    )
