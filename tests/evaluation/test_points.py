"""Points: how models name them, and where they lie."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from evaluation.points import first_point, is_in_mask, is_inside, read_polygon

WIDE = (200, 100)
NOWHERE = (None, None)
ARCH = [
    *[(0.2, 0.1), (0.8, 0.1), (0.8, 0.9), (0.6, 0.9)],
    *[(0.6, 0.4), (0.4, 0.4), (0.4, 0.9), (0.2, 0.9)],
]


@pytest.mark.parametrize(
    ("reply", "frame", "point"),
    [
        ("(0.25, 0.5)", NOWHERE, (0.25, 0.5)),
        ("(.25,.5)", NOWHERE, (0.25, 0.5)),
        ("[0.25, 0.5]", WIDE, (0.25, 0.5)),
        ("(1, 1)", WIDE, (1.0, 1.0)),
        ("(0, 0)", WIDE, (0.0, 0.0)),
        ("[(0.1, 0.2), (0.3, 0.4)]", WIDE, (0.1, 0.2)),
        ("It is [0.1, 0.2], not (0.3, 0.4).", WIDE, (0.1, 0.2)),
        ("x = 0.25, y = 0.5", WIDE, (0.25, 0.5)),
        ('{"x": 50, "y": 20}', WIDE, (0.25, 0.2)),
        ("[50, 20]", WIDE, (0.25, 0.2)),
        ("\uff080.2\uff0c0.3\uff09", WIDE, (0.2, 0.3)),
        ("\uff3b\uff15\uff10, 20\uff3d", WIDE, (0.25, 0.2)),
        ("(50.5, 20)", WIDE, (0.2525, 0.2)),
        ('```json\n[{"point_2d": [50, 20], "label": "spot"}]\n```', WIDE, (0.25, 0.2)),
        ("[250, 20]", WIDE, (0.25, 0.02)),
        ("[250, 900]", NOWHERE, (0.25, 0.9)),
        ("[2500, 900]", WIDE, (12.5, 9.0)),
        ("(-0.5, 0.5)", WIDE, (-0.5, 0.5)),
        ("(25%, 50%)", WIDE, (0.25, 0.5)),
        ('<point x="25" y="50" alt="spot">spot</point>', WIDE, (0.25, 0.5)),
        ('<points x1="25" y1="50" x2="9" y2="9">', WIDE, (0.25, 0.5)),
        ("<think>(0.9, 0.9)?</think>(0.1, 0.2)", WIDE, (0.1, 0.2)),
        ("(0.9, 0.9) <answer>(0.1, 0.2)</answer>", WIDE, (0.1, 0.2)),
        ("(0.9, 0.9) <answer>there</answer>", WIDE, None),
        ("somewhere on the left", WIDE, None),
        ("[10, 20, 30, 40]", WIDE, None),
        ("(A) left", WIDE, None),
        ("(0.1; 0.2)", WIDE, None),
        ("", WIDE, None),
    ],
)
def test_the_first_point_is_read_in_shares_of_the_image(reply, frame, point):
    assert first_point(reply, *frame) == (point and pytest.approx(point))


@given(st.one_of(st.text(), st.lists(st.sampled_from("([0.9,5 )]x=y%<point")).map("".join)))
def test_whatever_is_written_nothing_is_raised(reply):
    found = first_point(reply, 640, 480)
    assert found is None or len(found) == 2


@pytest.mark.parametrize("unit", ["(", "1", "(1, ", "x=", "( ", "<point ", "[1,1,"])
def test_a_megabyte_holds_no_point(unit):
    assert first_point(unit * (1_000_000 // len(unit)), 640, 480) is None


@pytest.mark.parametrize(
    ("point", "inside"),
    [
        ((0.5, 0.2), True),
        ((0.3, 0.8), True),
        ((0.7, 0.8), True),
        ((0.5, 0.8), False),
        ((0.1, 0.5), False),
        ((0.9, 0.5), False),
        ((0.5, 0.05), False),
        ((0.5, 0.95), False),
        ((-3.0, 0.2), False),
    ],
)
def test_a_polygon_need_not_be_convex(point, inside):
    assert is_inside(point, ARCH) is inside
    assert is_inside(point, ARCH[::-1]) is inside
    assert is_inside(point, ARCH[3:] + ARCH[:3]) is inside


def test_a_polygon_is_read_from_an_answer():
    assert read_polygon(json.dumps(ARCH)) == ARCH


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
@pytest.mark.parametrize(
    ("point", "is_in"),
    [
        ((0.76, 0.3), True),
        ((1.0, 0.0), True),
        ((0.99, 0.49), True),
        ((0.74, 0.3), False),
        ((0.8, 0.6), False),
        ((1.2, 0.3), False),
        ((-0.1, 0.3), False),
    ],
)
def test_a_mask_is_where_it_is_not_black(mode, point, is_in):
    mask = Image.new(mode, (8, 4))
    mask.paste(Image.new(mode, (2, 2), "white"), (6, 0))
    data = io.BytesIO()
    mask.save(data, "PNG")
    assert is_in_mask(point, data.getvalue()) is is_in
