from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.config.dataset import QuotaConfig
from tasks.plan.even import choose_evenly
from tasks.plan.groups import is_on_val_side
from tasks.plan.pairs import (
    Offers,
    beside_mirror_images,
    counterparts,
    pair_id_of,
    said_alike,
    whole_pairs,
)
from tasks.plan.quota import plan_quotas
from tasks.plan.stage import offers_of, plan_questions
from tests.plan.test_quota import images

CANDIDATE = {
    "category": pl.String, "evidence": pl.String, "offered": pl.List(pl.String),
    "context": pl.List(pl.String),
}  # fmt: skip


def said(*rows):
    split = [(*row, offered.split(), context.split()) for *row, offered, context in rows]
    return said_alike(pl.DataFrame(split, CANDIDATE, orient="row")).to_list()


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        (("existence", "proved", "Yes No", "dog"), ("existence", "proved", "No Yes", "dog"), True),
        (("existence", "proved", "Yes No", "dog"), ("existence", "proved", "No Yes", "cat"), False),
        (("size", "proved", "dog cat", "wider"), ("size", "proved", "dog cow", "wider"), False),
        # Only questions on depth are worded by their evidence.
        (("depth", "proved", "dog cat", "nearer"), ("depth", "asserted", "cat dog", "nearer"),
         False),
        (("relation", "proved", "on by", "dog"), ("relation", "asserted", "by on", "dog"), True),
        (("depth", "proved", "dog cat", "x"), ("distance", "proved", "dog cat", "x"), False),
    ],
)  # fmt: skip
def test_words_are_the_same_whichever_option_is_right(one, other, are_same):
    first, second = said(one, other)
    assert (first == second) is are_same


def test_what_offers_nothing_says_nothing():
    assert said(("size", "unknown", "", "wider")) == [None]


def asked(rows):
    """Rows of words, right option, photograph and side."""
    return pl.DataFrame(
        [("size", words, [right], photograph, side) for words, right, photograph, side in rows],
        schema={"category": pl.String, "words": pl.String, "offered": pl.List(pl.String),
                "photograph": pl.String, "side": pl.Boolean},
        orient="row",
    )  # fmt: skip


@given(
    st.lists(
        st.tuples(st.sampled_from(["w", "v", None]), st.sampled_from("abc"),
                  st.sampled_from("pqrst"), st.booleans()),
        max_size=24,
    ),
    st.sampled_from([(), ("size",)]),
)  # fmt: skip
def test_counterparts_say_the_same_of_other_photographs_with_another_answer(rows, evenly):
    mates = counterparts(asked(rows), evenly).tolist()
    for row, mate in enumerate(mates):
        if mate >= 0:
            assert mates[mate] == row
            (words, right, photograph, side), (said, wrong, other, beside) = rows[row], rows[mate]
            assert words is not None and (words, side) == (said, beside)
            assert right != wrong and photograph != other


