"""Paired tests: exact p-values, adjusted, and intervals over groups."""

from itertools import product

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from evaluation.paired import holm, mcnemar, paired


def answers(rights: dict[str, list[bool]], groups: list[str] | None = None) -> pl.DataFrame:
    rows = [
        ("b", model, f"{place:03d}", groups[place] if groups else str(place), is_right)
        for model, found in rights.items()
        for place, is_right in enumerate(found)
    ]
    table = pl.DataFrame(rows, ["benchmark", "model", "item_id", "group", "is_right"], orient="row")
    return table.with_columns(credit=pl.col("is_right").cast(pl.Float64))


@pytest.mark.parametrize(
    ("one", "other", "p"),
    [
        (0, 0, None),
        (1, 0, 1.0),
        (5, 5, 1.0),
        (0, 5, 2 / 32),
        (1, 9, 22 / 1024),
        (10, 2, 158 / 4096),
    ],
)
def test_mcnemars_test_is_the_exact_one(one, other, p):
    assert mcnemar(one, other) == (p if p is None else pytest.approx(p))


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemars_test_is_twice_the_smaller_tail(one, other):
    p = mcnemar(one, other)
    if one + other == 0:
        assert p is None
    else:
        tail = binom.cdf(min(one, other), one + other, 0.5)
        assert p == pytest.approx(min(1.0, 2 * tail))
        assert p == mcnemar(other, one)


def test_p_values_are_adjusted_for_all_tests():
    assert holm([0.01, None, 0.04, 0.03]) == pytest.approx([0.03, None, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


P = st.floats(0.0, 1.0)


@given(st.lists(P, min_size=1, max_size=8))
def test_adjusted_values_keep_the_order_and_are_no_smaller(values):
    adjusted = holm(values)
    assert all(1.0 >= new >= old for old, new in zip(values, adjusted, strict=True))
    for (old, new), (other, of_other) in product(zip(values, adjusted, strict=True), repeat=2):
        assert new <= of_other or old > other


def test_every_two_models_are_compared_on_what_both_were_asked():
    rights = {"a": [True] * 12, "b": [True] * 4 + [False] * 8, "c": [False] * 6}
    found = paired(answers(rights), seed=1, num_bootstrap=200)
    assert found.select("model", "other", "num_items", "only_model", "only_other").rows() == [
        ("a", "b", 12, 8, 0), ("a", "c", 6, 6, 0), ("b", "c", 6, 4, 0),
    ]  # fmt: skip
    assert found["difference"].to_list() == pytest.approx([800 / 12, 100.0, 400 / 6])
    assert found["p_value"].to_list() == pytest.approx([2 / 256, 2 / 64, 2 / 16])
    assert found["adjusted_p_value"].to_list() == pytest.approx([6 / 256, 4 / 64, 2 / 16])
    assert (found["low"] <= found["difference"]).all()
    assert (found["high"] >= found["difference"]).all()
    assert found.equals(paired(answers(rights), seed=1, num_bootstrap=200))


def test_items_of_a_group_are_drawn_together():
    """Eight items that agree within two groups are two observations, not eight."""
    rights = {"a": [True] * 4 + [False] * 4, "b": [False] * 8}
    alone = paired(answers(rights), seed=1, num_bootstrap=500)
    together = paired(answers(rights, ["x"] * 4 + ["y"] * 4), seed=1, num_bootstrap=500)
    assert (alone["num_groups"][0], together["num_groups"][0]) == (8, 2)
    assert (together["low"][0], together["high"][0]) == (0.0, 100.0)
    assert alone["low"][0] > 0.0
    assert alone["high"][0] < 100.0
    one = paired(answers(rights, ["x"] * 8), seed=1, num_bootstrap=50)
    assert one.select("low", "high", "num_groups").row(0) == (None, None, 1)
