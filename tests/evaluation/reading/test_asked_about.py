"""Replies are read with their question: what speaks of something else is no answer to it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.answers import ParsedAnswer, parse_answer
from evaluation.reading.asked import SCALES, asked_by
from evaluation.reading.asked_about import about_asked

TWO = {"A": "the car", "B": "the bicycle"}
DESK = {"A": "the mug", "B": "the laptop", "C": "the lamp", "D": "the book"}
TABLES = {"A": "on the table", "B": "under the table", "C": "behind the table"}
SIDES = {"A": "left", "B": "right"}
YES = {"A": "Yes", "B": "No"}
NEARER = "Which is nearer to the camera, the car or the bicycle?"
LARGER = "Which of the two is larger?"
POINT, CLOSER = "Which is closer to the camera?", {"A": "A is closer", "B": "B is closer"}
BEHIND = "Which vehicle is behind the tree?"
CAT = "Where is the cat relative to the table?"

NEAREST = "Which is nearest to the tree?"
PLACE = "Where is the pot located with respect to the stove?"
PLACES = {"A": "left of", "B": "right of", "C": "in front of", "D": "behind"}
HATS = "How many people are wearing hats?"
NUMBERS = {"A": "1", "B": "2", "C": "3", "D": "4"}
SOFA = "If I am standing at the door facing the window, is the sofa on my left or right?"
IMAGE_PARTS = {"A": "left", "B": "center", "C": "right"}
BED = "Where is the lamp in relation to the bed?"
BY_BED = {"A": "to the left of the bed", "B": "to the right of the bed", "C": "on the bed"}
CLOSER = {"A": "A is closer", "B": "B is closer"}

BOX = "Where is the cat relative to the box?"
BY_BOX = {"A": "on the box", "B": "in front of the box", "C": "to the left of the box"}

CHAIRS = "How many chairs are in the picture?"
TALLEST = "Which of these is the tallest?"
SIDES_OF_BED = {"A": "on the left side of the bed", "B": "on the right side of the bed"}
SECOND = "Which of these is the second tallest?"
CORNER = "In which part of the image is the clock?"
CORNERS = {"A": "top left", "B": "top right"}

CASES = [
    (BOX, BY_BOX, "He's sitting to the left of it.", "C"),
    (
        BED,
        {"A": "left", "B": "right"},
        "In the image the bed is on the right and the lamp is on the left.",
        "A",
    ),
    (CHAIRS, NUMBERS, "There are three of the dogs near the door.", None),
    (CHAIRS, NUMBERS, "The picture shows two tables and three chairs.", "C"),
    (CHAIRS, NUMBERS, "There are two tables, one dog and three chairs.", "C"),
    (CHAIRS, NUMBERS, "There are two tables and a dog.", None),
    (TALLEST, DESK, "The tallest is the lamp, followed by the book and the mug.", "C"),
    (TALLEST, DESK, "The lamp is followed by the book.", None),
    ("Which is higher, the car or the bicycle?", TWO, "The car hangs much higher.", "A"),
    ("Which is higher, the car or the bicycle?", TWO, "The car hangs on the wall.", None),
    (HATS, NUMBERS, "If there are 4 people and 3 of them are wearing a hat, I am surprised.", None),
    (HATS, NUMBERS, "Whether of the 4 people only 2 are wearing hats is hard to tell.", None),
    (NEARER, TWO, "If the car is farther and the bicycle is closer, I am surprised.", None),
    (NEARER, TWO, "They say the car is farther away, and the bicycle is closer.", None),
    (CHAIRS, NUMBERS, "There are a total of 3 chairs.", "C"),
    (CHAIRS, NUMBERS, "There is one stool and a table, for a total of three chairs.", "C"),
    (NEARER, TWO, "It's hard to judge, but the car is nearer.", "A"),
    (NEARER, TWO, "It's hard to judge, but the car is red.", None),
    (NEARER, TWO, "The first option is correct.", "A"),
    (NEARER, TWO, "The third option is correct.", None),
    (NEARER, TWO, "My first choice is B.", "B"),
    ("Which is it?", {"A": "second", "B": "first"}, "The first option is missing.", None),
    (BED, SIDES_OF_BED, "The lamp is to the left of the bed.", "A"),
    (SECOND, DESK, "The lamp is the tallest.", None),
    (SECOND, DESK, "The mug is the smallest.", None),
    (SECOND, DESK, "The tallest is the lamp and the second tallest is the book.", "D"),
    (SECOND, DESK, "The book is second.", "D"),
    (SECOND, DESK, "The book", "D"),
    (CHAIRS, {"A": "0", "B": "2"}, "I can see two tables but no chairs.", "A"),
    (CHAIRS, {"A": "0", "B": "2"}, "There aren't any chairs in the picture.", "A"),
    (CHAIRS, {"A": "0", "B": "2"}, "I can see no tables.", None),
    (CORNER, CORNERS, "You can see the clock at the top left, above the shelf.", "A"),
    (CORNER, CORNERS, "You can see the lamp at the top left.", None),
    (BOX, BY_BOX, "The cat sits in front of it.", "B"),
    (BOX, BY_BOX, "The box is in the middle and the cat is to the left of it.", "C"),
    (BOX, BY_BOX, "The cat is not on it.", None),
    (BOX, BY_BOX, "The box is red and the wall is to the left of it.", None),
    (BOX, BY_BOX, "Next to the cat is a dog, and the cat is to the left of it.", None),
    (BOX, BY_BOX, "The cat wears a collar with a bell on it.", None),
    (BOX, BY_BOX, "The box is blue with stars on it.", None),
    (BOX, BY_BOX, "The shadow of the cat falls on it.", None),
    (NEARER, TWO, "Closest: the bicycle. Farthest: the car.", "B"),
    (NEARER, TWO, "Closer to the camera: bicycle\nFarther from the camera: car", "B"),
    (NEARER, TWO, "Farthest: the car, closest: the bicycle", "B"),
    (NEARER, TWO, "The car is farther: the bicycle is close.", "B"),
    (NEARER, TWO, "The car is behind.", None),
    (NEARER, TWO, "Foreground: bicycle. Background: car.", "B"),
    (NEARER, TWO, "Compared to the bicycle, the car is closer to the viewer.", "A"),
    (NEARER, TWO, "The car appears larger, which suggests that the car is closer.", "A"),
    ("Which is at the shortest distance from us?", TWO, "The car is farther away.", "B"),
    ("Which has the greatest height?", TWO, "The car is shorter.", "B"),
    (NEAREST, DESK, "The mug is nearest; the laptop and the lamp are both farther away.", "A"),
    (NEAREST, DESK, "The lamp, the laptop and the cup are all farther than the mug.", None),
    (NEAREST, DESK, "The mug (Option A) is nearest; the lamp (Option C) is far.", "A"),
    (NEAREST, DESK, "It is the lamp (option C).", "C"),
    (PLACE, PLACES, "The stove is in front of the pot.", "D"),
    (PLACE, PLACES, "The stove is left of the pot, so the pot is right of it.", "B"),
    (PLACE, PLACES, "The pot is on the left side of the stove.", "A"),
    (PLACE, SIDES, "The stove is on the left and the pot is on the right.", "B"),
    (HATS, NUMBERS, "There are four people. Two are wearing hats and two are not.", None),
    (HATS, NUMBERS, "I see 4 people in the picture, but only 2 of them are wearing hats.", "B"),
    (HATS, NUMBERS, "There are 4 people and 3 of them are wearing a hat.", "C"),
    (HATS, NUMBERS, "There are 3 people wearing hats. One of them is a child.", "C"),
    (HATS, NUMBERS, "There are three people wearing hats: one man and two women.", "C"),
    (
        HATS,
        NUMBERS,
        "I count 4 people with hats: two at the left, 1 at the front, one behind.",
        "D",
    ),
    (HATS, NUMBERS, "There are 3 people. Two are wearing hats, one is not wearing any.", "B"),
    (HATS, NUMBERS, "There are three people with hats. One is a man.", "C"),
    (HATS, NUMBERS, "I see 4 hats. Two cats are there. The correct answer is (B) 2.", "B"),
    (HATS, NUMBERS, "I see 4 hats. There are 3 dogs. So the answer is 1.", "A"),
    (SOFA, SIDES, "The sofa would be on your left.", "A"),
    (SOFA, SIDES, "If you are standing at the door facing the window, it is on your right.", "B"),
    (SOFA, SIDES, "It would be on your right, if you faced the other way.", None),
    (SOFA, SIDES, "If you were facing the other way, it would be on your right.", None),
    ("Where is the ball?", IMAGE_PARTS, "The ball is on the left side of the image.", "A"),
    ("Where is the ball?", IMAGE_PARTS, "On the left of the image there is a tree.", None),
    ("Where is the clock?", {"A": "top left", "B": "top right"}, "It is at the upper right.", "B"),
    ("Which point is closer?", CLOSER, "B is closer to the camera than A.", "B"),
    ("Which point is closer?", CLOSER, "A is closer because of its size, whereas B is far.", "A"),
    (NEARER, TWO, "The car is farther away than the bicycle.", "B"),
    (NEARER, TWO, "The car is farther away, so the bicycle is nearer.", "B"),
    (NEARER, TWO, "Since the car is further away, the bicycle is closer to the camera.", "B"),
    (NEARER, TWO, "The bicycle is closer than the car.", "B"),
    (NEARER, TWO, "The bicycle is the nearest; the car is far.", "B"),
    (NEARER, TWO, "The car is far away. The bicycle is close.", "B"),
    (NEARER, TWO, "**The car** is farther away.", None),
    (NEARER, TWO, "<answer>The car is farther away</answer>", "B"),
    (NEARER, TWO, "It is the car, which is less far away.", "A"),
    (NEARER, TWO, "The car is less close.", None),
    (NEARER, TWO, "The car is nearer than the more distant bicycle.", "A"),
    (NEARER, TWO, "The answer is B: the car is farther away.", "B"),
    (NEARER, TWO, "The answer is the bicycle, because the car is farther away.", "B"),
    (NEARER, TWO, "B. The car is farther away", "B"),
    (NEARER, TWO, "The bicycle.", "B"),
    ("Which is farther from the camera?", TWO, "The car is farther away than the bicycle.", "A"),
    ("Which is farther from the camera?", TWO, "The car is closer.", "B"),
    ("Which one is least far from us?", TWO, "The car is the closest.", "A"),
    ("Which one is least far from us?", TWO, "The car is the farthest.", "B"),
    ("Which one is not near the camera?", TWO, "The car is far away.", "A"),
    (LARGER, TWO, "The bicycle is smaller.", "A"),
    (LARGER, TWO, "The bicycle is smaller, and the car is bigger.", "A"),
    ("Which is taller?", TWO, "The bicycle is the shorter of them.", "A"),
    ("Which is longer?", TWO, "In short, it is the car.", "A"),
    ("Which is heavier?", TWO, "In this light, it is the car.", "A"),
    ("What is below the shelf?", DESK, "The lamp is above the shelf.", None),
    ("What is below the shelf?", DESK, "The lamp is above the shelf and the mug is below it.", "A"),
    ("What is to the left of the plate?", DESK, "The lamp is to the right of the plate.", None),
    ("What is left of it?", DESK, "The right answer is the lamp.", "C"),
    ("What is in front of the plate?", DESK, "The mug is behind it, the lamp in front of it.", "C"),
    ("Is the car closer than the bicycle?", YES, "The car is farther away, so no.", "B"),
    ("Is the cup to the left of the plate?", YES, "No, it is to the right of the plate.", "B"),
    ("Is the cup left or right of the plate?", SIDES, "The cup is to the right of it.", "B"),
    ("Is it nearer or farther?", {"A": "nearer", "B": "farther"}, "It is farther.", "B"),
    (CAT, TABLES, "The cat is on a chair, and the chair is behind the table.", None),
    (CAT, TABLES, "The cat is under the table, and a chair is behind it.", "B"),
    (CAT, TABLES, "The cat lies on the rug. The rug is under the table.", None),
    (CAT, TABLES, "The cat lies on the rug. The cat is under the table.", "B"),
    (CAT, TABLES, "The feline is under the table.", "B"),
    (CAT, TABLES, "The position of the cat is under the table.", "B"),
    (NEARER, TWO, "The car is red.", None),
    (NEARER, TWO, "The car is red. The bicycle is much closer.", "B"),
    (NEARER, TWO, "In the image, the car is the object closest to the camera.", "A"),
    (NEAREST, DESK, "The mug is nearer than the lamp.", None),
    (NEAREST, DESK, "The mug is nearer than the lamp and the laptop.", None),
    (NEAREST, DESK, "The mug is nearer than the lamp, the laptop and the book.", "A"),
    (NEAREST, DESK, "The kettle is on the laptop.", None),
    (HATS, NUMBERS, "There are 2 dogs.", None),
    (HATS, NUMBERS, "Each of the 2 people wears a hat, and there are 3 dogs.", None),
    (BED, BY_BED, "Left", "A"),
    (BED, BY_BED, "The lamp is on the right-hand side of the bed.", "B"),
    (BED, BY_BED, "The lamp is on the left of the chair.", None),
    (BED, BY_BED, "To the left of the bed is a chair.", None),
    (BED, BY_BED, "A chair is to the left of the bed.", None),
    (BED, BY_BED, "The bed is on the left.", None),
    ("Is there a cat here?", YES, "There is a dog, but there is no cat.", "B"),
    ("Is there a cat here?", YES, "There is no cat food.", None),
    ("What is the man holding?", DESK, "The man is holding the lamp.", "C"),
    ("What is the man holding?", DESK, "The woman is holding the lamp.", None),
    ("What is the man holding?", DESK, "There is a lamp behind him.", None),
    ("Which takes up the most room?", DESK, "The book takes up the most room.", "D"),
    (CAT, SIDES, "The cat is to the left of the lamp.", None),
    (CAT, SIDES, "The cat is to the left of the old table.", "A"),
    (CAT, SIDES, "The lamp is right of the table; the cat is near a plant.", None),
    (CAT, TABLES, "The cat's shadow is on the table.", None),
    (CAT, TABLES, "The cat is under the table leg.", None),
    (CAT, TABLES, "The cat is usually on the table.", None),
    (NEARER, TWO, "The car is closer than the trees.", None),
    (POINT, CLOSER, "Point B is closer to the bottom of the image.", None),
    (POINT, CLOSER, "B is closer to the camera.", "B"),
    (BEHIND, TWO, "The tree is behind the car.", None),
    (NEARER, TWO, "The car is closer to the wall.", None),
    (NEARER, TWO, "The car is closer to the viewer.", "A"),
    (NEARER, TWO, "The car, which stands behind the bicycle, is farther away.", None),
    (CAT, TABLES, "The chair is brown. The cat is on the table.", "A"),
]


@pytest.mark.parametrize(("question", "options", "reply", "letter"), CASES)
def test_a_reply_answers_what_was_asked(question, options, reply, letter):
    assert parse_answer(reply, options, question).letter == letter


@pytest.mark.parametrize("letter", "AB")
@pytest.mark.parametrize("style", ["{}", "({})", "The answer is {}.", "\\boxed{{{}}}", "{}. Far."])
def test_letters_are_read_whatever_is_asked(style, letter):
    assert parse_answer(style.format(letter), TWO, NEARER).letter == letter


@given(st.text(max_size=300), st.sampled_from([NEARER, LARGER, CAT, ""]))
def test_what_is_left_out_leaves_nothing_new(text, question):
    asked = asked_by(question, TWO.items())
    left = about_asked(text, asked)
    assert len(left) <= len(text)
    rest = iter(text)
    assert all(char in rest for char in left)
    if not question:
        assert left == text


@pytest.mark.parametrize(
    "unit",
    [
        "3 of them are near. ",
        "1 car, ",
        "nearer than a, ",
        "4 cars, ",
        " ",
        "\n",
        "far, ",
        "the chair is ",
        "A ",
        "- ",
        ", ",
        "far and ",
    ],
)
def test_time_is_bounded(unit):
    asked = asked_by(NEARER, TWO.items())
    start = time.process_time()
    about_asked(unit * (10_000 // len(unit)), asked)
    assert time.process_time() - start < 1


def test_no_word_is_of_both_ends_of_a_scale():
    for word in ("near", "farther", "big", "shorter", "above", "leftmost", "inside"):
        assert not any(all(end.search(word) for end in scale) for scale in SCALES)
        assert any(any(end.search(word) for end in scale) for scale in SCALES)


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("From the camera's viewpoint, the bicycle is much nearer than the car.", "B"),
        ("As seen from the camera, the bicycle is nearer.", "B"),
        ("From our perspective, the car is farther away.", "B"),
        ("From the camera's viewpoint, neither is nearer.", None),
        ("From the dog's viewpoint, the bicycle is nearer.", None),
        ("From the car, the bicycle is nearer than the tree.", None),
    ],
)
def test_from_where_a_sentence_is_meant_is_no_part_of_its_answer(reply, letter):
    assert parse_answer(reply, TWO, NEARER).letter == letter


def test_the_cameras_view_says_nothing_of_what_is_nearer_to_another_thing():
    reply = "From the camera's viewpoint, the bicycle is nearer."
    assert parse_answer(reply, TWO, "Which is nearer to the dog, the car or the bicycle?") == (
        ParsedAnswer(None, "nothing")
    )
