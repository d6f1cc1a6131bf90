"""Families: how each sees an image, and the frame of its boxes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.box import Box, iou
from schemas.completion.families import SIGHTS, FamilyName
from schemas.completion.frames import moved_gold, rescale_box
from schemas.completion.publish import PublishedScene, parse_completion, render_completion
from schemas.config.frame import FrameConfig

SIZES = st.tuples(st.integers(40, 3000), st.integers(40, 3000))


@pytest.mark.parametrize(
    ("family", "size", "seen", "frame", "tokens"),
    [
        # 640 / 28 = 22.86, 480 / 28 = 17.14.
        ("qwen2.5-vl", (640, 480), (644, 476), (644, 476), 23 * 17),
        # 640 / 32 = 20, 480 / 32 = 15.
        ("qwen3-vl", (640, 480), (640, 480), (1000, 1000), 20 * 15),
        # 187,500 pixels become at least 262,144: sides grow by 1.1824, to 443.4 and 591.2.
        ("qwen3.5", (375, 500), (448, 608), (1000, 1000), 14 * 19),
        ("gemma-3", (640, 480), (896, 896), (1000, 1000), 256),
        ("gemma-3", (30, 4000), (896, 896), (1000, 1000), 256),
    ],
)
def test_what_a_family_sees(family, size, seen, frame, tokens):
    config = FrameConfig(family=family)
    assert config.seen_size(size) == config.shown_size(size) == seen
    assert config.frame_of(size) == frame
    assert config.sight.num_tokens(seen) == tokens


@pytest.mark.parametrize("family", list(FamilyName))
def test_the_papers_frame_is_the_file_for_every_family(family):
    config = FrameConfig(family=family, frame="paper_compatible")
    assert config.shown_size((401, 299)) == config.frame_of((401, 299)) == (401, 299)


@given(st.sampled_from(FamilyName), SIZES, st.data())
def test_a_box_comes_back_from_the_frame_of_a_family(family, size, data):
    """To the pixel of the coarser of the two frames, for boxes that the frame can resolve."""
    width, height = size
    x1, y1 = data.draw(st.integers(0, width - 20)), data.draw(st.integers(0, height - 20))
    x2 = data.draw(st.integers(x1 + 20, width))
    y2 = data.draw(st.integers(y1 + 20, height))
    frame = FrameConfig(family=family).frame_of(size)
    moved = rescale_box((x1, y1, x2, y2), size, frame)
    assert 0 <= moved[0] < moved[2] <= frame[0] and 0 <= moved[1] < moved[3] <= frame[1]
    back = rescale_box(moved, frame, size)
    for axis, sides in ((0, (width, frame[0])), (1, (height, frame[1]))):
        step = max(1.0, sides[0] / sides[1])
        for place in (axis, axis + 2):
            assert abs(back[place] - (x1, y1, x2, y2)[place]) <= 0.5 * step + 0.5
    if min(frame) >= max(size):
        assert iou(Box(*back), Box(x1, y1, x2, y2)) > 0.9


@given(st.sampled_from([name for name in FamilyName if SIGHTS[name].grid]), SIZES)
def test_thousandths_do_not_depend_on_the_size_of_the_image(family, size):
    width, height = size
    gold = render_completion(
        PublishedScene([{"id": "dog.1", "bbox": (0, 0, width, height)}], []), "(A) left"
    )
    frame = FrameConfig(family=family).frame_of(size)
    assert parse_completion(moved_gold(gold, size, frame))[0].objects[0]["bbox"] == (
        0,
        0,
        1000,
        1000,
    )


def test_a_family_with_one_size_takes_no_limits_of_pixels():
    with pytest.raises(ValueError, match="gemma-3 sees every image at 896 x 896: leave min_pixels"):
        FrameConfig(family="gemma-3", max_pixels=100_000)
    with pytest.raises(ValueError, match="min_pixels is greater than max_pixels"):
        FrameConfig(min_pixels=5000, max_pixels=4000)
