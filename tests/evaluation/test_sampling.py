"""Samples of a benchmark's items."""

from collections import Counter

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evaluation.sampling import num_left_out, sample_items

SCHEMA = {"item_id": pl.String, "group": pl.String, "subset": pl.String, "category": pl.String}


def items(*sizes: int, group_size: int = 1) -> pl.DataFrame:
    """So many items of each category, in groups of so many."""
    rows = [
        (f"{category}-{number}", f"{category}-g{number // group_size}" if group_size > 1 else None,
         "s", f"c{category}")
        for category, size in enumerate(sizes) for number in range(size)
    ]  # fmt: skip
    return pl.DataFrame(rows, SCHEMA, orient="row")


drawings = st.tuples(
    st.lists(st.integers(1, 40), min_size=1, max_size=6), st.integers(1, 60), st.integers(0, 9)
)


@given(drawings, st.integers(1, 4))
def test_whole_groups_in_their_order_at_most_as_many_and_at_least_one(drawing, group_size):
    sizes, number, seed = drawing
    whole = items(*sizes, group_size=group_size)
    some = sample_items(whole, number, seed)
    assert 0 < some.height <= max(number, group_size)
    assert some.height == whole.height or some.height > number - group_size
    kept = set(some["item_id"])
    assert some.equals(whole.filter(pl.col("item_id").is_in(list(kept))))
    if group_size > 1:
        rest = whole.filter(~pl.col("item_id").is_in(list(kept)))
        assert not set(rest["group"]) & set(some["group"])


@given(drawings)
@example(([10, 1, 1, 1], 7, 0))
def test_every_category_has_its_share_up_to_one(drawing):
    """Up to a place in the order each has its share to less than one; of what is drawn in all, the
    others lack or exceed as much together."""
    sizes, number, seed = drawing
    some = sample_items(items(*sizes), number, seed)
    found = Counter(some["category"].to_list())
    for category, size in enumerate(sizes):
        share = size / sum(sizes)
        most = (1 - share) + share * (len(sizes) - 1)
        assert abs(found[f"c{category}"] - share * some.height) <= most + 1e-9


@given(drawings, st.integers(0, 60))
def test_a_sample_is_part_of_every_larger_one_whatever_the_order_of_rows(drawing, more):
    sizes, number, seed = drawing
    whole = items(*sizes)
    some, larger = (
        sample_items(whole, number, seed),
        sample_items(whole.reverse(), number + more, seed),
    )
    assert set(some["item_id"]) <= set(larger["item_id"])
    assert sample_items(larger, number, seed).height == some.height


def test_every_item_has_the_same_chance():
    sizes, number, num_seeds = (40, 4, 1), 9, 200
    whole = items(*sizes)
    drawn: Counter[str] = Counter()
    for seed in range(num_seeds):
        drawn.update(sample_items(whole, number, seed)["category"].to_list())
    for category, size in enumerate(sizes):
        share = drawn[f"c{category}"] / (num_seeds * size)
        assert share == pytest.approx(number / sum(sizes), abs=0.08)


def test_all_is_all_and_categories_without_an_item_are_counted():
    whole = items(30, 1, 1)
    assert sample_items(whole, 32, 7).equals(whole)
    assert num_left_out(whole, sample_items(whole, 1, 7)) == 2
    assert num_left_out(whole, whole) == 0
