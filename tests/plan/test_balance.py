from collections import Counter
from random import Random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.claim import Cell as Part
from schemas.claim import CountClaim, ExistenceClaim, LocationClaim, RelationClaim
from tasks.plan.balance import in_turns, offered_and_context, tellings

NAMES = {1: "dog", 2: "couch"}
WANTED = {("size", "easy"): 300}


def on(predicate):
    return RelationClaim(1, predicate, 2)


def frame(offers, category="size", facets=None):
    """Candidates by what they offer, the right one first, and what else they say."""
    random = Random(5)
    return pl.DataFrame(
        [
            (f"q{place:05}", category, "easy", facets[place] if facets else "x", offered, context,
             random.getrandbits(64))
            for place, (offered, context) in enumerate(offers)
        ],
        schema={
            "question_id": pl.String, "category": pl.String, "level": pl.String,
            "facet": pl.String, "offered": pl.List(pl.String), "context": pl.List(pl.String),
            "tie": pl.UInt64,
        },
        orient="row",
    )  # fmt: skip


def first(rows, number, seed=1):
    """Those that are chosen when each is as likely as it should be."""
    told = tellings(rows, WANTED).to_list()
    random = Random(seed)
    draws = [random.random() for _ in told]
    order = sorted(
        range(len(told)), key=lambda row: (draws[row] / (1 - draws[row])) * 2.718281828 ** told[row]
    )
    return rows[order[:number]]


def right(rows, *context):
    return Counter(
        offered[0]
        for offered, said in rows.select("offered", "context").iter_rows()
        if set(context) <= set(said)
    )


@pytest.mark.parametrize(
    ("claims", "asks", "words"),
    [
        (
            [on("on"), on("under"), on("next to"), on("left of")],
            "predicate",
            (["on", "under", "next to", "to the left of"], ["predicate", "dog", "couch"]),
        ),
        (
            [on("left of"), on("on"), on("right of"), on("behind")],
            "predicate",
            (["to the left of", "on", "to the right of", "behind"], ["predicate", "dog", "couch"]),
        ),
        ([on("on"), RelationClaim(1, "on", 1)], "object", (["couch", "dog"],
                                                           ["object", "on", "dog"])),
        ([CountClaim("dog", 2), CountClaim("dog", 3)], "number", (["2", "3"], ["dog"])),
        ([ExistenceClaim("dog", True), ExistenceClaim("dog", False)], "present",
         (["Yes", "No"], ["dog", "", ""])),
        ([LocationClaim(1, Part.TOP_LEFT)], "cell", (["top left"], ["dog"])),
    ],
)  # fmt: skip
def test_words_are_what_options_and_question_say(claims, asks, words):
    assert offered_and_context(claims, asks, NAMES) == words


def test_of_an_answer_that_is_usual_fewer_are_taken():
    offers = [(["dog", "cat"], [])] * 1800 + [(["cat", "dog"], [])] * 200
    assert right(frame(offers).sample(300, seed=3))["cat"] < 60
    assert 110 < right(first(frame(offers), 300))["cat"] < 190


def test_an_answer_that_a_word_of_the_question_tells_is_taken_as_often_as_the_other():
    offers = [(["Yes", "No"], ["man"])] * 900 + [(["No", "Yes"], ["man"])] * 100
    offers += [(["No", "Yes"], ["cow"])] * 900 + [(["Yes", "No"], ["cow"])] * 100
    chosen = first(frame(offers), 200)
    for word in ("man", "cow"):
        counts = right(chosen, word)
        assert 0.6 < counts["Yes"] / max(counts["No"], 1) < 1.7


def test_what_is_never_right_is_offered_last():
    offers = [(["on", "under"], []), (["under", "on"], []), (["on", "far"], [])] * 400
    chosen = first(frame(offers), 300)
    assert sum("far" in offered for offered in chosen["offered"].to_list()) < 15


def test_nothing_is_told_where_nothing_is_offered_or_wanted():
    offers = [([], [])] * 3 + [(["dog", "cat"], [])] * 3
    assert tellings(frame(offers), WANTED).to_list()[:3] == [0.0] * 3
    assert tellings(frame(offers, "count"), WANTED).to_list() == [0.0] * 6
    assert tellings(frame([]), WANTED).to_list() == []


@given(
    st.lists(
        st.tuples(st.permutations(["a", "b", "c"]), st.lists(st.sampled_from("xy"), max_size=2)),
        max_size=30,
    ),
    st.randoms(),
)
def test_the_order_of_rows_changes_nothing(offers, random):
    rows = frame(offers)
    order = list(range(rows.height))
    random.shuffle(order)
    told = tellings(rows, WANTED)
    assert tellings(rows[order], WANTED).to_list() == [told[row] for row in order]


@pytest.mark.parametrize(
    ("total", "sizes", "numbers"),
    [(9, [9, 9, 9], [3, 3, 3]), (9, [1, 9, 2], [1, 6, 2]), (9, [2, 3], [2, 3]), (4, [], [])],
)
def test_groups_take_turns_until_they_are_used_up(total, sizes, numbers):
    assert in_turns(total, sizes) == numbers
