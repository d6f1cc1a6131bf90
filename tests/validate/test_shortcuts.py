"""Planted shortcuts are found, and nothing is found where there is nothing."""

import random
from itertools import count

import numpy as np
import polars as pl
import pytest

from tasks.validate.features import option_features, pairs_of
from tasks.validate.readers import READERS, points_of
from tasks.validate.shortcuts import (
    ALL,
    MAX_QUESTIONS,
    MIN_QUESTIONS,
    SHORTCUTS,
    affordable,
    find_shortcuts,
    folds_of,
)

THINGS = ("bench", "bird", "boat", "cat", "chair", "cow", "dog", "horse", "kite", "lamp")
LETTERS = "ABCD"
SCHEMA = {
    "question_id": pl.String,
    "group_id": pl.String,
    "pair_id": pl.String,
    "category": pl.String,
    "question_only": pl.String,
    "options": pl.List(pl.String),
    "answer_only": pl.String,
}


def samples(questions, category="size"):
    """One photograph per (question, options, place of the right one)."""
    rows = [
        (f"{category}-{number}", f"photo-{number}", None, category, text, options, LETTERS[place])
        for number, (text, options, place) in enumerate(questions)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def shuffled(draw, right, *wrong):
    """The options in a drawn order, and the place of the right one."""
    options = draw.sample([right, *wrong], 1 + len(wrong))
    return options, options.index(right)


def guesses(number, category="size", seed=1):
    """Nothing but luck tells which option is right."""
    draw = random.Random(seed)
    text = "Which is larger than the {}?"
    return samples(
        (
            (text.format(draw.choice(THINGS)), draw.sample(THINGS, 4), draw.randrange(4))
            for _ in range(number)
        ),
        category,
    )


def liked_option(draw):
    """The couch is right nine times in ten."""
    others = draw.sample(THINGS, 3)
    if draw.random() < 0.9:
        others = ["couch", *others[:2]]
    else:
        others[2] = "couch"
    return "Which of these is the largest?", *shuffled(draw, *others)


def liked_letter(draw):
    place = 1 if draw.random() < 0.6 else draw.randrange(4)
    return "Which of these is the largest?", draw.sample(THINGS, 4), place


def liked_together(draw):
    """Birds are at the top and cats at the bottom; neither place is right more often."""
    thing, right = draw.choice([("bird", "top"), ("cat", "bottom")])
    wrong = {"top": "bottom", "bottom": "top"}[right]
    return f"Where in the picture is the {thing}?", *shuffled(draw, right, wrong)


def liked_neighbour(draw):
    """What stands beside “far from” is right; “far from the cat” itself never is."""
    thing = draw.choice(THINGS)
    options = [f"on the {thing}", f"far from the {thing}", f"under the {thing}"]
    if draw.random() < 0.5:
        options = [f"{place} the {thing}" for place in ("under", "on", "behind")]
    return f"Where is the box relative to the {thing}?", *shuffled(draw, *options)


def liked_smallest(draw):
    """The right number is mostly the smallest one offered."""
    right = draw.randint(4, 9)
    first = right if draw.random() < 0.7 else right - draw.randrange(4)
    wrong = [str(number) for number in range(first, first + 4) if number != right]
    return "How many birds are there?", *shuffled(draw, str(right), *wrong)


@pytest.mark.parametrize(
    ("question", "least", "told"),
    [
        (liked_option, 0.8, ["“couch”:"]),
        (liked_smallest, 0.7, ["the smallest number:"]),
        (liked_letter, 0.6, ["the letter B:"]),
        (
            liked_together,
            0.95,
            [
                "an option that says “bottom” where the question says “cat”:",
                "an option that says “top” where the question says “bird”:",
            ],
        ),
        (liked_neighbour, 0.95, ["“on” beside “far from”:", "“under” beside “behind”:"]),
    ],
)
def test_a_planted_shortcut_is_found_and_told(question, least, told):
    draw = random.Random(3)
    found = find_shortcuts(samples(question(draw) for _ in range(400))).row(0, named=True)
    assert found["accuracy"] > least
    assert found["is_shortcut"]
    assert [line.split(" right ")[0] for line in sorted(found["telling"])] == told


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3))]
)
def test_luck_is_no_shortcut(seed):
    for found in find_shortcuts(guesses(600, seed=seed)).iter_rows(named=True):
        assert abs(found["accuracy"] - found["chance"]) < 3 * found["standard_error"]
        assert found["is_shortcut"] is False
        assert found["telling"] == []


