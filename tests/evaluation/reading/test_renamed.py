"""Replies in their question's own words for things."""

import time

import pytest

from evaluation.answers import parse_answer
from evaluation.reading.renamed import SAME, in_words_of

BOXES = "the chair (highlighted by a red box) or the bed (highlighted by a blue box)?"


@pytest.mark.parametrize(
    ("question", "reply", "renamed"),
    [
        ("Where is the sofa?", "The couch is left of the TV.", "The sofa is left of the TV."),
        ("How many bicycles are there?", "3 bikes.", "3 bicycles."),
        ("Where is the TV?", "The television is on.", "The tv is on."),
        ("The sofa or the couch?", "The settee.", "The settee."),
        ("Where is the sofa?", "The couch is not the sofa.", "The couch is not the sofa."),
        ("Where is the sofa?", "The couch, not the settee.", "The couch, not the settee."),
        ("Where is the bicycle?", "On the bike-rack.", "On the bike-rack."),
        (BOXES, "The object in the red box is near.", "the chair is near."),
        (BOXES, "The one highlighted by the blue box.", "the bed."),
        (BOXES, "The blue box is nearer.", "the bed is nearer."),
        (BOXES, "The chair (red box) is near.", "The chair (red box) is near."),
        (BOXES, "The bed in the blue box is near.", "The bed in the blue box is near."),
        (BOXES, "The green box is near.", "The green box is near."),
    ],
)
def test_a_reply_is_in_the_words_of_its_question(question, reply, renamed):
    assert in_words_of(question, reply) == renamed


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("The TV is to the left of the fridge.", "A"),
        ("The fridge is to the left of the TV.", "B"),
        ("The fridge is on the left and the TV is on the right.", "B"),
        ("A fridge stands to the right of the TV.", "A"),
        ("The fridge's door is on the left.", None),
        ("The TV stand is on the left of the fridge.", None),
    ],
)
def test_another_word_for_a_thing_is_read(reply, letter):
    question = "Is the television to the left or right of the refrigerator?"
    assert parse_answer(reply, {"A": "left", "B": "right"}, question).letter == letter


def test_no_word_is_of_two_things():
    words = [word for group in SAME for word in group]
    assert len(words) == len({*words})


@pytest.mark.parametrize("unit", ["the couch ", "the object in the ", "the red box ", "a "])
def test_time_is_bounded(unit):
    start = time.process_time()
    in_words_of(f"Where is the sofa? {BOXES}", unit * (64_000 // len(unit)))
    assert time.process_time() - start < 1
