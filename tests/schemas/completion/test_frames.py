"""Frames: the size that Qwen2.5-VL gives an image, and boxes in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.box import Box, iou
from schemas.completion.frames import FACTOR, MAX_PIXELS, MIN_PIXELS, rescale_box, smart_resize

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
