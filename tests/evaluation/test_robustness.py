"""Robustness: answers to items and to their variants are compared as the two are related."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.robustness import ALL, COMPARED, is_consistent, robustness
from schemas.columns import frame_of

CHOICE = {"kind": "choice", "letters": ["C", "A", "B"], "benchmark": "stvqa_val", "answer": "A"}


@pytest.mark.parametrize(
    ("variant", "said", "here", "is_alike"),
    [
        (CHOICE, "A", "C", True),
        (CHOICE, "B", "A", True),
        (CHOICE, "A", "A", False),
        (CHOICE, None, "C", False),
        (CHOICE, "A", None, False),
        (CHOICE, None, None, False),
        (CHOICE | {"kind": "text", "benchmark": "spatialbench"}, "the dog", "the dog", True),
        (CHOICE | {"kind": "text", "benchmark": "spatialbench"}, "yes", "no", False),
        (CHOICE | {"kind": "number"}, "2.5", "2.5", True),
        (CHOICE | {"kind": "number"}, "2.5", "2.6", False),
    ],
)
def test_an_answer_is_the_same_where_it_stands_for_the_same(variant, said, here, is_alike):
    item = {"parsed": said, "is_right": False}
    assert is_consistent(variant | {"parsed": here, "is_right": False}, item) is is_alike


@pytest.mark.parametrize(("right", "here"), [(True, True), (False, False), (True, False)])
def test_points_are_alike_where_they_are_as_right(right, here):
    variant = {"kind": "point", "parsed": "(0.1, 0.1)", "is_right": here}
    assert is_consistent(variant, {"parsed": "(0.2, 0.2)", "is_right": right}) is (right == here)


def row(item: int, variant: str, *, right: bool, here: bool, alike: bool, **changes: Any):
    return (
        dict.fromkeys(COMPARED)
        | {
            "model": "m",
            "benchmark": "b",
            "variant": variant,
            "of_item": str(item),
            "item_id": f"{item}~{variant}",
            "group": str(item),
            "said": "A",
            "said_here": "A",
            "is_right": right,
            "is_right_here": here,
            "is_consistent": alike,
        }
        | changes
    )


def summary(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return robustness(frame_of(rows, COMPARED), seed=1, num_bootstrap=100)


def test_every_variant_is_counted_alone_and_all_of_an_item_together():
    found = summary(
        [
            row(1, "jpeg", right=True, here=True, alike=True),
            row(1, "rotation", right=True, here=False, alike=False),
            row(2, "jpeg", right=False, here=True, alike=False),
            row(3, "jpeg", right=False, here=False, alike=False, said_here=None),
            row(4, "jpeg", right=True, here=True, alike=True),
            row(4, "rotation", right=True, here=True, alike=True),
        ]
    )
    told = found.select(
        "variant", "num_items", "accuracy", "accuracy_here", "consistency", "num_lost",
        "num_gained", "unread_share",
    ).rows()  # fmt: skip
    assert told == [
        ("jpeg", 4, 50.0, 75.0, 50.0, 0, 1, 25.0),
        ("rotation", 2, 100.0, 50.0, 50.0, 1, 0, 0.0),
        (ALL, 4, 50.0, 50.0, 25.0, 1, 1, 25.0),
    ]
    assert (found["low"] < found["consistency"]).all()
    assert (found["consistency"] < found["high"]).all()


def test_one_variant_alone_has_no_row_of_all():
    assert summary([row(1, "jpeg", right=True, here=True, alike=True)])["variant"].to_list() == [
        "jpeg"
    ]
    assert summary([]).is_empty()


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from(["jpeg", "scale"]), st.booleans()),
        unique_by=lambda drawn: drawn[:2],
        min_size=1,
    )
)
def test_all_together_are_alike_at_most_as_often_as_any_alone(drawn):
    rows = [row(n, name, right=True, here=alike, alike=alike) for n, name, alike in drawn]
    found = {one["variant"]: one for one in summary(rows).iter_rows(named=True)}
    if ALL in found:
        alike = {n for n, _, _ in drawn} - {n for n, _, is_alike in drawn if not is_alike}
        assert found[ALL]["num_items"] == len({n for n, _, _ in drawn})
        assert found[ALL]["consistency"] == pytest.approx(
            100 * len(alike) / found[ALL]["num_items"]
        )