@pytest.mark.long
def test_what_was_learned_from_a_photograph_is_not_asked_about_it():
    number = count()
    frame = pl.concat([guesses(200)] * 5).with_columns(
        question_only=pl.format("Which is larger than {}?", "group_id"),
        question_id=pl.Series([str(next(number)) for _ in range(1000)]),
    )
    found = find_shortcuts(frame).row(0, named=True)
    assert found["accuracy"] < 0.25 + 3 * found["standard_error"]
    # Five alike count as one: the error is that of 200 questions, not of 1000.
    assert found["standard_error"] == pytest.approx((0.25 * 0.75 / 200) ** 0.5, rel=0.2)
    ready = frame.with_columns(num_options=4, place=pl.lit(0))
    mates = np.full(1000, -1)
    for read, _ in READERS.values():
        points = points_of(read, ready, pairs_of(ready), np.arange(1000) // 200, mates)
        assert points.mean() == 1.0


def test_folds_hold_whole_photographs_and_are_even():
    groups = [f"photo-{number % 40}" for number in range(200)]
    folds = folds_of(groups)
    assert len(set(zip(groups, folds.tolist(), strict=True))) == 40
    assert np.bincount(folds).tolist() == [40] * 5
    assert sorted(folds_of(["one", "other", "one"])) == [0, 0, 1]


def test_small_categories_are_scored_only_together():
    frame = pl.concat(
        [guesses(MIN_QUESTIONS - 1, "depth"), guesses(MIN_QUESTIONS - 1, "count", seed=2)]
    )
    found = find_shortcuts(frame)
    assert found["category"].to_list() == ["count", "depth", ALL]
    assert found["num_questions"].to_list() == [49, 49, 98]
    assert found["num_scored"].to_list() == [0, 0, 98]
    assert found["chance"].to_list() == [0.25] * 3
    assert found["accuracy"].is_null().to_list() == [True, True, False]
    assert found["is_shortcut"].to_list() == [None, None, False]


def test_one_photograph_cannot_be_scored():
    found = find_shortcuts(guesses(100).with_columns(group_id=pl.lit("photo")))
    assert found["num_scored"].to_list() == [0, 0]
    assert found["accuracy"].to_list() == [None, None]


def test_no_question_has_no_chance():
    found = find_shortcuts(guesses(0))
    assert found.schema == SHORTCUTS
    assert found.rows() == [(ALL, 0, 0, None, None, None, None, None, None, 0, None, [])]


def test_a_question_that_nobody_can_answer_is_not_scored():
    one, none, beyond = (["cat"], 0), (None, 0), (["cat", "dog"], 3)
    broken = samples((("Which?", *rest) for rest in (one, none, beyond)), "broken")
    found = find_shortcuts(pl.concat([guesses(60), broken.with_columns(group_id=None)]))
    assert found["num_questions"].to_list() == [3, 60, 63]
    assert found["num_scored"].to_list() == [0, 60, 60]
    assert found["chance"].to_list() == [None, 0.25, 0.25]


def test_a_large_category_is_sampled():
    assert affordable(guesses(MAX_QUESTIONS + 1)) == MAX_QUESTIONS


@pytest.mark.long
def test_long_texts_are_sampled():
    frame = guesses(400).with_columns(
        question_only=pl.col("question_only").repeat_by(200).list.join(" ")
    )
    found = find_shortcuts(frame)
    assert found["num_scored"].to_list() == [166, 166]  # 1200 words by four options each


@pytest.mark.long
def test_the_order_of_rows_changes_nothing():
    draw = random.Random(5)
    frame = pl.concat(
        [samples((liked_option(draw) for _ in range(90)), "size"), guesses(80, "depth")]
    )
    found = find_shortcuts(frame)
    assert find_shortcuts(frame).equals(found)
    assert find_shortcuts(frame.sample(fraction=1, shuffle=True, seed=1)).equals(found)
    assert find_shortcuts(frame.reverse()).equals(found)


def test_constant_is_the_best_letter():
    texts = ("Which?", ["cat", "dog", "cow"])
    found = find_shortcuts(samples((*texts, place) for place in (0, 2, 2, 1, 2)))
    assert found.row(0, named=True)["constant"] == 0.6
    assert found.row(0, named=True)["chance"] == 0.3333


def test_options_without_words_are_told_apart():
    one, two = option_features([], ["+", "-"])
    assert ("option", "+", "") in one
    assert ("beside", "-", "+") in two


def test_options_are_told_apart_by_what_they_do_not_share():
    one, two = option_features(["girl"], ["left of the girl", "behind the girl"])
    assert ("option", "left of", "") in one
    assert ("beside", "left of", "behind") in one
    assert ("asked", "behind", "girl") in two
    assert not any("girl" in feature.text for feature in [*one, *two])
    assert ("longest", "", "") in one
    assert ("shortest", "", "") in two