@given(st.lists(st.sampled_from("abc"), max_size=24))
def test_where_all_photographs_differ_as_many_are_paired_as_can_be(answers):
    rows = [("w", answer, f"p{place}", True) for place, answer in enumerate(answers)]
    most = max(Counter(answers).values(), default=0)
    paired = int((counterparts(asked(rows)) >= 0).sum())
    assert paired == 2 * min(len(answers) // 2, len(answers) - most)


def test_even_pairs_have_every_answer_equally_often_as_long_as_all_are_there():
    """Of 60 a, 20 b, 12 c and 8 d, the first 8 of each meet each other; as many as can be paired
    all have an a."""
    answers = "a" * 60 + "b" * 20 + "c" * 12 + "d" * 8
    rows = asked([("w", answer, f"p{place}", True) for place, answer in enumerate(answers)])
    first = {answers.index(answer) + rank for answer in "abcd" for rank in range(8)}
    even = counterparts(rows, ["size"]).tolist()
    assert {even[row] for row in first} == first
    assert sum(mate >= 0 for mate in even) == 60
    most = counterparts(rows).tolist()
    assert sum(mate >= 0 for mate in most) == 80
    assert all("a" in (answers[row], answers[mate]) for row, mate in enumerate(most) if mate >= 0)
    assert counterparts(rows, ["depth"]).tolist() == most


@pytest.mark.parametrize(("num_wanted", "is_even"), [(8, True), (64, False)])
def test_pairs_are_even_where_there_are_more_than_are_wanted(num_wanted, is_even):
    sizes = {"a": 40, "b": 12, "c": 6}
    rows = [
        held(f"{right}{number}", right, *sorted({*sizes} - {right}))
        for right, size in sizes.items()
        for number in range(size)
    ]
    frame = pl.DataFrame(rows).with_columns(group_id="image_id", all_offered="offered")
    offers = offers_of(frame, {(rows[0]["category"], "easy"): num_wanted}, 0.0, 7)
    right = offers.rows["offered"].list.first().to_list()
    paired = [(right[row], right[mate]) for row, mate in enumerate(offers.mates) if mate >= 0]
    assert (("b", "c") in paired) is is_even


def test_a_pair_has_one_id_whichever_comes_first():
    assert pair_id_of("a", "b") == pair_id_of("b", "a") == "f84c4d669fe0d410"
    assert pair_id_of("a", "b") != pair_id_of("a", "c")


def test_only_two_are_a_pair():
    ids = pl.Series(["x", "y", None, "x", "z", "z", "z", None], dtype=pl.String)
    assert whole_pairs(ids).tolist() == [3, -1, -1, 0, -1, -1, -1, -1]


def shown(number):
    """Is there a dog? In every fourth image; eight other questions have no counterpart."""
    rows = [
        (
            f"{place}-existence",
            str(place),
            "existence",
            "easy",
            "present",
            "dog",
            "proved",
            1,
            ["No", "Yes"] if place % 4 else ["Yes", "No"],
            ["dog"],
        )
        for place in range(number)
    ]
    rows += [
        (
            f"{place}-count",
            str(place),
            "count",
            "easy",
            "1",
            "cat",
            "proved",
            1,
            ["1", "2"],
            ["cat"],
        )
        for place in range(8)
    ]
    columns = [
        "question_id",
        "image_id",
        "category",
        "level",
        "facet",
        "topic",
        "evidence",
        "num_offered",
        "offered",
        "context",
    ]
    return pl.DataFrame(rows, schema=columns, orient="row")  # fmt: skip


def test_pairs_are_planned_together_and_on_one_side():
    rows = shown(80)
    quota = QuotaConfig(num_samples=320, easy_share=1.0, medium_share=0.0, oversample=1.0)
    planned = plan_questions(rows, images(rows), quota, 7, val_share=0.3)
    chosen = planned.filter(pl.col("reason").is_null())
    assert Counter(chosen["category"]) == {"existence": 20, "count": 8}
    pairs = chosen.filter(pl.col("pair_id").is_not_null())
    assert pairs.height == 20 and set(pairs["category"]) == {"existence"}
    for _, pair in pairs.join(rows, on="question_id").group_by("pair_id"):
        assert sorted(option[0] for option in pair["offered"].to_list()) == ["No", "Yes"]
        assert len({is_on_val_side(image, 0.3, 7) for image in pair["image_id"]}) == 1
    alone = plan_questions(rows, images(rows), quota, 7, is_paired=False)
    assert alone["pair_id"].null_count() == alone.height


def held(image, right, *others, num_offered=None):
    """Who holds the ball? `right`, and not the others."""
    return {
        "question_id": f"{image}-reach",
        "image_id": image,
        "category": "reach",
        "level": "easy",
        "facet": "interaction/holding",
        "topic": "ball",
        "evidence": "asserted",
        "num_offered": num_offered or len(others),
        "offered": [right, *others],
        "context": ["subject", "holding", "ball"],
    }


ONE_LEVEL = QuotaConfig(num_samples=32, easy_share=1.0, medium_share=0.0, oversample=1.0)


@pytest.mark.parametrize(
    ("rows", "offered"),
    [
        # The boy is right once and the man once; nobody else is offered.
        ([("a", "boy", "cow", "man"), ("b", "man", "boy", "dog")],
         [("boy", "man"), ("man", "boy")]),
        # As many options as there are, where they are the same.
        ([("a", "boy", "man", "cow"), ("b", "man", "cow", "boy")],
         [("boy", "man", "cow"), ("man", "cow", "boy")]),
        ([("a", "boy", "cow", "dog"), ("b", "man", "boy", "dog")], None),
        ([("a", "boy", "cow", "man"), ("a", "man", "boy", "dog")], None),
    ],
)  # fmt: skip
def test_two_options_make_a_pair_where_all_of_them_make_none(rows, offered):
    frame = pl.DataFrame([held(*row) for row in rows])
    planned = plan_questions(frame, images(frame), ONE_LEVEL, 7, val_share=0.0)
    both = planned.filter(pl.col("reason").is_null()).join(frame, on="question_id")
    if offered is None:
        assert both["pair_id"].null_count() == both.height
        assert both["alternative"].null_count() == both.height
        return
    assert both["pair_id"].n_unique() == 1
    assert [
        tuple(row["offered"])
        if row["alternative"] is None
        else (row["offered"][0], row["offered"][1 + row["alternative"]])
        for row in both.iter_rows(named=True)
    ] == offered


def test_a_pair_may_offer_what_a_question_by_itself_does_not():
    frame = pl.DataFrame([
        held("a", "left", "right", "on", num_offered=1), held("b", "on", "left", "under"),
    ])  # fmt: skip
    planned = plan_questions(frame, images(frame), ONE_LEVEL, 7, val_share=0.0)
    assert planned["alternative"].to_list() == [1, 0]
    alone = plan_questions(frame, images(frame), ONE_LEVEL, 7, is_paired=False)
    assert alone["alternative"].to_list() == [None, None]


def test_a_family_of_facets_has_at_most_a_quarter_while_others_suffice():
    """Of pairs on sides there are many, and they come first; of three other families just enough.
    A fifth one is always true, so that it would give the answer away."""
    facets = ["side/left of"] * 100 + ["a/on"] * 12 + ["b/near"] * 12 + ["c/above"] * 12
    rows = []
    for number, facet in enumerate(facets):
        for right, other in (("x", "y"), ("y", "x")):
            row = held(f"{number:03}{right}", right, other)
            rows.append(row | {"facet": facet, "context": [facet, f"{number}"]})
    rows += [held(f"z{number}", "x", "y") | {"facet": "z/under"} for number in range(60)]
    quota = QuotaConfig(num_samples=1600, easy_share=1.0, medium_share=0.0, oversample=1.0)
    frame = pl.DataFrame(rows)
    frame = frame.with_columns(group_id="image_id", all_offered="offered")
    wanted = plan_quotas(quota, 1600)
    offers = offers_of(frame, wanted, 0.0, 7)
    chosen = choose_evenly(offers, wanted, max_per_image=9)
    counts = Counter(facet.split("/")[0] for facet in frame.filter(pl.Series(chosen))["facet"])
    assert counts.total() == 100
    assert (counts["a"], counts["b"], counts["c"]) == (24, 24, 24)
    assert counts["side"] == 28 - counts["z"]


def test_what_has_one_answer_is_asked_only_beside_a_counterpart():
    usual = {"facet": "interaction/holding/usual"}
    rows = [held(f"n{number}", "No", "Yes") | usual for number in range(9)]
    rows += [held(f"y{number}", "Yes", "No") for number in range(2)]
    frame = pl.DataFrame(rows)
    quota = ONE_LEVEL.model_copy(update={"num_samples": 160})
    for is_paired, answers in ((True, ["No", "No", "Yes", "Yes"]), (False, ["Yes", "Yes"])):
        planned = plan_questions(frame, images(frame), quota, 7, is_paired=is_paired)
        chosen = planned.filter(pl.col("reason").is_null()).join(frame, on="question_id")
        assert sorted(chosen["offered"].list.first()) == answers
        assert chosen["pair_id"].n_unique() == (2 if is_paired else 1)


def test_what_is_asked_only_beside_a_counterpart_is_not_taken_without_it():
    """The girl's photograph has room for one question, which is another one."""
    rows = [held("b", "No", "Yes") | {"facet": "interaction/holding/usual"},
            held("g", "Yes", "No")]  # fmt: skip
    rows += [held("g", "cat", "dog") | {"question_id": "g-size", "category": "size"}]
    frame = pl.DataFrame(rows)
    quota = ONE_LEVEL.model_copy(update={"num_samples": 160, "max_per_image": 1})
    for wanted, chosen in ((["size", "reach"], ["g-size"]), (["reach"], ["b-reach", "g-reach"])):
        some = frame.filter(pl.col("category").is_in(wanted))
        planned = plan_questions(some, images(some), quota, 7)
        assert planned.filter(pl.col("reason").is_null())["question_id"].to_list() == chosen


def test_a_level_yields_to_pairs_of_another_one_before_words_tell():
    """All that is easy has the boy, who is always right there; the pairs are hard."""
    rows = [held(f"e{place}", "boy", "cow") for place in range(20)]
    for place in range(10):
        rows.append(held(f"p{place}", "man", "girl") | {"level": "hard"})
        rows.append(held(f"q{place}", "girl", "man") | {"level": "hard"})
    frame = pl.DataFrame(rows)
    quota = QuotaConfig(num_samples=160, easy_share=0.5, medium_share=0.0, oversample=1.0)
    planned = plan_questions(frame, images(frame), quota, 7, val_share=0.0)
    chosen = planned.filter(pl.col("reason").is_null())
    assert chosen.height == 10
    assert Counter(chosen["level"])["hard"] >= 8
    assert chosen["pair_id"].drop_nulls().len() >= 8


def test_questions_further_on_are_taken_before_words_tell():
    """The first 200 all have the boy right, the others the cow; nothing makes a pair."""
    rows = [held(f"{place:03}", "boy", "cow") for place in range(200)]
    rows += [held(f"{place:03}", "cow", "boy") for place in range(200, 400)]
    frame = pl.DataFrame(rows).with_columns(group_id="image_id", all_offered="offered")
    offers = Offers.whole(frame, np.full(frame.height, -1))
    chosen = choose_evenly(offers, {("reach", "easy"): 100}, max_per_image=1)
    right = frame.filter(pl.Series(chosen))["offered"].list.first()
    assert sorted(Counter(right).values()) == [50, 50]


def of_images(*rows):
    """Rows of image, what is said, and right option, with no counterparts yet."""
    schema = {"image_id": pl.String, "said": pl.Int64, "right": pl.String}
    return pl.DataFrame(rows, schema, orient="row")


@pytest.mark.parametrize(
    ("rows", "mates", "left", "paired"),
    [
        # The photograph's own mirror image, of those that say the same.
        ([("1", 5, "l"), ("1-mirrored", 5, "r")], [-1, -1], [0, 1], [1, 0]),
        ([("1", 5, "l"), ("1-mirrored", 6, "r")], [-1, -1], [0], [-1]),
        ([("1", 5, "l"), ("2-mirrored", 5, "r")], [-1, -1], [0], [-1]),
        ([("1", None, "l"), ("1-mirrored", None, "r")], [-1, -1], [0], [-1]),
        # A counterpart that is a photograph stays, and its places are those of the rows left.
        ([("1-mirrored", 5, "r"), ("1", 5, "l"), ("2", 5, "r")], [-1, 2, 1], [1, 2], [1, 0]),
        ([("1-mirrored", 4, "r"), ("1", 5, "l"), ("1", 4, "l"), ("2", 5, "r")], [-1, 3, -1, 1],
         [0, 1, 2, 3], [2, 3, 0, 1]),
    ],
)  # fmt: skip
def test_what_has_no_counterpart_has_its_mirror_image(rows, mates, left, paired):
    frame = of_images(*rows)
    found, places = beside_mirror_images(frame, np.array(mates))
    assert found.rows() == frame.drop("said")[left].rows()
    assert places.tolist() == paired


def beside(image, right):
    """Where is the dog?"""
    return {
        **held(image, right, "right" if right == "left" else "left"),
        "question_id": f"{image}-relation",
        "category": "relation",
        "facet": f"side/{right}",
        "context": ["dog", "cat"],
    }


@pytest.mark.parametrize(
    ("shown", "taken"),
    [
        (["a", "a-mirrored"], {("a", "a-mirrored")}),
        (["a", "a-mirrored", "b"], {("a", "b")}),
        (["a", "a-mirrored", "c"], {("a", "a-mirrored"), ("c",)}),
        (["a-mirrored", "c"], {("c",)}),
        (["a-mirrored"], set()),
    ],
)
def test_mirror_images_are_asked_about_beside_their_photograph_or_not_at_all(shown, taken):
    right = {"a": "left", "a-mirrored": "right", "b": "right", "c": "left"}
    frame = pl.DataFrame([beside(image, right[image]) for image in shown])
    same = images(frame).with_columns(group_id=pl.col("image_id").str.strip_suffix("-mirrored"))
    planned = plan_questions(frame, same, ONE_LEVEL, 7)
    chosen = planned.filter(pl.col("reason").is_null())
    keyed = chosen.with_columns(key=pl.coalesce("pair_id", "question_id"))
    found = keyed.group_by("key").agg(pl.col("image_id").sort())
    assert {tuple(one) for one in found["image_id"]} == taken
    lost = planned.filter(pl.col("reason").is_not_null())
    assert {*lost["image_id"]} == {*shown} - {image for one in taken for image in one}
    assert {*lost["reason"]} <= {"no-counterpart"}


def in_pairs(*units):
    """Rows of unit, image and category; those of one unit are asked only beside each other."""
    rows, mates = [], []
    for unit in units:
        for number, (image, category) in enumerate(unit):
            is_alone = len(unit) == 1
            mates.append(-1 if is_alone else len(mates) + 1 - 2 * number)
            rows.append(held(image, f"right {number}", "another") | {
                "question_id": f"{image}-{len(rows)}", "category": category,
                "topic": f"{category}-{len(rows)}",
                "facet": "side/left" if is_alone else "interaction/holding/usual",
            })  # fmt: skip
    frame = pl.DataFrame(rows).with_columns(group_id="image_id", all_offered="offered")
    return Offers.whole(frame, np.array(mates))


@pytest.mark.parametrize(
    ("units", "wanted", "max_per_image", "taken"),
    [
        # Half of the room each, though sizes come in pairs alone.
        ([[("a", "size"), ("b", "size")], [("c", "size"), ("d", "size")],
          *([(image, "depth")] for image in "abcd")], {"size": 4, "depth": 4}, 1,
         {"size": 2, "depth": 2}),
        # A place that one of a pair would have had is not left to nobody.
        ([[("a", "size"), ("b", "size")], [("c", "size"), ("d", "size")], [("a", "depth")],
          [("b", "depth")]], {"size": 4, "depth": 2}, 1, {"size": 2, "depth": 2}),
    ],
)  # fmt: skip
def test_where_images_are_full_what_comes_only_in_pairs_gets_its_share(
    units, wanted, max_per_image, taken
):
    offers = in_pairs(*units)
    cells = {(name, "easy"): number for name, number in wanted.items()}
    chosen = choose_evenly(offers, cells, max_per_image)
    assert Counter(offers.rows.filter(pl.Series(chosen))["category"]) == taken
    mates = offers.mates[chosen]
    assert chosen[mates[mates >= 0]].all()
