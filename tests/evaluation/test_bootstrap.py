"""Bootstrap: standard errors against a count by hand and against what theory says."""

from collections import defaultdict

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.benchmarks.cv_bench import official
from evaluation.bootstrap import draws, measure
from evaluation.metrics import Metric, units, whole


def frame(groups: list[str], rights: list[bool], **columns: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"group": groups, "right": rights, **columns})


def metric(table: pl.DataFrame) -> Metric:
    return Metric("accuracy", units(table), table)


def test_items_that_are_right_or_wrong_together_are_one_draw():
    """100 items in ten groups have the error of ten draws."""
    rights = [k // 10 % 2 == 0 for k in range(100)]
    together = metric(frame([str(k // 10) for k in range(100)], rights))
    apart = metric(frame([str(k) for k in range(100)], rights))
    for one, size in ((together, 10), (apart, 100)):
        (found,) = measure([one], seed=1, num_bootstrap=4000)
        assert found.value == 50
        assert found.standard_error == pytest.approx(50 / size**0.5, rel=0.1)
        assert found.num_groups == size


def test_a_single_group_has_no_standard_error():
    (found,) = measure([metric(frame(["g", "g"], [True, False]))], seed=0, num_bootstrap=50)
    assert (found.value, found.standard_error, found.num_groups) == (50, None, 1)


def test_a_metric_without_units_has_no_value():
    table = frame(["g", "h"], [True, False])
    nothing = Metric("pairs", units(table.head(0)), table)
    found = measure([nothing, metric(table)], seed=0, num_bootstrap=50)
    assert np.isnan(found[0].value)
    assert (found[0].standard_error, found[0].num_groups) == (None, 0)
    assert found[1].value == 50
    assert np.isnan(measure([nothing], seed=0, num_bootstrap=50)[0].value)


def test_a_pair_is_drawn_as_a_pair():
    table = frame(list("aabbcc"), [True, True, True, False, False, True], pair=list("112233"))
    pairs = Metric("pairs", whole(table, ["pair"], pl.lit(2)), table)
    (found,) = measure([pairs], seed=3, num_bootstrap=500)
    (weights,) = draws(3, seed=3, num_bootstrap=500)
    by_hand = [100 * row[0] / 3 for row in weights]  # of a, b and c only a is right
    assert found.value == pytest.approx(100 / 3)
    assert found.standard_error == pytest.approx(np.std(by_hand, ddof=1))


def source_mean(rows: list[tuple[str, str, bool, float]]) -> float:
    """1/2 ((ADE20K + COCO) / 2 + Omni3D) of (subset, source, right, weight); NaN without one."""
    sums: dict[str, float] = defaultdict(float)
    counts: dict[str, float] = defaultdict(float)
    for _, source, right, weight in rows:
        sums[source] += weight * right
        counts[source] += weight
    if not all(counts[source] for source in ("ADE20K", "COCO", "Omni3D")):
        return float("nan")
    mean = {source: sums[source] / counts[source] for source in sums}
    return 50 * ((mean["ADE20K"] + mean["COCO"]) / 2 + mean["Omni3D"])


def test_a_mean_of_sources_is_computed_again_on_every_draw():
    random = np.random.default_rng(4)
    sources = ["ADE20K"] * 9 + ["COCO"] * 5 + ["Omni3D"] * 6
    groups = [f"g{k // 2}" for k in range(20)]
    rights = (random.random(20) < 0.6).tolist()
    subsets = ["3D" if source == "Omni3D" else "2D" for source in sources]
    categories = ["any"] * 20
    table = frame(groups, rights, source=sources, subset=subsets, category=categories)
    found = measure(official(table), seed=5, num_bootstrap=200)[0]
    names = sorted(set(groups))
    (weights,) = draws(len(names), seed=5, num_bootstrap=200)
    by_hand = []
    for row in weights:
        weight = dict(zip(names, row, strict=True))
        drawn = [weight[group] for group in groups]
        by_hand.append(source_mean(list(zip(subsets, sources, rights, drawn, strict=True))))
    assert found.value == source_mean(list(zip(subsets, sources, rights, [1.0] * 20, strict=True)))
    assert found.standard_error == pytest.approx(np.nanstd(by_hand, ddof=1))


def test_every_draw_has_as_many_groups_as_there_are():
    parts = list(draws(3000, seed=0, num_bootstrap=3000))
    assert len(parts) > 1
    weights = np.concatenate(parts)
    assert weights.shape == (3000, 3000)
    assert (weights.sum(axis=1) == 3000).all()
    assert weights.mean(axis=0).min() > 0.8


@given(st.lists(st.booleans(), min_size=2, max_size=30), st.integers(0, 9), st.data())
def test_the_same_seed_gives_the_same_error_whatever_stands_beside(rights, seed, data):
    groups = [str(data.draw(st.integers(0, 9))) for _ in rights]
    table = frame(groups, rights)
    alone = measure([metric(table)], seed=seed, num_bootstrap=40)
    beside = measure([metric(table), metric(table.head(1))], seed=seed, num_bootstrap=40)
    assert beside[0] == alone[0]
    assert measure([metric(table[::-1])], seed=seed, num_bootstrap=40) == alone
