"""Attention on the gold boxes: which text is the answer, which cells lie in boxes, what layers do
on average."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.attention import ATTENTION, answer_place, covered, summarize
from schemas.box import area_of
from schemas.columns import frame_of


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>a</think>\n<answer> (A) left of it\n</answer>", "(A) left of it"),
        ("<answer>B</answer>", "B"),
        ("<answer>A</answer> no, <answer>\tB </answer> so it is", "B"),
        ("<answer>A", None),
        ("<answer> \n</answer>", None),
        ("</answer>A<answer>", None),
        ("(A) left", None),
        ("", None),
    ],
)
def test_the_answer_is_what_stands_in_the_last_tag(text, answer):
    place = answer_place(text)
    assert (place and text[slice(*place)]) == answer


BELOW_1 = float(np.nextafter(1, 0))


@pytest.mark.parametrize(
    ("boxes", "cells"),
    [
        ([(0, 0, 0.5, 0.5)], [[1, 0], [0, 0]]),
        ([(0.5, 0, 1, 1)], [[0, 1], [0, 1]]),
        ([(0.25, 0.25, 0.75, 0.5)], [[0.25, 0.25], [0, 0]]),
        ([(0, 0, 0.5, 0.5), (0, 0, 0.5, 0.5), (0.25, 0, 0.5, 1)], [[1, 0], [0.5, 0]]),
        ([(-1, -1, 2, 2)], [[1, 1], [1, 1]]),
        ([(1.5, 0, 2, 1)], [[0, 0], [0, 0]]),
        ([(0, 0, BELOW_1, BELOW_1)], [[1, 1], [1, 1]]),
        ([], [[0, 0], [0, 0]]),
    ],
)
def test_cells_are_covered_by_boxes(boxes, cells):
    assert covered(boxes, (2, 2)) == pytest.approx(np.array(cells))


shares = st.integers(0, 12).map(lambda part: part / 12)
boxes_ = st.tuples(shares, shares, shares, shares).filter(lambda b: b[0] < b[2] and b[1] < b[3])


@given(st.lists(boxes_, max_size=4), st.integers(1, 7), st.integers(1, 7))
def test_cells_hold_the_area_of_the_union_once(boxes, rows, columns):
    found = covered(boxes, (rows, columns))
    fine = np.zeros((12, 12), bool)
    for x1, y1, x2, y2 in boxes:
        fine[round(12 * y1) : round(12 * y2), round(12 * x1) : round(12 * x2)] = True
    assert found.mean() == pytest.approx(fine.mean())
    assert found.min() >= 0 and found.max() <= 1 + 1e-9
    if len(boxes) == 1:
        assert found.mean() == pytest.approx(area_of(boxes[0]))
    mirrored = [(1 - x2, y1, 1 - x1, y2) for x1, y1, x2, y2 in boxes]
    assert covered(mirrored, (rows, columns)) == pytest.approx(found[:, ::-1])


def row(group: str, layer: int, gold: float, area: float = 0.2) -> dict:
    known = {"benchmark": "b", "item_id": group, "group": group, "num_tokens": 3}
    return known | {"layer": layer, "image_share": 0.5, "gold_share": gold, "area_share": area}


def test_layers_are_means_over_items_with_errors_by_groups():
    rows = [row("1", 1, 0.2), row("1", 0, 0.3), row("2", 0, 0.5), row("2", 0, 0.7, 0.4)]
    attention = pl.concat(
        frame_of(some, ATTENTION).with_columns(model=pl.lit(name))
        for name, some in (("z", rows), ("a", rows[:1]))
    )
    found = summarize(attention).drop("benchmark", "image_share").rows()
    # The ratio of 1.5 and 0.8 is 1.875: gold less so many areas is -0.075 | 0.125 and -0.05.
    error = np.sqrt(2 * 2 * 0.075**2) / 0.8
    means = (pytest.approx(value) for value in (0.5, 0.8 / 3, error, 1.875))
    assert found == [
        ("z", 0, 3, *means),
        ("z", 1, 1, 0.2, 0.2, None, 1.0),
        ("a", 1, 1, 0.2, 0.2, None, 1.0),
    ]


def test_a_focus_that_is_the_same_in_every_item_has_no_error():
    """However different the boxes are."""
    rows = [row(str(number), 0, 3 * area, area) for number, area in enumerate((0.05, 0.1, 0.3))]
    found = summarize(frame_of(rows, ATTENTION).with_columns(model=pl.lit("m")))
    assert found["focus"].item() == pytest.approx(3.0)
    assert found["standard_error"].item() == pytest.approx(0.0, abs=1e-12)


def test_an_item_without_a_group_is_one_of_its_own():
    alone = frame_of([row("1", 0, 0.2), row("2", 0, 0.6)], ATTENTION).with_columns(
        model=pl.lit("m")
    )
    nameless = alone.with_columns(group=pl.lit(None, pl.String))
    assert summarize(alone)["standard_error"].item() > 0
    assert summarize(nameless).equals(summarize(alone))


def test_nothing_measured_has_no_layers():
    empty = pl.DataFrame(schema={"model": pl.String, **ATTENTION})
    assert summarize(empty).is_empty()
